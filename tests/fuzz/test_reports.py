"""Reports of tools, spoiled at random: read, or refused in words; no damaged one makes a complete run."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from streams.files.faults import FileError
from streams.files.mappings.loading import load_mapping, mapping_files
from streams.rules.intake.intake import Refusal, read_finding
from tests.fuzz.hostile import TEXTS, cases, documents, scalars
from tests.fuzz.test_files import told
from tests.support.reports import AT, Read, Sample, read_sample, samples
from tests.support.world import MAX_BYTES

REPORTS: Final = [one for one in samples() if one.name in ("one", "many")]
WITH_RUNS: Final = [one for one in REPORTS if load_mapping(one.tool).exit is not None]
_BYTES: Final = (b"\0", b"\xff", b"\xef\xbb\xbf", b"{", b"]", b'"', b"\r", b"\n", b"\n\n", b",", b";", b"#", b"\\u0000")


@st.composite
def edited(draw: st.DrawFn, value: Any) -> Any:
    """A JSON document, a few of its parts replaced, dropped or repeated."""
    if draw(st.integers(0, 11)) == 0:
        return draw(st.one_of(documents, scalars))
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        if draw(st.integers(0, 9)) == 0:
            return {key: part for key, part in value.items() if key != name}
        return {**value, name: draw(edited(value[name]))}
    if isinstance(value, list) and value:
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(edited(value[place])), *value[place + draw(st.integers(0, 1)) :]]
    return draw(st.one_of(scalars, documents))


@st.composite
def spoiled(draw: st.DrawFn, sample: Sample) -> bytes:
    """A report with other values in its places, or other bytes in it."""
    content = sample.content
    mapping = load_mapping(sample.tool)
    if mapping.reads == "csv" and draw(st.booleans()):
        cells = content.decode().split(mapping.csv.delimiter)
        cells[draw(st.integers(0, len(cells) - 1))] = draw(st.sampled_from(TEXTS))
        return mapping.csv.delimiter.join(cells).encode("utf-8", "surrogatepass")
    if mapping.reads == "json" and draw(st.integers(0, 3)):
        begin = min(content.find(b"{") % (len(content) + 1), content.find(b"[") % (len(content) + 1))
        return json.dumps(draw(edited(json.loads(content[begin:]))), ensure_ascii=draw(st.booleans())).encode(
            "utf-8", "surrogatepass"
        )
    if mapping.reads == "jsonl" and draw(st.integers(0, 3)):
        lines = _lines(content)
        place = draw(st.integers(0, len(lines) - 1))
        lines[place] = draw(edited(lines[place]))
        return b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"
    place = draw(st.integers(0, len(content)))
    return content[:place] + draw(st.sampled_from(_BYTES)) + content[place + draw(st.integers(0, 3)) :]


def _lines(content: bytes) -> list[Any]:
    try:
        return [json.loads(content)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in content.splitlines() if line.strip()]


def taken(sample: Sample, content: bytes) -> Read | None:
    """What is read of it; what is made of it is a message of the contract, and what is not is said in words."""
    try:
        read = read_sample(sample, content=content)
    except FileError as error:
        told(error.faults)
        return None
    run = read.run
    for message in (*run.messages, *([run.message] if run.message else ())):
        value = json.dumps(message).encode()
        assert not isinstance(read_finding(value, (), AT, MAX_BYTES), Refusal), message
    assert all(len(row.reason) > 5 and len(row.reason) < 20_000 for row in read.reading.refused)
    assert all(run.why) or run.message is None
    return read


def complete(read: Read | None) -> bool:
    """Whether it makes a run that closes what it does not name."""
    return read is not None and read.run.message is not None and read.run.message["status"] == "complete"


@cases(20, 0.01)
@given(st.sampled_from(REPORTS).flatmap(lambda one: st.tuples(st.just(one), spoiled(one))))
def test_any_report(spoiled_one: tuple[Sample, bytes]) -> None:
    """Whatever stands where a tool writes something else; whatever it is, no row of it is lost without a word."""
    sample, content = spoiled_one
    read = taken(sample, content)
    if read is None or read.reading.unreadable:
        return
    reading = read.reading
    if complete(read):
        assert (reading.refused, reading.cut, reading.down) == ((), "", False)
    said = len(reading.messages) + len(reading.refused) + sum(reading.left_out.values())
    assert said >= reading.rows


def cut_off(sample: Sample) -> st.SearchStrategy[tuple[Sample, bytes]]:
    """The beginning of a report, and what a full disk leaves behind it."""
    content = sample.content.rstrip()
    ends = st.tuples(st.integers(0, len(content) - 1), st.sampled_from((b"", b"\0", b"\0" * 512, b"\n")))
    return ends.map(lambda end: (sample, content[: end[0]] + end[1]))


@cases(20, 0.01)
@given(st.sampled_from(WITH_RUNS).flatmap(cut_off))
def test_no_damaged_report_makes_a_complete_run(damaged: tuple[Sample, bytes]) -> None:
    """Cut off anywhere, with zeros behind it as a full disk leaves them, and with the exit code of a good end."""
    assert not complete(taken(*damaged))


def test_every_mapping_that_reads_a_report_is_met() -> None:
    """Those of sheets have a fuzz of workbooks of their own (test_files.py)."""
    assert {one.tool for one in REPORTS} == set(mapping_files(None)) - {"problem-list", "12345"}
