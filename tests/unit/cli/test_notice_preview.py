"""`rectify notice preview`: every letter as a page for the browser, from a sample and from a ticket."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.cli.notice.preview import PREVIEWED
from streams.cli.terminal.root import app


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECTIFY_DATA_DIR", str(tmp_path / "data"))


def preview(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["notice", "preview", *words])


@pytest.mark.parametrize("kind", PREVIEWED)
def test_a_sample_is_a_page_with_nothing_from_elsewhere(kind: str, tmp_path: Path) -> None:
    """Mail at two widths, plain text, short message; no scripts, no pictures, no files from elsewhere."""
    out = tmp_path / "page.html"
    result = preview("--sample", "--kind", kind, "--out", str(out))
    assert result.exit_code == 0, result.output
    text = out.read_text("utf-8")
    assert text.count("<iframe sandbox") == 2
    assert "【某市政务公开】" in text
    for remote in ("<script", "<img", "<link", "url(", ' src="'):
        assert remote not in text, remote


def told(kind: str) -> dict[str, str]:
    """What a sample says, in its parts."""
    result = preview("--sample", "--kind", kind, "--json")
    assert result.exit_code == 0
    answer: dict[str, str] = json.loads(result.stdout)
    return answer


def test_the_calendar_comes_with_what_is_due() -> None:
    """To the owner before the deadline, not after it."""
    assert "BEGIN:VEVENT" in told("opened")["calendar"]
    assert "METHOD:CANCEL" in told("closed")["calendar"]
    assert told("urge")["calendar"] == ""


@pytest.mark.parametrize("words", [(), ("T-1", "--sample")])
def test_a_ticket_or_a_sample(words: tuple[str, ...]) -> None:
    """One of the two, not both."""
    assert preview(*words).exit_code == 2
