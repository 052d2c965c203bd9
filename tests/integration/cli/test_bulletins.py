"""`rectify bulletin` on a real ledger: drafts, our template and an office's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine

NOW = "start=2023-02-20T12:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"
PERIOD = ("--from", "2023-01-28", "--to", "2023-02-11", "--as-of", "2023-02-20")


@pytest.fixture
def rectify(tmp_path: Path, sqlite_database: str) -> CommandLine:
    """The command line on an empty ledger."""
    return CommandLine(tmp_path, DATABASE_URL=sqlite_database, CLOCK=NOW)


async def test_drafts(rectify: CommandLine, tmp_path: Path) -> None:
    """Every format, from ours and from the office's template; what somebody may have edited is not written over."""
    (tmp_path / "typed.yaml").write_text("title: 通报\ndate: 2023-02-20\n")
    assert (await rectify.run("bulletin", "template", "own.docx")).code == 0
    options = ("bulletin", "draft", *PERIOD, "--typed", "typed.yaml")
    for kind, begins in (("docx", b"PK"), ("xlsx", b"PK"), ("html", b"<!doctype html>"), ("json", b"{")):
        ended = await rectify.run(*options, "--format", kind, "--json")
        assert (ended.code, ended.json["contradictions"]) == (0, [])
        assert (tmp_path / ended.json["file"]).read_bytes().startswith(begins)
    again = await rectify.run(*options)
    assert (again.code, "未覆盖" in again.err) == (1, True)
    assert (await rectify.run(*options, "--template", "own.docx", "--out", "own-made.docx")).code == 0
    made = [tmp_path / name for name in ("own-made.docx", "通报-2023-01-28-2023-02-11.docx")]
    assert made[0].read_bytes() == made[1].read_bytes(), "the template that was not edited is ours"
    assert (await rectify.run(*options, "--template", "own.docx", "--format", "html")).code == 2
