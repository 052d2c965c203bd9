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
from streams.rules.state.changes import Changes
from streams.rules.state.ending import Gone, PersonProof, lasting, published, write
from streams.rules.state.long_evidence import each_of, is_long
from streams.rules.state.records import AssetRecord, Ticket
from streams.rules.tickets.asks import end, granted
from streams.rules.tickets.tickets import close, reopen
from streams.rules.tickets.verdict_term import verdict_json


def approve(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-12 审核: answers an unverifiable recheck; the person and the reason are the evidence."""
    if ticket.recheck_outcome != "unverifiable":
        return "not_unverifiable"
    _close_by_person(changes, ticket, message, "K-12", "approved", "审核通过，销号")
    return None


def close_by_command(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-13 销号 by a supervisor, with a reason."""
    if message.reason_code == "asset_removed":
        if not _is_removed(changes.asset_of(ticket)):
            return "asset_registered"
        _close_by_person(changes, ticket, message, "C-36", "asset_removed", "资产已关停注销，销号")
        return None
    _close_by_person(changes, ticket, message, "K-13", "closed_by_person", "人工销号")
    return None


def _is_removed(asset: AssetRecord) -> bool:
    return asset.document_json is None or "removed_at" in orjson.loads(asset.document_json)


def close_removed(changes: Changes, ticket: Ticket, by: str) -> None:
    """A-14: the registry says that the asset is removed, and who has verified it."""
    proof = PersonProof(by, "资产已关停注销，经核实", None)
    _close(changes, ticket, proof, "A-14", "asset_removed", "资产已关停注销，经核实，销号", None)


def _close_by_person(changes: Changes, ticket: Ticket, message: Command, rule: str, reason: str, words: str) -> None:
    proof = PersonProof(message.by, message.reason, message.evidence)
    _close(changes, ticket, proof, rule, reason, words, message.reason)


def _close(
    changes: Changes, ticket: Ticket, proof: PersonProof, rule: str, reason: str, words: str, why: str | None
) -> None:
    problems = changes.problems_of(ticket)
    brief = proof._replace(evidence=None) if is_long(proof.evidence) else proof
    for problem, proved in zip(problems, each_of(proof, brief, len(problems)), strict=True):
        if problem.status == "open":
            _, back, later = lasting(problem.gone_by_json)
            kept = write(Gone(proved, still_noted(problem), back, later))
            changes.put_problem(problem._replace(status="gone", gone_at=changes.at, gone_by_json=kept))
    close(
        changes, ticket._replace(open_problem_count=0), rule, reason, changes.at,
        sentence=words, proof=published(proof), said=why,
    )  # fmt: skip


def send_back(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-14 退回."""
    ticket = changes.put_ticket(ticket._replace(status="acknowledged", recheck_outcome=None, cycle=ticket.cycle + 1))
    said(changes, ticket, "sent_back", "K-14", f"退回重办：{message.reason}", message)
    changes.notify(notices(changes, ticket, "sent_back"))
    return None


def dismiss(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-17 误报核减: stays quiet over repeats (D-8)."""
    code = message.reason_code or "dismissed"
    answers = granted(changes, ticket, "false_alarm")
    ticket = _set_aside(changes, ticket, "dismissed", code, None)
    if message.reason_code is None:
        said(changes, ticket, "dismissed", "K-17", f"误报核减：{message.reason}", message, **answers)
    else:
        words = f"{REASON_CODE_LABELS[code]}，核减：{message.reason}"
        said(changes, ticket, "dismissed", "C-34", words, message, because=code, **answers)
    end(changes, ticket, "ticket_dismissed")
    return None


def waive(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-18 报备: quiet until its date; then a recheck is asked for (E-6)."""
    until = _moment(changes, message.until)
    if until <= changes.at:
        return "until_passed"
    ticket = _set_aside(changes, ticket, "waived", "waived", until)
    said(changes, ticket, "waived", "K-18", f"报备至 {changes.day_of(until)}", message, until=changes.stamp(until))
    end(changes, ticket, "ticket_dismissed")
    return None


def _moment(changes: Changes, until: date | datetime | None) -> datetime:
    if isinstance(until, datetime):
        return until
    day = until or changes.local(changes.at).date()
    return datetime.combine(day + timedelta(days=1), time.min, changes.zone) - timedelta(seconds=1)


def _set_aside(changes: Changes, ticket: Ticket, status: str, reason: str, until: datetime | None) -> Ticket:
    for problem in changes.problems_of(ticket):
        if problem.status == "open":
            kept = verdict_json(problem, changes.at, until)
            changes.put_problem(problem._replace(status=status, gone_at=None, gone_by_json=kept))
    changes.change_set.withdrawn.append(ticket.pk)
    return changes.put_ticket(
        ticket._replace(
            status="dismissed",
            group_key=None,
            open_problem_count=0,
            next_review_at=until,
            waived_until=until,
            closed_at=changes.at,
            close_reason=reason,
        )
    )


def reopen_by_command(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-19 重开: what has recurred in another ticket stays there; where that is all, there is nothing to open."""
    if ticket.merged_into is not None:
        return "wrong_status"
    back = changes.problems_of(ticket)
    if not back:
        return "problem_has_another_ticket"
    for problem in back:
        changes.put_problem(problem._replace(status="open", gone_at=None, gone_by_json=None, suspicion_json=None))
    gone_on = ticket.problem_count - len(back)
    stays = f"（其中 {gone_on} 处已另立整改单，不在此列）" if gone_on else ""
    said: dict[str, Any] = {"left_behind": gone_on, "tickets": list(changes.heirs.get(ticket.pk, ()))}
    reopen(
        changes, ticket._replace(open_problem_count=len(back)), changes.at, "K-19", "command",
        words=f"重开：{message.reason}{stays}", said=message.reason, **(said if gone_on else {}),
    )  # fmt: skip
    return None
