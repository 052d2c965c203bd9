"""What stays of a problem's texts where there is no room for all (O-16): what decisions look at."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.rules.state.abridging import abridged, is_abridged, without_evidence

LONG = "a" * 3_000


@pytest.mark.parametrize(
    ("facts", "short"),
    [
        ({"evidence": {"status": 404, "pad": LONG}}, {"evidence": {"status": 404}}),
        ({"evidence": {"content_hash": "ab", "words": ["x"]}, "title": "t"}, {"evidence": {"content_hash": "ab"}}),
        (
            {"received_at": "2026-03-02T00:00:00+08:00", "evidence": {"places": "12 处"}, "source": "s", "run_id": "r"},
            {"received_at": "2026-03-02T00:00:00+08:00", "evidence": {"places": "12 处"}, "source": "s", "run_id": "r"},
        ),
        ({"evidence": {f"{n}": n for n in range(99)}, "extra": {"a": 1}}, {"evidence": {f"{n}": n for n in range(16)}}),
        ({"evidence": {LONG: 1}}, {"evidence": {}}),
    ],
)
def test_what_stays_of_the_facts(facts: dict[str, Any], short: dict[str, Any]) -> None:
    """Short values of the evidence, when it was received, by whom it was seen; and that it is not all."""
    text = json.dumps(facts, separators=(",", ":"), ensure_ascii=False)
    light = abridged(text)
    assert json.loads(light) == {**short, "abridged": True}
    assert is_abridged(light)
    assert not is_abridged(text)
    assert light.startswith('{"received_at":') is ("received_at" in facts)


@pytest.mark.parametrize(
    "facts",
    [
        {"evidence": {"a": 1, "abridged": True}},
        {"evidence": {}, "extra": {"a": 1, "abridged": True}},
        {"evidence": {}, "detail": ',"abridged":true}'},
    ],
)
def test_nobody_can_say_so_of_whole_facts(facts: dict[str, Any]) -> None:
    """A producer's own fields of that name stand further inside."""
    assert not is_abridged(json.dumps(facts, separators=(",", ":")))


def test_what_stays_of_a_proof() -> None:
    """Who has proved it and when; short evidence, too, wherever it stands."""
    memory = {"kind": "recheck", "evidence": {"pad": LONG}, "absent": [{"evidence": LONG}, {"evidence": {"s": 1}}]}
    assert json.loads(without_evidence(json.dumps(memory))) == {
        "kind": "recheck",
        "evidence": None,
        "absent": [{"evidence": None}, {"evidence": {"s": 1}}],
    }
