"""The contract's documents, built from records: plain dictionaries, because a nation's tickets pass here.

`schemas/ticket.py` and `schemas/event.py` describe the same documents; a contract test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from schemas.command import Command
from streams.rules.state.inputs import SignedCommand
from streams.rules.state.records import AssetRecord, Problem, Ticket
from streams.rules.state.snapshot import Registry
from streams.rules.state.terms import published_deadline
from streams.rules.state.text import stamp

SHOWN_PROBLEMS: Final = 50


def actor(command: Command) -> dict[str, str | None]:
    """Who acts, as events say it: who says to, by which command, and whose key has signed it (O-8)."""
    said = {"by": command.by, "command_id": command.command_id}
    if command.via is not None:
        said["via"] = command.via
    return {**said, "signed_by": command.signed_by} if isinstance(command, SignedCommand) else said


def ticket_document(ticket: Ticket, asset: AssetRecord, problems: Sequence[Problem], zone: ZoneInfo) -> dict[str, Any]:
    """The ticket as it now stands; `problems` by ordinal, of which the first 50 are shown."""
    return {
        "ticket_id": ticket.ticket_id,
        "version": ticket.version,
        "asset_id": asset.asset_id,
        "unit_id": ticket.unit_id,
        "check": ticket.check,
        "cause": ticket.cause,
        "severity": ticket.severity,
        "status": ticket.status,
        "opened_at": stamp(ticket.opened_at, zone),
        "due_at": stamp(ticket.due_at, zone),
        "deadline": orjson.Fragment(published_deadline(ticket, zone)),
        "guarded": ticket.guarded,
        "rung": ticket.rung,
        "problem_count": ticket.problem_count,
        "open_problem_count": ticket.open_problem_count,
        "problems": [problem_document(problem, zone) for problem in problems[:SHOWN_PROBLEMS]],
        "occurrences": ticket.occurrences,
        "first_seen_at": stamp(ticket.first_seen_at, zone),
        "last_seen_at": stamp(ticket.last_seen_at, zone),
        "reminder_count": ticket.reminder_count,
        "reopen_count": ticket.reopen_count,
        "extension_count": ticket.extension_count,
        "recurrence_of": ticket.recurrence_of,
        "acknowledged_at": ticket.acknowledged_at and stamp(ticket.acknowledged_at, zone),
        "closed_at": ticket.closed_at and stamp(ticket.closed_at, zone),
        "evidence_at": ticket.evidence_at and stamp(ticket.evidence_at, zone),
        "close_reason": ticket.close_reason,
        "merged_into": ticket.merged_into,
    }


def problem_document(problem: Problem, zone: ZoneInfo) -> dict[str, Any]:
    """One of a ticket's problems as it now stands."""
    return {
        "fingerprint": problem.fingerprint,
        "locator": problem.locator,
        "first_seen_at": stamp(problem.first_seen_at, zone),
        "last_seen_at": stamp(problem.last_seen_at, zone),
        "count": problem.count,
        "status": problem.status,
        "facts": orjson.Fragment(problem.whole_facts),
    }


def asset_document(asset: AssetRecord) -> dict[str, Any]:
    """The asset as registered, or what is known of one that is not."""
    if asset.document_json is None:
        return {"asset_id": asset.asset_id, "name": asset.name}
    document: dict[str, Any] = orjson.loads(asset.document_json)
    return document


def unit_document(registry: Registry, unit_id: str | None) -> dict[str, Any] | None:
    """The unit without its contacts, chat groups and letterhead."""
    unit = registry.units.get(unit_id) if unit_id else None
    if unit is None:
        return {"unit_id": unit_id} if unit_id else None
    return unit.model_dump(mode="json", exclude={"contacts", "groups", "letterhead"}, exclude_none=True)
