"""Resending 补发 and stopping 停发: what a person says about a single notice (rules N-21, N-22).

N-21  `resend_notice` makes a new notice that says the same, to the contact as the registry now has it. Its identity
      comes from the old one and the command, so that nothing sends it twice. Refused without a reason, while the old
      one is still on its way, and when what it says is no longer so; what has arrived, or may have, only goes once more
      with `reason_code` `again`. Quiet hours and the number of short messages a day hold for it too.
N-22  `suppress_notice` stops a notice that is still pending: it ends as `suppressed` with the code `stopped`. Refused
      without a reason, and as soon as the notice is on its way or has ended.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Final

from schemas.channels import CHANNEL_LABELS
from schemas.command import Command
from streams.rules.commands.contacts import reached_now
from streams.rules.notices.notices import EXPIRY, STOPPED
from streams.rules.sending.sending import overtaken
from streams.rules.state.changes import Changes
from streams.rules.state.records import Notice

_ON_ITS_WAY: Final = frozenset(("pending", "sending"))
_ARRIVED: Final = frozenset(("accepted", "delivered", "uncertain"))  # or it may have


def resend(changes: Changes, message: Command) -> str | None:
    """N-21 补发: the reason of a refusal, or None."""
    old = changes.notices.get(message.notice_id or "")
    if refusal := _unfit(changes, message, old):
        return refusal
    assert old is not None  # noqa: S101 - `_unfit` says so
    if old.state in _ON_ITS_WAY:
        return "notice_under_way"
    if old.state in _ARRIVED and message.reason_code != "again":
        return "notice_arrived"
    clean = old._replace(code=None)
    ticket, reminders = changes.tickets.get(old.ticket_pk), changes.policy.reminders
    is_asked = bool(changes.asks.of(old.ticket_pk))
    if old.subject_json is None and overtaken(clean, ticket, changes.at, reminders, is_asked=is_asked):
        return "notice_outdated"
    to = reached_now(clean, changes.registry)
    if to is None:
        return "nobody_to_tell"
    of = message.command_id or f"{message.at.isoformat()}\x1f{message.by}"
    cause = f"resend\x1f{old.notice_id}\x1f{of}"
    new = to._replace(
        notice_id=blake2b(cause.encode(), digest_size=16).hexdigest(),
        created_at=changes.at,
        not_before=changes.at,
        expires_at=changes.at + EXPIRY,
        state="pending",
        attempts=0,
        lease_until=None,
        provider=None,
        updated_at=changes.at,
        delivery_id=None,
    )
    changes.notify([new])
    _said(changes, "notice_resent", "N-21", "补发", message, new, notice_id=old.notice_id, new_notice_id=new.notice_id)
    return None


def suppress(changes: Changes, message: Command) -> str | None:
    """N-22 停发: the reason of a refusal, or None."""
    notice = changes.notices.get(message.notice_id or "")
    if refusal := _unfit(changes, message, notice):
        return refusal
    assert notice is not None  # noqa: S101 - `_unfit` says so
    if notice.state != "pending" or notice.code == STOPPED:
        return "notice_not_pending"
    changes.notices[notice.notice_id] = notice._replace(code=STOPPED)
    changes.change_set.suppressed.append(notice.notice_id)
    _said(changes, "notice_suppressed", "N-22", "停发", message, notice, notice_id=notice.notice_id)
    return None


def _unfit(changes: Changes, message: Command, notice: Notice | None) -> str | None:
    if notice is None:
        return "notice_unknown"
    return None if changes.assets[message.asset_id].pk == notice.asset_pk else "notice_of_another_asset"


def _said(changes: Changes, kind: str, rule: str, verb: str, message: Command, notice: Notice, **body: Any) -> None:
    asset = changes.asset_by_pk[notice.asset_pk]
    channel = CHANNEL_LABELS.get(notice.channel, notice.channel)
    changes.event(
        kind,
        rule,
        message.action,
        f"{message.by} {verb}给{notice.name}的{channel}通知",
        changes.tickets.get(notice.ticket_pk) or asset,
        dedup_key=notice.notice_id,
        said=message.reason,
        notice_kind=notice.kind,
        channel=notice.channel,
        **body,
    )
