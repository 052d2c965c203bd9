"""What a provider's error code means for a message: one table a provider, one meaning a word. Pure.

N-41  A provider's code decides: later (it wants it slower, or is away), never (it refuses this message), not before a
      person has mended the account, or uncertain. Success is only the provider's own word for it, never HTTP 200.
"""

from collections.abc import Mapping
from typing import Final, Literal

from notifiers.protocol import Outcome

Word = Literal[
    "auth", "balance", "throttled", "deferred", "unavailable", "bad_address", "template", "rejected", "odd_answer"
]

_STATES: Final[Mapping[Word, Literal["retry", "dead", "uncertain"]]] = {
    "auth": "dead",  # the account: nothing passes before a person has done something
    "balance": "dead",
    "throttled": "retry",  # the account: too fast
    "unavailable": "retry",
    "deferred": "retry",  # this number: it has had enough today
    "bad_address": "dead",
    "template": "dead",  # template or sign is not approved, or does not fit
    "rejected": "dead",
    "odd_answer": "uncertain",  # the provider itself does not know
}


def verdict(code: str, words: Mapping[str, Word], otherwise: Word = "rejected") -> Outcome:
    """The outcome of an error code; the longest beginning in the table counts."""
    known = max((start for start in words if code.startswith(start)), key=len, default=None)
    word = otherwise if known is None else words[known]
    return Outcome(_STATES[word], f"{word}:{code[:60]}")
