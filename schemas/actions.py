"""What people may decide, one row for each action of a command: what it names, needs, and which event answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Action = Literal[
    "acknowledge",
    "claim_fix",
    "approve",
    "send_back",
    "reassign",
    "extend",
    "dismiss",
    "waive",
    "reopen",
    "close",
    "merge",
    "split",
    "accept_run",
    "reject_run",
    "resend_notice",
    "suppress_notice",
    "ask",
    "refuse_ask",
    "note",
]
AskKind = Literal["extension", "not_ours", "false_alarm"]
ReasonCode = Literal["false_alarm", "withdrawn", "spam", "not_ours", "asset_removed", "again"]
About = Literal["run", "notice", "ticket"]
"""What an action is about."""

NAMED_BY: Final[Mapping[About, tuple[str, ...]]] = {
    "run": ("source", "run_id"),
    "notice": ("notice_id",),
    "ticket": ("ticket_id",),
}
"""The fields of a command that name it."""


class ActionRow(NamedTuple):
    """One action. `fields` and `one_of` are fields of the command beside what `about` needs."""

    answer: str  # type of the event that tells that it was done
    about: About = "ticket"
    needs_reason: bool = True
    fields: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()  # exactly one of them
    codes: tuple[ReasonCode, ...] = ()
    by_unit: bool = False  # the owning unit may do it, where the pack does not rule otherwise (O-7)
    grants: AskKind | None = None  # it answers an ask of this kind, as the unit wants it


class AskRow(NamedTuple):
    """One kind of ask 申请: what a unit wants of its supervising unit. `one_of` are fields of the command."""

    granted_by: Action
    one_of: tuple[str, ...] = ()  # exactly one of them


ACTIONS: Final[Mapping[Action, ActionRow]] = {
    "acknowledge": ActionRow("acknowledged", needs_reason=False, by_unit=True),
    "claim_fix": ActionRow("fix_claimed", needs_reason=False, by_unit=True),
    "approve": ActionRow("closed"),
    "send_back": ActionRow("sent_back"),
    "reassign": ActionRow(
        "reassigned", needs_reason=False, fields=("unit_id",), codes=("not_ours",), grants="not_ours"
    ),
    "extend": ActionRow("extended", one_of=("due_at", "working_days"), grants="extension"),
    "dismiss": ActionRow("dismissed", codes=("false_alarm", "withdrawn", "spam"), grants="false_alarm"),
    "waive": ActionRow("waived", fields=("until",)),
    "reopen": ActionRow("reopened"),
    "close": ActionRow("closed", codes=("asset_removed",)),
    "merge": ActionRow("closed", fields=("into",)),
    "split": ActionRow("split", fields=("fingerprints",)),
    "accept_run": ActionRow("run_accepted", "run", needs_reason=False),
    "reject_run": ActionRow("run_rejected", "run", needs_reason=False),
    "resend_notice": ActionRow("notice_resent", "notice", codes=("again",)),
    "suppress_notice": ActionRow("notice_suppressed", "notice"),
    "ask": ActionRow("asked", fields=("kind",), by_unit=True),
    "refuse_ask": ActionRow("ask_refused", fields=("ask_id",)),
    "note": ActionRow("noted", needs_reason=False, fields=("text",), by_unit=True),
}
ASKS: Final[Mapping[AskKind, AskRow]] = {
    "extension": AskRow("extend", one_of=("due_at", "working_days")),
    "not_ours": AskRow("reassign"),
    "false_alarm": AskRow("dismiss"),
}
