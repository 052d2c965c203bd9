"""The memory of who has seen a problem: what it forgets it knows to have forgotten (C-49)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from streams.rules.state.records import RunRecord
from streams.rules.state.sightings import (
    RUNS_PER_SOURCE,
    SOURCES,
    has_same_evidence,
    hour_of,
    may_have_seen,
    reporters,
    sources,
    with_all_runs,
    with_run,
)
from tests.support.world import World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = hour_of(NOON)


def seen_by(*runs: str, source: str = "crawler", memory: str = "{}", hour: int = HOUR) -> str:
    """A problem's memory after these runs have reported it."""
    for run in runs:
        memory = with_run(memory, source, run, hour)
    return memory


def run(name: str, source: str = "crawler", **fields: Any) -> RunRecord:
    """A run that has found something, begun in the same hour."""
    given: dict[str, Any] = {"begun_at": NOON, "first_seen_at": NOON, "counted": 1, **fields}
    record = RunRecord(1, source, name, 0, "{}", None, "waiting", NOON, None, None, None)
    return record._replace(**given)


def asked(memory: str, of: RunRecord) -> bool:
    """Whether the run may have seen the problem, which was last seen at noon."""
    world = World("2026-03-02 20:00")
    world.send({"asset_id": "a", "check": "column.blank", "observed_at": NOON.isoformat()})
    return may_have_seen(world.problems[0]._replace(seen_by_json=memory), of)


RUNS = [f"r{number}" for number in range(RUNS_PER_SOURCE + 3)]


@pytest.mark.parametrize(
    ("memory", "of", "may"),
    [
        (seen_by(*RUNS[:4]), run("r1"), True),
        (seen_by(*RUNS[:4]), run("other"), False),  # nothing is forgotten
        (seen_by(*RUNS), run("r0"), True),
        (seen_by(*RUNS), run("other"), True),  # in doubt
        (seen_by(*RUNS), run("other", counted=0), False),  # it has found nothing at all
        (seen_by(*RUNS), run("other", begun_at=NOON + timedelta(hours=3)), False),  # it began after the forgetting
        (seen_by(*RUNS), run("other", first_seen_at=NOON + timedelta(minutes=1)), False),  # and saw it not before that
        (seen_by(*RUNS), run("other", source="linter"), False),
        (with_all_runs(seen_by(*RUNS[:6]), seen_by(*RUNS[5:]), HOUR), run("other"), True),
        (with_all_runs(seen_by(*RUNS), seen_by("x"), HOUR), run("other"), True),
        (with_all_runs(seen_by("x"), seen_by("y", source="linter"), HOUR), run("other"), False),
    ],
)
def test_forgetting_is_no_silence(memory: str, of: RunRecord, may: bool) -> None:  # noqa: FBT001
    """C-49: whoever may be among the forgotten may have seen it, unless time says otherwise."""
    assert asked(memory, of) is may


def test_forgotten_sources_are_known_to_be_forgotten() -> None:
    """C-49: the 17th source forgets the first, of which nobody says that it has not seen it; people see names only."""
    memory = "{}"
    for number in range(SOURCES + 1):
        memory = seen_by("r", source=f"s{number}", memory=memory)
    assert sources(memory) == tuple(f"s{number}" for number in range(1, SOURCES + 1))
    assert asked(memory, run("r", source="s0"))
    assert set(reporters(memory)) == set(sources(memory))
    assert reporters(seen_by(*RUNS))["crawler"] == RUNS[: -RUNS_PER_SOURCE - 1 : -1]


def facts(evidence: dict[str, Any], **others: Any) -> str:
    """As the ledger keeps them."""
    return orjson.dumps({"evidence": evidence, **others}).decode()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (facts({"places": 2}, run_id="r1"), facts({"places": 2}, run_id="r2"), True),
        (facts({"places": 2}), facts({"places": 2}), True),
        (facts({"places": 2}, run_id="r1"), facts({"places": 3}, run_id="r1"), False),
        (facts({"places": 2}, run_id="r1"), facts({"places": 3}, run_id="r2"), False),
        # The last run is one within the evidence, or within what nobody knows: they are read.
        (facts({"of": 1, "run_id": "r1"}), facts({"of": 1, "run_id": "r2"}), False),
        (facts({"of": 1, "run_id": "r"}, source="s1"), facts({"of": 1, "run_id": "r"}, source="s2"), False),
        (facts({"a": 1}, x={"of": 1, "run_id": "r1"}), facts({"a": 1}, x={"of": 1, "run_id": "r2"}), False),
        (facts({"a": ',"run_id":"r1"}'}), facts({"a": ',"run_id":"r2"}'}), False),
    ],
)
def test_evidence_is_plainly_the_same_or_is_read(one: str, other: str, *, same: bool) -> None:
    """Only another run at the very end of the facts is passed over unread."""
    assert has_same_evidence(one, other) is same
