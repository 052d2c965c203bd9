"""Retention 留存: what is forgotten of a closed ticket, and what stays because statistics need it.

O-1  Personal details 个人信息 are kept so long after a ticket's close, not longer (`RECTIFY_KEEP_PERSONAL_DAYS`): what
     citizens wrote and were answered (of checks `message.*` and `comment.*`: title, detail, cause, the basis of a
     `due_by`, what is text in the evidence of both answers, people's reasons, the events' bodies) and the names and
     addresses that notices went to. Whether, when and with which outcome stays.
O-2  A closed ticket's history is kept so long after its close (`RECTIFY_KEEP_HISTORY_DAYS`); tickets, problems, counts
     and notices' outcomes stay, and of its events what statistics need (times, numbers, stable words:
     scoring/slips.py), so that figures do not change.
O-3  An open ticket is never pruned, nor one that was closed within the term; a reopened one counts from its next close.
O-10  What has no ticket is forgotten too: citizens' words in a suspicion or a warning, in its events and in what its
     notices were about, and the number of a short message of which no report ever came, so long after they were seen or
     sent as O-1 says; any other history entry without a ticket as O-2 says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from streams.rules.deadlines.deadlines import GIVEN_BASIS
from streams.rules.state.ending import CountProof, Gone, Noted, Observation, PersonProof, Proof, RunProof, read, write
from streams.rules.state.text import to_json

PERSONAL_CHECKS: Final = ("message.", "comment.")
_WORDS: Final = frozenset({"title", "detail", "reason", "measures"})
_KEPT_WORDS: Final = frozenset({"message_kind", "content_hash"})  # what deadlines and verdicts look at
_KEPT_FACTS: Final = ("received_at", "evidence", "source", "run_id")  # in the order that intake writes


def is_personal(check: str) -> bool:
    """Whether a check's problems are what citizens wrote (O-1)."""
    return check.startswith(PERSONAL_CHECKS)


def without_people(facts_json: str) -> str:
    """A problem's facts without what people wrote; numbers, times of receipt and kinds stay (O-1)."""
    facts: dict[str, Any] = orjson.loads(facts_json)
    facts["evidence"] = _figures(facts.get("evidence"))
    return to_json({name: facts[name] for name in _KEPT_FACTS if name in facts})


def without_words(document_json: str | None) -> str | None:
    """What a notice keeps of its warning, without texts and people's reasons."""
    return None if document_json is None else to_json(_without_words(orjson.loads(document_json)))


def end_without_words(gone_by_json: str | None) -> str | None:
    """What a problem keeps of its end, without answers and people's reasons (O-1)."""
    match end := read(gone_by_json):
        case Gone(proof, also, _, later):
            also, later = tuple(map(_observed, also)), tuple(map(_observed, later))
            return write(end._replace(proof=_bare(proof), also=also, later=later))
        case Noted(absent, _, later):
            return write(end._replace(absent=tuple(map(_observed, absent)), later=tuple(map(_observed, later))))
        case _:
            return gone_by_json


def terms_without_people(deadline_json: str) -> str:
    """A deadline without the basis that came with a message (`due_by`); what a pack says stays (O-1)."""
    terms: dict[str, Any] = orjson.loads(deadline_json)
    return to_json({**terms, "basis": GIVEN_BASIS}) if terms.get("given") else deadline_json


def _bare(proof: Proof) -> Proof:
    match proof:
        case PersonProof():
            return proof._replace(reason=None, evidence=_figures(proof.evidence))
        case CountProof():
            return proof._replace(evidence=_figures(proof.evidence))
        case _:
            return _observed(proof)


def _observed(one: Observation) -> Observation:
    return one if isinstance(one, RunProof) else one._replace(evidence=_figures(one.evidence))


def _figures(evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        name: value
        for name, value in (evidence or {}).items()
        if name in _KEPT_WORDS or isinstance(value, bool | int | float)
    }


def _without_words(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_words(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _figures(part) if name == "evidence" else _without_words(part)
        for name, part in value.items()
        if name not in _WORDS
    }
