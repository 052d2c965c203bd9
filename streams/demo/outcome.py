"""The check: what each notice says against what happened, as the topics and the ledger tell it. Pure.

Nothing here knows what the scenario sent; it reads what the worker published and stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from streams.demo.fates import ZONE
from streams.demo.notices import Item
from streams.demo.topic_reader import Rejected
from streams.rules.state.records import Notice, Ticket

Document = Mapping[str, Any]

STEPS: Final[Mapping[str, str]] = {
    "acknowledgement_expired": "lapsed",
    "fix_claimed": "claimed",
    "present": "still_there",
}
"""Words of a fate's path where they differ from the event's type, an escalation's rung or a recheck's outcome."""

NO_TICKET: Final = ""
_RUNGS: Final = ("urge", "supervise", "bulletin")
_SENT: Final = frozenset(("accepted", "delivered"))
_BY_LINK: Final = frozenset(("acknowledged", "fix_claimed", "asked"))
_NO_STEPS: Final = frozenset(("seen_again", "recheck_requested", "problem_gone"))


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a run of the demonstration when it has ended; times are the domain's."""

    events: Sequence[Document]  # of the events topic, in order within an asset, each id once
    tickets: Mapping[str, Document]  # by id, the highest version of the tickets topic
    ledger: Mapping[str, Ticket]  # by id, as stored
    history: Mapping[str, Sequence[str]]  # by ticket id, the ids of the events that the ledger keeps
    notices: Mapping[str, Sequence[Notice]]  # by ticket id, as stored; the warnings under NO_TICKET
    dead_letters: Sequence[Rejected]
    mails: Sequence[str]  # the Message-IDs that the mail catcher got
    short_messages: int  # that the gateway got

    def deliveries(self, channel: str) -> set[str]:
        """What has gone out on a channel: letters, each of one or more notices."""
        return {
            notice.delivery_id or notice.notice_id
            for notices in self.notices.values()
            for notice in notices
            if notice.channel == channel and notice.state in _SENT
        }


@dataclass(frozen=True, slots=True)
class FindingOutcome:
    """One finding of a notice: its ticket, its way, and how it differs from what the notice says."""

    item: Item
    ticket: Document | None
    path: tuple[str, ...]
    differences: tuple[str, ...]


def judge(items: Iterable[Item], account: Account) -> list[FindingOutcome]:
    """A verdict for each finding."""
    return [_verdict(item, account) for item in items]


def beside(items: Iterable[Item], account: Account, broken: bytes) -> list[str]:
    """What is wrong beside the tickets of the notices: nothing more may have happened than they say."""
    items = list(items)
    keys = {item.key for item in items}
    wrong = [
        f"多出整改单 {ticket_id}：{ticket['asset_id']} {ticket['check']}"
        for ticket_id, ticket in account.tickets.items()
        if (ticket["asset_id"], ticket["check"]) not in keys
    ]
    wrong += [f"台账里多出 {ticket_id}" for ticket_id in sorted(account.ledger.keys() - account.tickets.keys())]
    letters = [(letter.value, letter.headers.get("rectify-error")) for letter in account.dead_letters]
    if letters != [(broken, "invalid_json")]:
        wrong.append(f"死信应为那半截 JSON 一条；实有 {len(letters)} 条")
    if sorted(account.mails) != sorted(set(account.mails)) or len(account.mails) != len(account.deliveries("email")):
        wrong.append(f"邮件发出 {len(account.deliveries('email'))} 封，收到 {len(account.mails)} 封")
    visits = sum(item.fate.by_link(act) for item in items for act in item.fate.acts)
    done = sum(e["type"] in _BY_LINK and (e.get("via") or "").startswith("link:") for e in account.events)
    if done != visits:
        wrong.append(f"信中链接应办理 {visits} 次，实有 {done} 次")
    if account.short_messages != len(account.deliveries("sms")):
        wrong.append(f"短信发出 {len(account.deliveries('sms'))} 条，收到 {account.short_messages} 条")
    return wrong


def _verdict(item: Item, account: Account) -> FindingOutcome:
    mine = [t for t in account.tickets.values() if (t["asset_id"], t["check"]) == item.key]
    if len(mine) != 1:
        return FindingOutcome(item, None, (), (f"应有一张整改单，实有 {len(mine)} 张",))
    ticket = mine[0]
    events = [event for event in account.events if _is_about(event, ticket)]
    path = tuple(step for event in events if (step := _step(event)) is not None)
    expected = item.fate.path.split(", ")
    differences = [] if follows(expected, path) else [f"应为 {item.fate.path}；实为 {', '.join(path)}"]
    status, _, reason = item.fate.ends.partition(" ")
    if (ticket["status"], ticket["close_reason"] or "") != (status, reason):
        differences.append(f"应为 {item.fate.ends}；实为 {ticket['status']} {ticket['close_reason'] or ''}")
    dues = tuple(_local(event["due_at"]) for event in events if event["type"] in ("opened", "extended", "reopened"))
    if dues != item.fate.due or _local(ticket["due_at"]) != item.fate.due[-1]:
        differences.append(f"时限应为 {_days(item.fate.due)}；实为 {_days((*dues, _local(ticket['due_at'])))}")
    differences += _in_ledger(ticket, events, account)
    differences += _told(ticket, path, account)
    return FindingOutcome(item, ticket, path, tuple(differences))


def _told(ticket: Document, path: Sequence[str], account: Account) -> list[str]:
    """Whoever a rung names was told, and nothing is left half sent."""
    notices = account.notices.get(ticket["ticket_id"], ())
    sent = {notice.kind for notice in notices if notice.state in _SENT}
    rungs = [step.partition(" ")[0] for step in path if step.startswith(_RUNGS)]
    silent = [f"{rung} 没有通知到人" for rung in rungs if rung not in sent]
    stuck = sorted({notice.state for notice in notices} - _SENT - {"suppressed"})
    return silent + [f"通知停在 {state}" for state in stuck]


def _in_ledger(ticket: Document, events: Sequence[Document], account: Account) -> list[str]:
    """The ledger and the topics tell the same story."""
    stored = account.ledger.get(ticket["ticket_id"])
    if stored is None:
        return ["台账里没有这张整改单"]
    differences = []
    shown = (ticket["version"], ticket["status"], ticket["rung"], ticket["close_reason"])
    if (stored.version, stored.status, stored.rung, stored.close_reason) != shown:
        differences.append(
            f"台账为 {stored.version} 版 {stored.status}，主题为 {ticket['version']} 版 {ticket['status']}"
        )
    published = {event["id"] for event in events}
    lost = [event_id for event_id in account.history.get(ticket["ticket_id"], ()) if event_id not in published]
    if lost:
        differences.append(f"台账中有 {len(lost)} 个事件没有发布")
    return differences


def follows(expected: Sequence[str], path: Sequence[str]) -> bool:
    """Whether the path is the expected one. `urge?` may fall away; without a day, any day will do."""
    at = 0
    for want in expected:
        word, _, on = want.partition(" ")
        known = path[at] if at < len(path) else ""
        if known == f"{word.rstrip('?')} {on}" or (not on and known.partition(" ")[0] == word.rstrip("?")):
            at += 1
        elif not word.endswith("?"):
            return False
    return at == len(path)


def _is_about(event: Document, ticket: Document) -> bool:
    if event["ticket_id"] is not None:
        return bool(event["ticket_id"] == ticket["ticket_id"])
    return (event["asset_id"], event.get("check")) == (ticket["asset_id"], ticket["check"])


def _step(event: Document) -> str | None:
    """`supervise 03-09`; None for what is no step of its own."""
    kind = str(event["type"])
    if kind in _NO_STEPS:
        return None
    if kind == "escalated":
        kind = str(event["rung"])
    elif kind == "recheck_failed":
        kind = str(event["reason"])
    return f"{STEPS.get(kind, kind)} {_local(event['at']):%m-%d}"


def _local(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(ZONE).date()


def _days(days: Iterable[date]) -> str:
    return " > ".join(f"{day:%m-%d}" for day in days)
