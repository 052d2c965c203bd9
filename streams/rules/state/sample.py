"""The sample 抽样 of a held run: which rechecks were asked for, and what was answered (rules C-21, R-37).

Kept as JSON text of the run, `{"<request id>": <answer>}`; only this file reads and writes it. The answer is the
problem's fingerprint while it is waited for, null once it is absent, "" if the run's own producer has said so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import orjson

from streams.rules.state.records import RunRecord
from streams.rules.state.text import to_json


class Unanswered(NamedTuple):
    """Nobody has answered yet."""

    fingerprint: str


class Absent(NamedTuple):
    """The problem is not there any more."""

    by_itself: bool  # says the producer whose run it is


Answer = Unanswered | Absent
Sample = dict[str, Answer]  # by request id, in the order in which they were asked for

_BY_ITSELF: Final = ""


def sample_of(run: RunRecord) -> Sample:
    """The sample of a run; empty where none was asked for."""
    if run.sample_json is None:
        return {}
    kept: dict[str, str | None] = orjson.loads(run.sample_json)
    return {request_id: _answer(said) for request_id, said in kept.items()}


def with_sample(run: RunRecord, sample: Mapping[str, Answer]) -> RunRecord:
    """The run with this sample."""
    kept = {request_id: _kept(answer) for request_id, answer in sample.items()}
    return run._replace(sample_json=to_json(kept) if kept else None)


def _answer(said: str | None) -> Answer:
    return Unanswered(said) if said else Absent(by_itself=said == _BY_ITSELF)


def _kept(answer: Answer) -> str | None:
    if isinstance(answer, Unanswered):
        return answer.fingerprint
    return _BY_ITSELF if answer.by_itself else None
