"""A ticket as a sheet that is read from top to bottom: each fact a label and a text, each problem a few lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from schemas.vocabulary import SEVERITY_LABELS, STATUS_LABELS, TIMELINESS_LABELS, UNIT_LABELS
from streams.presentation.dates import between, local, time_left
from streams.presentation.deadline.words import BEGUN
from streams.presentation.labels import NO_UNIT, NOBODY, OURS, PROBLEM, PROVISIONAL, ended_by, labelled, where
from streams.presentation.letters.kinds import called
from streams.presentation.ticket.dossier import Dossier, fingerprint_of
from streams.presentation.ticket.evidence import evidence_lines
from streams.presentation.waiting import ask_words, waiting_words
from streams.rules.deadlines.ladder import working_days_left
from streams.rules.state.documents import problem_document
from streams.rules.state.records import Problem, Ticket
from streams.rules.state.sightings import DERIVER, sources
from streams.rules.state.terms import deadline_of
from streams.rules.state.workdays import Calendar
from streams.rules.tickets.tickets import OPEN


def remaining(ticket: Ticket, now: datetime, calendar: Calendar, zone: ZoneInfo) -> str:
    """How much time is left, or how long it is overdue, as in the mails; nothing for a ticket that is closed."""
    if ticket.status not in OPEN:
        return ""
    days = working_days_left(ticket.due_at, now, calendar, zone)
    return time_left(ticket.due_at, now, zone, days=days, hourly=ticket.due_unit == "hour")


def header(dossier: Dossier, policy: Policy, now: datetime, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Whose it is, how it stands, until when and why: label and text of each."""
    ticket, asset = dossier.ticket, dossier.asset
    frozen = deadline_of(ticket)
    unit = f"{dossier.unit.name}（{ticket.unit_id}）" if dossier.unit else ticket.unit_id or NO_UNIT
    rung = called(ticket.rung, policy) if ticket.rung else ""
    yield "状态", "，".join(filter(None, (STATUS_LABELS[ticket.status], SEVERITY_LABELS[ticket.severity], rung)))
    if dossier.requests and ticket.status != "closed":
        yield "复查", waiting_words(dossier.requests, now, zone)
    for ask in dossier.asks:
        yield "申请", ask_words(ask, dossier.units, zone)
    yield "单位", unit
    yield "资产", f"{asset.name}（{asset.asset_id}）"
    if asset.code is not None and asset.code != asset.asset_id:
        yield "标识码", asset.code
    yield "检查项", f"{policy.rule(ticket.check).name}（{ticket.check}）"
    if ticket.cause:
        yield "成因", ticket.cause
    yield "立单", f"{local(ticket.opened_at, zone)}，检出 {ticket.occurrences} 次，重开 {ticket.reopen_count} 次"
    left = remaining(ticket, now, dossier.calendar, zone)
    provisional = PROVISIONAL if ticket.provisional else ""
    yield "时限", f"{local(ticket.due_at, zone)}{f'（{left}）' if left else ''}{provisional}"
    if frozen.begun is not None:
        yield (
            "原时限",
            f"{local(frozen.true_due_at, zone)}；{BEGUN[frozen.begun.reason][0]}，自 {frozen.begun.day} 起算",
        )
    amount = f"{frozen.amount}{UNIT_LABELS.get(frozen.unit, ' 个工作日（通知载明日期）')}"
    yield "依据", f"{frozen.basis}；{amount}"
    since = f"，自 {local(ticket.counted_from, zone)} 起" if frozen.timed else ""
    yield "计算", f"规则 {frozen.rule}{since}，日历 {frozen.calendar}，规则包 {frozen.policy}"
    if ticket.closed_at:
        word = _timeliness(dossier) if ticket.status == "closed" else None
        yield "办结", "，".join(filter(None, (local(ticket.closed_at, zone), ended_by(ticket.close_reason), word)))
    if ticket.merged_into:
        yield "并入", ticket.merged_into
    if ticket.recurrence_of:
        yield "前单", ticket.recurrence_of


def _timeliness(dossier: Dossier) -> str | None:
    """M-5: how timely the latest closing was, and in which round."""
    closings = [event for event in dossier.events if event["type"] == "closed" and event.get("timeliness")]
    if not closings:
        return None
    word, rounds = TIMELINESS_LABELS.get(closings[-1]["timeliness"]), closings[-1].get("rounds")
    return word if rounds is None else f"{word}（检出 {rounds} 轮）"


def _parts(evidence: Mapping[str, Any], policy: Policy, zone: ZoneInfo) -> Iterator[str]:
    """What a derived problem adds up (V-2): each part with its own ticket."""
    parts = evidence.get("parts")
    if not isinstance(parts, list) or "count" not in evidence:
        return
    for part in parts:
        since = f"自 {local(part['since'], zone)}" if part.get("since") else ""
        said = filter(None, (policy.rule(part["check"]).name, part.get("locator"), since, part.get("ticket_id")))
        yield f"     · {'  '.join(said)}"
    more = evidence.get("part_count", len(parts)) - len(parts)
    if more > 0:
        yield f"     · ……另有 {more} 处"


def problem_lines(problem: Problem, dossier: Dossier, policy: Policy, zone: ZoneInfo) -> Iterator[str]:
    """What is wrong, who has seen it when, its evidence, and of what its fingerprint is made."""
    facts = problem.facts
    kind = dossier.asset.kind
    yield f"  {problem.ordinal}. {where(problem.locator, kind)}  {labelled(PROBLEM, problem.status)}"
    if facts.get("title") or facts.get("detail"):
        yield f"     {' '.join(filter(None, (facts.get('title'), facts.get('detail'))))}"
    seen = f"{between(local(problem.first_seen_at, zone), local(problem.last_seen_at, zone))}，{problem.count} 次"
    named = "、".join(OURS if name == DERIVER else name or NOBODY for name in sources(problem.seen_by_json))
    yield f"     检出 {seen}，来源 {named or NOBODY}"
    yield from _parts(facts.get("evidence") or {}, policy, zone)
    for line in evidence_lines(problem, zone):
        yield f"     {line}"
    made = fingerprint_of(problem, dossier.asset.asset_id, policy, dossier.former)
    if "recipe" in made:
        word = f"，区分 {made['discriminator']}" if made["discriminator"] else ""
        yield f"     指纹 {problem.fingerprint}"
        yield f"       = 资产 {made['asset_id']}，检查项 {made['check']}，位置 {where(made['locator'], kind)}{word}"
        for before in made.get("formerly", ()):
            yield f"       原指纹 {before} · formerly"
    elif "made_otherwise" in made:
        yield f"     指纹 {problem.fingerprint}，按旧规则生成，待沿用为 {made['will_be']} · not carried over yet"
    else:
        yield f"     指纹 {problem.fingerprint}，由报送方给定 · named by the producer"


def problem_of_a_list(problem: Problem, zone: ZoneInfo) -> dict[str, Any]:
    """A problem of a long list as JSON, with its number in the ticket."""
    return {"number": problem.ordinal, **problem_document(problem, zone)}


def problem_line(problem: Problem, asset_kind: str | None, zone: ZoneInfo) -> str:
    """The same on one line."""
    seen = f"{between(local(problem.first_seen_at, zone), local(problem.last_seen_at, zone))}，{problem.count} 次"
    status = labelled(PROBLEM, problem.status)
    return f"{problem.ordinal}. {where(problem.locator, asset_kind)}  {status}  {seen}  {problem.fingerprint}"
