"""A mapping's expressions as one jq program, evaluated in a child process (`child.py`).

F-1  Expressions see a report and nothing else: they are evaluated in a process without environment, that can open no
     file, within 20 seconds of processor time and 2 GiB. What goes beyond, or is no jq, is said, and makes no run.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Mapping as Table
from pathlib import Path
from typing import Any, Final

import orjson

from schemas.mapping import Mapping
from streams.files.faults import FileError, FileFault

SECONDS: Final = 20  # of processor time
WAIT: Final = 120  # seconds, on a machine that has other work too
BYTES: Final = 2 * 1024**3  # address space
ASKED: Final = ("down", "partial", "covered", "missed", "looked_for")  # of the document
NUMBERED: Final = frozenset({"csv", "sheet"})  # whose rows know their place, `_row`
_CHILD: Final = Path(__file__).with_name("child.py")
_MESSAGE: Final = '(if type == "string" then . else tojson end)'


def evaluated(mapping: Mapping, document: bytes, *, seconds: int = SECONDS) -> dict[str, Any]:
    """What the expressions make of a document: `rows`, and what it says of the whole (ASKED).

    A row is {`left`: reason}, {`fault`: what is wrong}, {`finding`: fields}, or {`recheck`: fields}; `asset_name` and
    `at`, the row's place, stand beside; in place of any other value may stand a {`fault`}. Raises FileError, which
    names the expression. Blocks: for a loop, in a thread.
    """
    command = [sys.executable, "-I", str(_CHILD)]
    order = {"program": _program(mapping), "parts": dict(_parts(mapping)), "seconds": seconds, "bytes": BYTES}
    given = orjson.dumps(order) + b"\n" + document
    try:
        done = subprocess.run(command, input=given, capture_output=True, env={}, timeout=WAIT, check=False)
    except subprocess.TimeoutExpired:
        raise FileError(_fault(mapping, "", f"takes longer than {WAIT} s")) from None
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        limits = f"{SECONDS} s of processor time or {BYTES // 1024**3} GiB"
        raise FileError(_fault(mapping, "", f"the expressions did not come to an end within {limits} {said}".strip()))
    answer: dict[str, Any] = orjson.loads(done.stdout)
    if "error" in answer:
        raise FileError(*(_fault(mapping, place, reason) for place, reason in answer["error"]))
    return answer


def checked(mapping: Mapping) -> None:
    """Whether every expression is jq. Raises FileError."""
    evaluated(mapping, b"")


def _fault(mapping: Mapping, place: str, reason: str) -> FileFault:
    return FileFault(f"{mapping.tool}.yaml", "mapping", place, reason)


def _parts(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Every expression by its path in the file."""
    for name in ("asset_name", "each", *ASKED):
        text = getattr(mapping, name)
        if text is not None:
            yield name, text
    tables: dict[str, Table[str, str]] = {
        "leave_out": mapping.leave_out, "finding": mapping.finding, "evidence": mapping.evidence,
    }  # fmt: skip
    if mapping.recheck is not None:
        yield "recheck.when", mapping.recheck.when
        tables |= {"recheck.fields": mapping.recheck.fields, "recheck.evidence": mapping.recheck.evidence}
    for table, parts in tables.items():
        for name, text in parts.items():
            yield f"{table}.{name}", text


def _program(mapping: Mapping) -> str:
    place = "{at: (try ._row catch null)} + " if mapping.reads in NUMBERED else ""
    fields = {"rows": f"[({mapping.each}) | {place}{_row(mapping)}]"}
    fields |= {name: f"first(({text}), null)" for name in ASKED if (text := getattr(mapping, name)) is not None}
    return "{" + ", ".join(f"{name}: {_tried(text)}" for name, text in fields.items()) + "}"


def _row(mapping: Mapping) -> str:
    made = f"{{finding: {_object('', mapping.finding, mapping.evidence)}}}"
    if mapping.recheck is not None:
        answer = _object("recheck.", mapping.recheck.fields, mapping.recheck.evidence)
        made = f"if {_one('recheck.when', mapping.recheck.when)} then {{recheck: {answer}}} else {made} end"
    if mapping.asset_name is not None:
        made = f"({made}) + {{asset_name: {_one('asset_name', mapping.asset_name)}}}"
    for reason, text in reversed(mapping.leave_out.items()):
        made = f"if {_one(f'leave_out.{reason}', text)} then {{left: {_text(reason)}}} else {made} end"
    return _tried(made)


def _object(place: str, fields: Table[str, str], evidence: Table[str, str]) -> str:
    own = "fields." if place else "finding."
    parts = [f"{_text(name)}: {_one(f'{place}{own}{name}', text)}" for name, text in fields.items()]
    inner = [f"{_text(name)}: {_one(f'{place}evidence.{name}', text)}" for name, text in evidence.items()]
    return "{" + ", ".join([*parts, *([f'"evidence": {{{", ".join(inner)}}}'] if inner else [])]) + "}"


def _one(place: str, text: str) -> str:
    """The first result, null when there is none; what goes wrong is said with its place."""
    return f"(try first(({text}), null) catch error({_text(f'{place}: ')} + {_MESSAGE}))"


def _tried(text: str) -> str:
    return f"(try ({text}) catch {{fault: {_MESSAGE}}})"


def _text(value: str) -> str:
    return orjson.dumps(value).decode()
