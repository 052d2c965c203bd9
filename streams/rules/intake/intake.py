"""Intake: one Kafka record becomes a message, or a refusal with its reason (rules I-1 to I-7, M-1).

I-1  A message is one JSON object in UTF-8, at most `max_bytes` long.
I-2  Required fields, types and times are strict; fields that are not known are kept.
I-3  CloudEvents 1.0 are accepted in structured mode (announced or not, `data` or `data_base64`) and in binary mode;
     a schema registry's five bytes before JSON are passed over (cloudevents.py).
I-4  Text with NUL or a lone surrogate, and numbers beyond 64 bits, are refused (plain.py).
I-5  A time more than 10 minutes ahead of the clock is refused.
I-6  `type` (or the CloudEvents type) says what it is; without one it is a finding.
I-7  Evidence and unknown fields are at most 64 KiB together (sizes.py); a batch has a limit too, before it is unpacked
     (unpacking.py in streams/kafka).
M-1  The clock of a message or comment runs from its receipt; `received_at` stays with the problem, and the clock's
     start with the deadline where lines or a longest extension count from it too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas.command import Command
from schemas.finding import Finding
from schemas.recheck import Recheck
from schemas.run import Run
from streams.rules.intake.cloudevents import SCHEMA_MARK, Headers, declared_type, enveloped, typed, unwrapped
from streams.rules.state.plain import fault, require_plain
from streams.rules.state.refusals import Refusal, Unreadable, refusal_of
from streams.rules.state.sizes import require_small

__all__ = [
    "DatedFinding",
    "Headers",
    "Message",
    "Refusal",
    "facts_json",
    "read_command",
    "read_finding",
    "read_model",
    "read_seen",
    "with_receipt",
]

AHEAD: Final = timedelta(minutes=10)
_RECEIVED: Final = '{"received_at":'
_TIMES: Final = ("observed_at", "started_at", "finished_at", "at")

Message = Finding | Run | Recheck | Command
_Model = TypeVar("_Model", bound=BaseModel)
_Other = TypeVar("_Other", Run, Recheck, Command)

_FINDING: TypeAdapter[Finding] = TypeAdapter(Finding)
_finding_of = _FINDING.validator.validate_json  # the adapter's own method costs a tenth more
_RUN: TypeAdapter[Run] = TypeAdapter(Run)
_RECHECK: TypeAdapter[Recheck] = TypeAdapter(Recheck)
_COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


class DatedFinding(NamedTuple):
    """A finding, and when it was seen: `observed_at` in UTC, worked out once."""

    finding: Finding
    at: datetime


def read_finding(value: bytes | None, headers: Headers, at: datetime, max_bytes: int) -> Message | Refusal:
    """A record of the findings topic: a finding, a run, a recheck, or the reason why it is none."""
    read = read_seen(value, headers, at, max_bytes)
    return read.finding if isinstance(read, DatedFinding) else read


def read_seen(
    value: bytes | None, headers: Headers, at: datetime, max_bytes: int
) -> DatedFinding | Run | Recheck | Command | Refusal:
    """As `read_finding`, for the hot path."""
    body = b""
    try:
        if value is not None and not headers and len(value) <= max_bytes and not value.startswith(SCHEMA_MARK):
            body = value
        else:
            body, cloud_type = unwrapped(value, headers, max_bytes)
            if cloud_type is not None:
                return _of_kind(*typed(body, cloud_type), at)
        try:
            finding = _finding_of(body)
        except ValidationError as error:
            if (event := enveloped(body)) is not None:
                return _of_kind(*typed(*event), at)
            if any(part["loc"] == ("type",) for part in error.errors(include_url=False, include_input=False)):
                return _of_kind(body, declared_type(body), at)
            raise
        return _checked_finding(finding, body, at)
    except Unreadable as error:
        return error.refusal
    except ValidationError as error:
        return refusal_of(error, body)


def read_command(value: bytes | None, headers: Headers, at: datetime, max_bytes: int) -> Command | Refusal:
    """A record of the commands topic, or the reason why it is none."""
    body = b""
    try:
        body, _ = unwrapped(value, headers, max_bytes)
        try:
            command = _COMMAND.validate_json(body)
        except ValidationError:
            if (event := enveloped(body)) is None:
                raise
            body, _ = event
            command = _COMMAND.validate_json(body)
        return _checked(command, body, at)
    except Unreadable as error:
        return error.refusal
    except ValidationError as error:
        refusal = refusal_of(error, body)
        known = not refusal.detail.startswith("action:") or refusal.code == "missing_field"
        return refusal if known else Refusal("unknown_action", refusal.detail)


def read_model(adapter: TypeAdapter[_Model], value: bytes, max_bytes: int) -> _Model | Refusal:
    """A registry record as its model, or the reason why it is none."""
    body = b""
    try:
        body, _ = unwrapped(value, (), max_bytes)
        model = adapter.validate_json(body)
        require_small(model, body)
        require_plain(model)
    except Unreadable as error:
        return error.refusal
    except ValidationError as error:
        return refusal_of(error, body)
    return model


def facts_json(finding: Finding) -> str | Refusal:
    """What the ledger keeps of a finding for people, as compact JSON, or the number in it that JSON cannot hold (I-4).

    `received_at` first, if given (M-1); `evidence`; `title`, `detail`, `source`, `run_id` where there are any; unknown
    fields under `extra`.
    """
    facts: dict[str, Any] = {}
    if finding.received_at is not None:
        facts["received_at"] = finding.received_at.isoformat()
    facts["evidence"] = finding.evidence
    if finding.title is not None:
        facts["title"] = finding.title
    if finding.detail is not None:
        facts["detail"] = finding.detail
    if finding.source is not None:
        facts["source"] = finding.source
    if finding.run_id is not None:
        facts["run_id"] = finding.run_id
    if finding.__pydantic_extra__:
        facts["extra"] = finding.__pydantic_extra__
    try:
        text = orjson.dumps(facts)
    except TypeError as error:
        return fault(finding) or Refusal("invalid_field", f"value: {error}")
    # 1e400 is read as infinity and written as null.
    refusal = fault(finding) if b"null" in text else None
    return refusal or text.decode()


def has_receipt(facts_json: str | None) -> bool:
    """Whether these facts name a receipt; such as were left out (O-16) say nothing."""
    return facts_json is not None and facts_json.startswith(_RECEIVED)


def with_receipt(facts_json: str, before: str) -> str:
    """The facts with the `received_at` that was known before, where the later finding gives none (M-1)."""
    if not has_receipt(before) or has_receipt(facts_json):
        return facts_json
    return before[: before.index(",") + 1] + facts_json[1:]


def _of_kind(body: bytes, kind: str, at: datetime) -> DatedFinding | Run | Recheck:
    if kind == "run":
        return _checked(_RUN.validate_json(body), body, at)
    if kind == "recheck":
        return _checked(_RECHECK.validate_json(body), body, at)
    return _checked_finding(_FINDING.validate_json(body), body, at)


def _checked_finding(finding: Finding, body: bytes, at: datetime) -> DatedFinding:
    """The hot path: looks closely only where a scan of the bytes raises a suspicion; `facts_json` sees the rest."""
    require_small(finding, body)
    if _suspicious(body):
        require_plain(finding)
    limit = at + AHEAD
    seen_at = finding.observed_at.astimezone(UTC)  # comparing across zones costs twice as much
    if seen_at > limit:
        raise _ahead("observed_at", finding.observed_at)
    if finding.received_at is not None and finding.received_at > limit:
        raise _ahead("received_at", finding.received_at)
    return DatedFinding(finding, seen_at)


def _suspicious(body: bytes) -> bool:
    """Whether there may be NUL or no number in it. A single byte is found ten times as fast as a word, and is rare."""
    return (
        (b"\\" in body and b"\\u0000" in body)
        or (b"N" in body and b"NaN" in body)
        or (b"I" in body and b"Infinity" in body)
    )


def _checked(message: _Other, body: bytes, at: datetime) -> _Other:
    require_small(message, body)
    require_plain(message)
    limit = at + AHEAD
    for name in _TIMES:
        moment = getattr(message, name) if name in type(message).model_fields else None
        if moment is not None and moment > limit:
            raise _ahead(name, moment)
    return message


def _ahead(name: str, moment: datetime) -> Unreadable:
    return Unreadable("time_ahead", f"{name}: {moment.isoformat()} is more than 10 minutes ahead of the clock")
