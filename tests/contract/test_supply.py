"""What is shipped is known: licences, vulnerabilities, versions, base images, what somebody reads before an upgrade."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.licences import faults
from scripts.lock_report import changes
from scripts.notes import notes
from scripts.vulnerabilities import verdict

ROOT = Path(__file__).parents[2]
DIGEST = "sha256:" + "5e" * 32


@pytest.mark.parametrize(
    ("licenses", "refused"),
    [
        ([{"license": {"id": "MIT"}}], []),
        ([{"expression": "MPL-2.0 AND (Apache-2.0 OR MIT)"}], []),
        ([{"license": {"name": "License :: OSI Approved"}}, {"license": {"id": "ISC"}}], []),
        ([{"license": {"id": "AGPL-3.0-only"}}], ["AGPL-3.0-only"]),
        ([{"expression": "MIT AND SSPL-1.0"}], ["SSPL-1.0"]),
        ([{"license": {"id": "MIT"}}, {"license": {"name": "Ask us"}}], ["Ask us"]),
        ([{"license": {"name": "License :: OSI Approved"}}], ["no licence is named"]),
        ([], ["no licence is named"]),
    ],
)
def test_a_licence_that_nobody_has_looked_at_is_not_shipped(licenses: list[Any], refused: list[str]) -> None:
    """Every licence that a package names is on the list; one that names none is not shipped, either."""
    assert faults({"name": "somebody's", "licenses": licenses}) == refused


KNOWN = {"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
CLEAN = {"name": "b", "version": "2", "vulns": []}
NOT_THERE = {"name": "c", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("report", "says", "code"),
    [
        ({"dependencies": [CLEAN, NOT_THERE]}, "1 个包，1 个查不到", 0),
        ({"dependencies": [KNOWN, CLEAN]}, "a 1: PYSEC-1, fixed in 1.1", 1),
        ({"dependencies": [NOT_THERE]}, "未能核对", 0),
        ({"dependencies": []}, "未能核对", 0),
        (None, "未能核对 · the database of vulnerabilities could not be asked: no route", 0),
    ],
)
def test_a_database_that_does_not_answer_is_no_all_clear(report: dict[str, Any] | None, says: str, code: int) -> None:
    """What was found fails; what could not be looked up is said."""
    text, failed = verdict(report, "Traceback\nno route\n", 1)
    assert says in text
    assert failed == code


def test_a_new_lock_says_what_changed() -> None:
    """New, gone, newer, and a first number that rises, which somebody reads about."""
    before = "a==1.0 \\\n    --hash=sha256:0\nb==1.2\nc==1\ne==5\n"
    assert changes(before, "a==1.1\nb==2.0\nd==3\ne==5\n") == ["  a 1.0 -> 1.1", "! b 1.2 -> 2.0", "- c 1", "+ d 3"]


def test_release_notes_begin_with_what_others_see() -> None:
    """Of the newest heading alone; nothing of it is lost."""
    newest = "## [Unreleased]\n\n### Changed\n\n- Small.\n- **[CHANGE]** A topic.\n\n### Added\n\n- A page.\n\n"
    told = notes(f"# Changelog\n\n{newest}## [0.1.0]\n\n- Old.\n", "0.2.0")
    assert re.findall(r"^- .*", told, re.MULTILINE) == ["- A topic.", "- Small.", "- A page."]
    assert told.startswith("# Rectify 整改闭环 0.2.0\n")


@pytest.mark.parametrize(
    ("docker", "line"),
    [
        (f"echo {DIGEST}", f"postgres:17@{DIGEST}"),
        ("echo unauthorized >&2; exit 1", "postgres:17  # its registry could not be asked: unauthorized"),
        ("echo sha256:5e", "postgres:17  # its registry could not be asked: sha256:5e"),
    ],
)
def test_a_digest_is_the_registrys_or_is_not_there(tmp_path: Path, docker: str, line: str) -> None:
    """Every image that is named stands in the list; what the registry does not say is not made up."""
    (tmp_path / "docker").write_text(f"#!/bin/sh\n{docker}\n")
    (tmp_path / "docker").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    told = subprocess.run([ROOT / "scripts" / "images.sh"], env=environment, capture_output=True, check=True, text=True)
    lines = told.stdout.splitlines()
    assert line in lines
    assert {re.split("[:@]", entry)[0] for entry in lines} == {"apache/kafka", "axllent/mailpit", "postgres", "python"}


def test_hooks_before_a_commit_do_what_make_lint_does() -> None:
    """The same commands, in the same order."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = makefile.partition("\nlint: tools\n")[2].partition("\n\n")[0]
    code = re.findall(r"^CODE := (.*)", makefile, re.MULTILINE)[0]
    linted = [line.strip().replace("$(BIN)", ".venv/bin").replace("$(CODE)", code) for line in recipe.splitlines()]
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [hook["entry"] for hook in local["hooks"]] == linted
