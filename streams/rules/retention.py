"""Retention 留存: what is forgotten of a closed ticket, and what stays because statistics need it.

O-1  Personal details 个人信息 are kept so long after a ticket's close, not longer (`RECTIFY_KEEP_PERSONAL_DAYS`): what
     citizens wrote (of checks `message.*` and `comment.*`: title, detail, what is text in the evidence, the events'
     bodies) and the names and addresses that notices went to. Whether, when and with which outcome stays.
O-2  A closed ticket's history is kept so long after its close (`RECTIFY_KEEP_HISTORY_DAYS`); tickets, problems, counts
     and notices' outcomes stay, so that scores and statistics do not change.
O-3  An open ticket is never pruned, nor one that was closed within the term; a reopened one counts from its next close.
O-10  What has no ticket is forgotten too: citizens' words in a suspicion or a warning, and the number of a short
     message of which no report ever came, so long after they were seen or sent as O-1 says; a history entry without a
     ticket as O-2 says.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from streams.rules.text import to_json

PERSONAL_CHECKS: Final = ("message.", "comment.")
_KEPT_WORDS: Final = frozenset({"message_kind", "content_hash"})  # what deadlines and verdicts look at
_KEPT_FACTS: Final = ("received_at", "evidence", "source", "run_id")  # in the order that intake writes


def is_personal(check: str) -> bool:
    """Whether a check's problems are what citizens wrote (O-1)."""
    return check.startswith(PERSONAL_CHECKS)


def without_people(facts_json: str) -> str:
    """A problem's facts without what people wrote; numbers, times of receipt and kinds stay (O-1)."""
    facts: dict[str, Any] = orjson.loads(facts_json)
    facts["evidence"] = {
        name: value
        for name, value in (facts.get("evidence") or {}).items()
        if name in _KEPT_WORDS or isinstance(value, bool | int | float)
    }
    return to_json({name: facts[name] for name in _KEPT_FACTS if name in facts})
