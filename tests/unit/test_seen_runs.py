"""Which runs have seen a ticket: once each, and counted anew after it is reopened (T-3, M-4)."""

from __future__ import annotations

import pytest

from streams.rules.state.seen_runs import KEPT, SeenRuns, read, reopened, rounds, run_key, with_run, write

RUNS = [run_key("crawler", f"r{number}") for number in range(KEPT + 2)]


def after(*runs: str, memory: str = "[]") -> str:
    """The memory after these runs have seen it."""
    for run in runs:
        memory = with_run(memory, run) or memory
    return memory


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("[]", SeenRuns()),
        ('["crawler\\tr1","crawler\\tr0"]', SeenRuns((RUNS[1], RUNS[0]))),
        ('["crawler\\tr2","","crawler\\tr1","crawler\\tr0"]', SeenRuns((RUNS[2],), (RUNS[1], RUNS[0]))),
        ('["","crawler\\tr0"]', SeenRuns((), (RUNS[0],))),
    ],
)
def test_it_is_stored_as_before(text: str, seen: SeenRuns) -> None:
    """Both ways, byte for byte."""
    assert read(text) == seen
    assert write(seen) == text


def test_a_run_is_said_once_also_after_a_reopening() -> None:
    """T-3: what has seen it before is still known."""
    memory = reopened(after(*RUNS[:2]))
    assert with_run(memory, RUNS[0]) is None
    assert with_run(memory, RUNS[2]) is not None


def test_rounds_begin_with_the_clock() -> None:
    """M-4: of its present clock only; those that are remembered, at most."""
    memory = after(*RUNS[:3])
    assert rounds(memory) == 3
    memory = reopened(memory)
    assert rounds(memory) == 0
    memory = after(RUNS[3], RUNS[4], memory=memory)
    assert (rounds(memory), rounds(reopened(memory))) == (2, 0)
    assert rounds(after(*RUNS)) == KEPT


def test_the_oldest_are_forgotten_first() -> None:
    """Whatever came before the reopening goes before what came after it."""
    memory = after(*RUNS[4:9], memory=reopened(after(*RUNS[:4])))
    assert read(memory) == SeenRuns(tuple(reversed(RUNS[4:9])), (RUNS[3], RUNS[2]))
    assert with_run(memory, RUNS[1]) is not None
