"""Verdicts: what a person judges, and what outlives rechecks (rules K-12 to K-14, K-17 to K-19, M-6, C-34, C-36).

M-6  An answer that is closed already and judged poor is sent back by `reopen`: a second round with its own clock, lines
     and timeliness; the notice carries the reason.
C-34  `dismiss` may say what it was (`reason_code`): `withdrawn` 撤回 by who wrote it, `spam` 垃圾信息, `false_alarm`.
      It is the event's reason and the ticket's `close_reason`, and figures count each by itself.
C-36  `close` with `asset_removed` is for an asset that the registry has deleted or marks as removed; refused otherwise.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import orjson

from schemas.command import Command
from schemas.vocabulary import REASON_CODE_LABELS
from streams.rules.commands.unit_actions import said
from streams.rules.evidence.verification import still_noted
from streams.rules.notices.notices import notices
from streams.rules.state.abridging import each_of, is_long
from streams.rules.state.changes import Draft
from streams.rules.state.ending import Gone, PersonProof, lasting, published, write
from streams.rules.state.records import AssetRecord, Ticket
from streams.rules.tickets.tickets import close, reopen
from streams.rules.tickets.verdict_term import verdict_json


def approve(draft: Draft, ticket: Ticket, message: Command) -> str | None:
    """K-12 审核: answers an unverifiable recheck; the person and the reason are the evidence."""
    if ticket.recheck_outcome != "unverifiable":
        return "not_unverifiable"
    _close_by_person(draft, ticket, message, "K-12", "approved", "审核通过，销号")
    return None


def close_by_command(draft: Draft, ticket: Ticket, message: Command) -> str | None:
    """K-13 销号 by a supervisor, with a reason."""
    if message.reason_code == "asset_removed":
        if not _is_removed(draft.asset_of(ticket)):
            return "asset_registered"
        _close_by_person(draft, ticket, message, "C-36", "asset_removed", "资产已关停注销，销号")
        return None
    _close_by_person(draft, ticket, message, "K-13", "closed_by_person", "人工销号")
    return None


def _is_removed(asset: AssetRecord) -> bool:
    return asset.document_json is None or "removed_at" in orjson.loads(asset.document_json)


def close_removed(draft: Draft, ticket: Ticket, by: str) -> None:
    """A-14: the registry says that the asset is removed, and who has verified it."""
    proof = PersonProof(by, "资产已关停注销，经核实", None)
    _close(draft, ticket, proof, "A-14", "asset_removed", "资产已关停注销，经核实，销号", None)


def _close_by_person(draft: Draft, ticket: Ticket, message: Command, rule: str, reason: str, words: str) -> None:
    proof = PersonProof(message.by, message.reason, message.evidence)
    _close(draft, ticket, proof, rule, reason, words, message.reason)


def _close(
    draft: Draft, ticket: Ticket, proof: PersonProof, rule: str, reason: str, words: str, why: str | None
) -> None:
    problems = draft.problems_of(ticket)
    brief = proof._replace(evidence=None) if is_long(proof.evidence) else proof
    for problem, proved in zip(problems, each_of(proof, brief, len(problems)), strict=True):
        if problem.status == "open":
            _, back, later = lasting(problem.gone_by_json)
            kept = write(Gone(proved, still_noted(problem), back, later))
            draft.put_problem(problem._replace(status="gone", gone_at=draft.at, gone_by_json=kept))
    close(
        draft, ticket._replace(open_problem_count=0), rule, reason, draft.at,
        sentence=words, proof=published(proof), said=why,
    )  # fmt: skip


def send_back(draft: Draft, ticket: Ticket, message: Command) -> str | None:
    """K-14 退回."""
    ticket = draft.put_ticket(ticket._replace(status="acknowledged", recheck_outcome=None, cycle=ticket.cycle + 1))
    said(draft, ticket, "sent_back", "K-14", f"退回重办：{message.reason}", message)
    draft.notify(notices(draft, ticket, "sent_back"))
    return None


def dismiss(draft: Draft, ticket: Ticket, message: Command) -> str | None:
    """K-17 误报核减: stays quiet over repeats (D-8)."""
    code = message.reason_code or "dismissed"
    ticket = _set_aside(draft, ticket, "dismissed", code, None)
    if message.reason_code is None:
        said(draft, ticket, "dismissed", "K-17", f"误报核减：{message.reason}", message)
    else:
        words = f"{REASON_CODE_LABELS[code]}，核减：{message.reason}"
        said(draft, ticket, "dismissed", "C-34", words, message, because=code)
    return None


def waive(draft: Draft, ticket: Ticket, message: Command) -> str | None:
    """K-18 报备: quiet until its date; then a recheck is asked for (E-6)."""
    until = _moment(draft, message.until)
    if until <= draft.at:
        return "until_passed"
    ticket = _set_aside(draft, ticket, "waived", "waived", until)
    said(draft, ticket, "waived", "K-18", f"报备至 {draft.day_of(until)}", message, until=draft.stamp(until))
    return None


def _moment(draft: Draft, until: date | datetime | None) -> datetime:
    if isinstance(until, datetime):
        return until
    day = until or draft.local(draft.at).date()
    return datetime.combine(day + timedelta(days=1), time.min, draft.zone) - timedelta(seconds=1)


def _set_aside(draft: Draft, ticket: Ticket, status: str, reason: str, until: datetime | None) -> Ticket:
    for problem in draft.problems_of(ticket):
        if problem.status == "open":
            kept = verdict_json(problem, draft.at, until)
            draft.put_problem(problem._replace(status=status, gone_at=None, gone_by_json=kept))
    draft.decision.withdrawn.append(ticket.pk)
    return draft.put_ticket(
        ticket._replace(
            status="dismissed",
            group_key=None,
            open_problem_count=0,
            next_review_at=until,
            waived_until=until,
            closed_at=draft.at,
            close_reason=reason,
        )
    )


def reopen_by_command(draft: Draft, ticket: Ticket, message: Command) -> str | None:
    """K-19 重开: what has recurred in another ticket stays there; where that is all, there is nothing to open."""
    if ticket.merged_into is not None:
        return "wrong_status"
    back = draft.problems_of(ticket)
    if not back:
        return "problem_has_another_ticket"
    for problem in back:
        draft.put_problem(problem._replace(status="open", gone_at=None, gone_by_json=None, suspicion_json=None))
    gone_on = ticket.problem_count - len(back)
    stays = f"（其中 {gone_on} 处已另立整改单，不在此列）" if gone_on else ""
    said: dict[str, Any] = {"left_behind": gone_on, "tickets": list(draft.heirs.get(ticket.pk, ()))}
    reopen(
        draft, ticket._replace(open_problem_count=len(back)), draft.at, "K-19", "command",
        words=f"重开：{message.reason}{stays}", said=message.reason, **(said if gone_on else {}),
    )  # fmt: skip
    return None
