"""The end of a problem, and what is remembered of it: the one place that reads and writes `gone_by_json`.

    gone                 Gone     what proves it (a run, a recheck, a person, a count), and what outlives that
    dismissed, waived    Verdict  what the verdict keeps of the problem; nothing where neither date nor content ends it
    open, suspected      Noted    absence that does not suffice (C-32), and what outlived an earlier end

`back` and `later` outlive an end: when the problem came back (C-32), and rechecks heard that are not the proof (C-41).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import orjson

from streams.rules.state.text import to_json


class RunProof(NamedTuple):
    """A run has looked there and has seen nothing."""

    source: str | None
    run_id: str | None
    finished_at: str | None  # ISO 8601, as the next
    accepted_by: str | None  # who let a held run pass
    observed_at: str  # empty only in a proof of before it was kept

    @property
    def at(self) -> datetime:
        """As of when it holds, UTC."""
        return _moment(self.observed_at)

    @property
    def reason(self) -> str:
        """As a ticket's closing by it names it."""
        return "run_absent"

    @property
    def name(self) -> str:
        """Of the run or the request; empty where it has none."""
        return self.run_id or ""


class RecheckProof(NamedTuple):
    """A recheck has looked there and has seen nothing."""

    source: str | None
    request_id: str | None
    evidence: Mapping[str, Any] | None
    observed_at: str  # ISO 8601
    vouched: bool = False  # somebody asked, or trusts the source (C-50); not published

    @property
    def at(self) -> datetime:
        """As of when it holds, UTC."""
        return _moment(self.observed_at)

    @property
    def reason(self) -> str:
        """As a ticket's closing by it names it."""
        return "recheck_absent"

    @property
    def name(self) -> str:
        """Of the run or the request; empty where it has none."""
        return self.request_id or ""


class PersonProof(NamedTuple):
    """A person has closed it."""

    by: str | None
    reason: str | None
    evidence: Mapping[str, Any] | None


class CountProof(NamedTuple):
    """What is counted here is below its line (rule V-3)."""

    evidence: Mapping[str, Any] | None
    observed_at: str  # ISO 8601


Observation = RunProof | RecheckProof
Proof = Observation | PersonProof | CountProof


class Gone(NamedTuple):
    """Of a problem that is gone."""

    proof: Proof
    also: tuple[Observation, ...] = ()  # absence noted before it
    back: tuple[str, ...] = ()  # when it came back, ISO 8601, oldest first
    later: tuple[Observation, ...] = ()


class Noted(NamedTuple):
    """Of a problem that is not gone."""

    absent: tuple[Observation, ...] = ()  # oldest first
    back: tuple[str, ...] = ()
    later: tuple[Observation, ...] = ()


class Verdict(NamedTuple):
    """Of a problem that a person has set aside."""

    at: datetime
    until: datetime | None
    content_hash: str | None  # of what was judged (D-20)


Ending = Gone | Noted | Verdict
NOTHING: Final = Noted()
OBSERVED: Final = frozenset(("run_absent", "recheck_absent"))  # reasons of closings by an observation


def read(gone_by_json: str | None) -> Ending:
    """What a problem's `gone_by_json` says; raises ValueError for what no version has written."""
    if gone_by_json is None:
        return NOTHING
    kept: dict[str, Any] = orjson.loads(gone_by_json)
    kind = kept.get("kind")
    if kind == "verdict":
        until = kept.get("until")
        return Verdict(
            datetime.fromisoformat(kept["at"]),
            datetime.fromisoformat(until) if until else None,
            kept.get("content_hash"),
        )
    back, later = tuple(kept.get("back", ())), tuple(map(_observation, _heard(kept)))
    if kind == "noted":
        return Noted(tuple(map(_observation, kept.get("absent", ()))), back, later)
    return Gone(_proof(kept), tuple(map(_observation, kept.get("also", ()))), back, later)


def write(ending: Ending) -> str | None:
    """The same as `gone_by_json`; None where there is nothing to remember."""
    match ending:
        case Gone(proof, also, back, later):
            return to_json({**_document(proof), **_some(also=map(_document, also)), **_kept(back, later)})
        case Noted(absent, back, later):
            kept = {**_some(absent=map(_document, absent)), **_kept(back, later)}
            return to_json({"kind": "noted", **kept}) if kept else None
        case Verdict(at, until, content_hash):
            ends = {"until": until and until.isoformat(), "content_hash": content_hash}
            ends = {name: value for name, value in ends.items() if value is not None}
            return to_json({"kind": "verdict", "at": at.isoformat(), **ends}) if ends else None


def lasting(gone_by_json: str | None) -> Noted:
    """What of it outlives the end: with the problem open again, and with its next end."""
    ending = read(gone_by_json)
    return NOTHING if isinstance(ending, Verdict) else Noted(back=ending.back, later=ending.later)


def is_silence_of(gone_by_json: str | None, source: str | None, run_id: str) -> bool:
    """Whether it is this run's silence that proves the problem gone."""
    end = read(gone_by_json)
    proof = end.proof if isinstance(end, Gone) else None
    return isinstance(proof, RunProof) and (proof.source, proof.run_id) == (source, run_id)


def published(proof: Proof) -> dict[str, Any]:
    """The proof as events publish it: that somebody vouches for a stranger's answer is a matter of the memory."""
    document = _document(proof)
    document.pop("vouched", None)
    return document


def _document(proof: Proof) -> dict[str, Any]:
    match proof:
        case RecheckProof():
            document = {"kind": "recheck", **proof._asdict()}
            if not proof.vouched:
                del document["vouched"]
            return document
        case RunProof():
            return {"kind": "run", **proof._asdict()}
        case PersonProof():
            return {"kind": "person", **proof._asdict()}
        case CountProof():
            return {"kind": "count", **proof._asdict()}


def _kept(back: Iterable[str], later: Iterable[Observation]) -> dict[str, Any]:
    return _some(back=back, later=map(_document, later))


def _some(**lists: Iterable[Any]) -> dict[str, Any]:
    """Those that are not empty."""
    return {name: kept for name, values in lists.items() if (kept := list(values))}


def _proof(kept: Mapping[str, Any]) -> Proof:
    match kept["kind"]:
        case "person":
            return PersonProof(kept.get("by"), kept.get("reason"), kept.get("evidence"))
        case "count":
            return CountProof(kept.get("evidence"), kept.get("observed_at") or "")
        case _:
            return _observation(kept)


def _observation(kept: Mapping[str, Any]) -> Observation:
    observed_at = kept.get("observed_at") or kept.get("finished_at") or ""
    match kept["kind"]:
        case "run":
            return RunProof(
                kept.get("source"), kept.get("run_id"), kept.get("finished_at"), kept.get("accepted_by"), observed_at
            )
        case "recheck":
            return RecheckProof(
                kept.get("source"),
                kept.get("request_id"),
                kept.get("evidence"),
                observed_at,
                kept.get("vouched", False),
            )
        case unknown:
            msg = f"no kind of proof: {unknown!r}"
            raise ValueError(msg)


def _heard(kept: Mapping[str, Any]) -> list[dict[str, Any]]:
    later: list[dict[str, Any]] | dict[str, Any] = kept.get("later") or []
    return [later] if isinstance(later, dict) else later  # one: of an earlier version


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
