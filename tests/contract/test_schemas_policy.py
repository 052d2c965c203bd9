"""The schema of a pack, for editors (P-3): what is shipped is green, a pack in progress too, and a slip is red."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

import schemas
from streams.files.faults import FileError
from streams.files.policy import loading
from streams.files.policy.loading import load_policy, shipped_packs
from streams.files.yaml import load_yaml
from tests.support.json_schemas import is_schema

EXPORTED = Path(schemas.__path__[0]) / "exported" / "policy.json"
FOLDER = loading.FOLDER
VALIDATOR = Draft202012Validator(json.loads(EXPORTED.read_text("utf-8")), format_checker=FormatChecker(["date"]))
HEAD = "pack: ours\nversion: 1\ntitle: 本省规则包\n"


def faults(text: str) -> list[str]:
    """What an editor would underline."""
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(load_yaml(text).data)]


def test_it_is_a_json_schema() -> None:
    """With a name of its own, a title and a description."""
    schema: dict[str, Any] = VALIDATOR.schema
    assert is_schema(schema)
    assert (schema["$id"], schema["title"]) == ("urn:rectify:v1:policy", "Policy")
    assert schema["description"]


@pytest.mark.parametrize("name", shipped_packs())
def test_shipped_packs_say_where_their_schema_is(name: str) -> None:
    """The first line is for editors; the path resolves, and the pack is green."""
    text = (FOLDER / f"{name}.yaml").read_text("utf-8")
    before, _, path = text.splitlines()[0].partition("=")
    assert before == "# yaml-language-server: $schema"
    assert (FOLDER / path).resolve() == EXPORTED.resolve()
    assert faults(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "extends: wuxi\nin_force: 2026-01-01\nsource: 省政府办公厅通知",
        "checks: {link.dead: {deadline: 2 working days, veto: null, deduction: null, guarded: 2小时}}",
        "checks: {link.dead: {severity: minor, transient: [503, 5xx]}}",
        "checks: {column.stale: {variants: [{when: {column_kind: statistics}, deadline: null}]}}",
        "derived: {veto.columns_blank: null}",
        "limits: {relapse: {days: 7, sure: N, basis: 通报}}",
        "sending: {quiet: {start: 21:00, end: 07:30, workdays_only: false}}",
    ],
)
def test_what_only_differs_is_no_fault(text: str, tmp_path: Path) -> None:
    """A pack that extends another repeats nothing, writes amounts in words, and takes away with null."""
    assert faults(HEAD + text) == []
    (tmp_path / "ours.yaml").write_text(HEAD + text, encoding="utf-8")
    load_policy(tmp_path / "ours.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "limtis: {}",
        "extends: [default]",
        "in_force: soon",
        "checks: {dead: {deadline: 2 hours}}",
        "checks: {link.dead: {dedline: 2 hours}}",
        "checks: {link.dead: {deadline: soon}}",
        "checks: {link.dead: {deadline: null}}",
        "checks: {link.dead: {severity: high}}",
        "checks: {link.dead: {deadline: {amount: 3}}}",
        "checks: {link.dead: {deadline: {amount: 3, unit: working_day, sure: S}}}",
        "checks: {link.dead: {lines: [{kind: late, amount: 3, unit: day}]}}",
        "checks: {link.dead: {variants: [{deadline: 2 hours}]}}",
        "checks: {link.dead: {transient: [9xx]}}",
        "limits: {relapse: {days: 0}}",
        "limits: {extension: {times: 1}}",
        "sending: {quiet: {start: 9 o'clock, end: 07:30, workdays_only: false}}",
        "ladder: []",
        "ladder: [{name: urge, at: {anchor: due}}]",
    ],
)
def test_schema_and_program_refuse_the_same(text: str, tmp_path: Path) -> None:
    """Who writes with an editor is not surprised by `rectify policy check`."""
    assert faults(HEAD + text) != []
    (tmp_path / "ours.yaml").write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(FileError):
        load_policy(tmp_path / "ours.yaml")


@pytest.mark.parametrize("key", ["pack", "version", "title"])
def test_a_pack_names_itself(key: str) -> None:
    """Tickets say by it which rules they were opened under."""
    assert faults("\n".join(line for line in HEAD.splitlines() if not line.startswith(key))) == [
        f"$: {key!r} is a required property"
    ]


def test_the_pack_in_the_documents_works(tmp_path: Path) -> None:
    """Who copies it has no faults, in the editor and in the program."""
    page = (FOLDER.parents[1] / "docs" / "operations.md").read_text("utf-8")
    text = page.partition("## A pack of one's own")[2].partition("```yaml\n")[2].partition("```")[0]
    assert faults(text) == []
    (tmp_path / "ours.yaml").write_text(text, encoding="utf-8")
    policy = load_policy(tmp_path / "ours.yaml")
    assert (policy.ref, policy.rule("link.dark").veto, len(policy.rule("message.unanswered").variants)) == (
        "ours@1",
        None,
        2,
    )
