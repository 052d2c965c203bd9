"""`rectify publish` says which checks and fields nobody knows, and what was probably meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.terminal.root import app
from streams.files.findings.strangers import REMEMBERED, Strangers
from tests.support.messages import FINDING, RECHECK, RUN, body, read
from tests.support.world import POLICY


def strangers(*messages: bytes) -> Strangers:
    """What was seen of these messages."""
    seen = Strangers(POLICY)
    for message in messages:
        seen.see(read(message))
    return seen


@pytest.mark.parametrize(
    ("check", "meant"),
    [
        ("死链", "link.dead"),
        ("link-dead", "link.dead"),
        ("Link_Dead", "link.dead"),
        ("dead-link", "link.dead"),
        ("link.ded", "link.dead"),
        ("错别字", "text.typo"),
        ("my.own.check", None),
    ],
)
def test_a_check_that_the_pack_does_not_know(check: str, meant: str | None) -> None:
    """It is taken under the default; its name, another separator, another order or a slip tell which one was meant."""
    (one,) = strangers(body(FINDING, check=check), body(FINDING)).document()["unknown_checks"]
    assert one == {"check": check, "messages": 1, "meant": meant}


@pytest.mark.parametrize(
    ("message", "field", "meant"),
    [
        (FINDING, "url", "locator"),
        (FINDING, "网址", "locator"),
        (FINDING, "Received-At", "received_at"),
        (FINDING, "recieved_at", "received_at"),
        (FINDING, "target", "evidence.target"),
        (FINDING, "icp", None),
        (RUN, "end_time", "finished_at"),
        (RUN, "url", None),
        (RECHECK, "outcom", "outcome"),
    ],
)
def test_a_field_that_the_schema_does_not_know(message: dict[str, object], field: str, meant: str | None) -> None:
    """It is kept and nothing looks at it: three pages under `url` would be one finding about the whole site."""
    (one,) = strangers(body(message, **{field: "x"})).document()["unknown_fields"]
    assert (one["field"], one["meant"]) == (field, meant)


def test_what_is_known_is_not_mentioned() -> None:
    """Good messages cost no words."""
    assert list(strangers(body(FINDING), body(RUN), body(RECHECK)).said()) == []


def test_a_file_of_made_up_names_fills_no_memory() -> None:
    """Only so many are told apart, and ten are said."""
    seen = strangers(*(body(FINDING, check=f"own.{number}", **{f"f{number}": 1}) for number in range(REMEMBERED + 50)))
    assert len(seen.checks) == len(seen.fields) == REMEMBERED
    assert len(list(seen.said())) == 21


def test_they_are_said_beside_what_was_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the standard error output, and in the document for programs; the exit code is that of good lines."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "f.jsonl"
    file.write_bytes(body(FINDING, check="死链", url="https://a.gov.cn/x") + b"\n")
    said = CliRunner().invoke(app, ["publish", "--dry-run", str(file)])
    assert said.exit_code == 0, said.output
    assert "检查项 死链（1 条）不在规则包内，按缺省时限办理；是否 link.dead？" in said.stderr
    assert "字段 url（1 条）不认识，仅原样保存；是否 locator？" in said.stderr
    told = json.loads(CliRunner().invoke(app, ["publish", "--dry-run", "--json", str(file)]).stdout)
    assert told["unknown_checks"] == [{"check": "死链", "messages": 1, "meant": "link.dead"}]
