"""What real tools have written becomes findings, and a run that says no more than it proves (F-3 to F-10)."""

from __future__ import annotations

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from streams.files.mappings.documents import document_of
from streams.files.mappings.loading import load_mapping, mapping_files
from tests.support.reports import Sample, read_sample, samples

ZONE = ZoneInfo("Asia/Shanghai")
ALL = list(samples())
MAKES_RUNS = [one for one in ALL if one.name == "one" and load_mapping(one.tool).exit is not None]
SHEETS = {"problem-list", "12345"}  # they have tables of their own


def _becomes(sample: Sample) -> dict[str, Any]:
    read = read_sample(sample)
    reading, run = read.reading, read.run
    found: dict[str, Any] = {"found": dict(Counter(message["check"] for message in run.messages))}
    found |= {"run": None if run.message is None else run.message["status"]}
    if run.message is not None:
        found |= {name: len(run.message[name]) for name in ("missed",) if name in run.message}
        found |= {"places": len(run.message["locators"])} if "locators" in run.message else {}
    elif reading.unreadable or reading.cut:
        found["unreadable"] = True
    for name, many in (("refused", len(reading.refused)), ("left_out", sum(reading.left_out.values()))):
        found |= {name: many} if many else {}
    return found


@pytest.mark.parametrize("sample", ALL, ids=lambda one: f"{one.tool}-{one.name}")
def test_a_report_becomes_what_its_row_says(sample: Sample) -> None:
    """Clean, one, many, interrupted, the site down: findings by check, the run and its places, rows left out."""
    expected = {name: value for name, value in sample.expected.items() if name not in ("exit", "said", "start")}
    assert _becomes(sample) == expected


def test_every_built_in_mapping_has_its_five_samples() -> None:
    """And says how they came about."""
    names = {"clean", "one", "many", "interrupted", "site_down"}
    found: dict[str, set[str]] = {}
    for sample in ALL:
        found.setdefault(sample.tool, set()).add(sample.name)
    assert set(found) == set(mapping_files(None)) - SHEETS
    assert [tool for tool, of_tool in found.items() if not names <= of_tool] == []


@pytest.mark.parametrize("sample", MAKES_RUNS, ids=lambda one: one.tool)
def test_a_report_that_is_cut_anywhere_makes_no_complete_run(sample: Sample) -> None:
    """Killed at every byte, with the exit code of a good end: it cannot be read, is known to be cut off, or has failed.

    Evaluated is only what looks whole (lines of JSON Lines), and one that does not, in the middle of a line.
    """
    content, mapping = sample.content.rstrip(), load_mapping(sample.tool)
    documents = [document_of(mapping, content[:place], ZONE) for place in range(len(content))]
    looks_whole = [place for place, document in enumerate(documents) if document.json and not document.cut]
    assert looks_whole == [] or mapping.reads == "jsonl"
    for place in (*looks_whole, len(content) // 2):
        run = read_sample(sample, content=content[:place]).run.message
        assert run is not None
        assert run["status"] == "failed", content[:place][-80:]


@pytest.mark.parametrize("sample", MAKES_RUNS, ids=lambda one: one.tool)
def test_a_tool_that_did_not_come_to_its_end_makes_no_complete_run(sample: Sample) -> None:
    """Whatever its report looks like; and without an exit code the findings go, and nothing closes."""
    read = read_sample(sample)
    for ended in ({"exit_code": 130}, {"exit_code": 137}, {"exit_code": 143}, {"stopped": "超时 · timed out"}):
        message = read.ended(**ended).message
        assert message is not None
        assert message["status"] in ("failed", "partial"), ended
    run = read.ended(exit_code=None)
    assert run.message is None
    assert "exit code" in run.why[0]
    assert run.messages
