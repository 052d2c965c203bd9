"""Mappings as operators write them: what is wrong is said, and an expression sees its report and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.mapping import Mapping
from streams.files.faults import FileError
from streams.files.mappings.evaluation import checked, evaluated
from streams.files.mappings.loading import load_mapping, mapping_files, read_mapping
from tests.support.reports import SITE, read

GOOD = """tool: own
title: 自己的
seen: own 1
reads: json
checks: [link.dead]
exit: {complete: [0]}
covered: .pages
each: .rows[]
finding: {check: '"link.dead"', locator: .page}
evidence: {url: .page, target: .target, http_status: .status}
"""


def mapping(**changed: Any) -> Mapping:
    """The small one, with other parts."""
    small = {
        "tool": "own", "title": "自己的", "seen": "own 1", "reads": "json", "each": ".[]",
        "finding": {"check": '"link.dead"', "locator": ".page"},
    }  # fmt: skip
    return Mapping.model_validate({**small, **changed})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("reads: json", "reads: yaml"), "own.yaml:4: reads: Input should be 'json', 'jsonl', 'csv' or 'sheet'"),
        (("covered: .pages", "coverd: .pages"), "own.yaml:7: coverd: unknown key; did you mean covered?"),
        (
            ("check: '\"link.dead\"'", "chek: '\"x\"'"),
            "own.yaml:1: (file): `finding` has 'chek'; known: asset_id, basis",
        ),
        (("each: .rows[]\n", ""), "own.yaml:1: each: this key is missing"),
        (("tool: own", "tool: other"), "own.yaml:1: tool: must be the file's name, 'own'"),
        (("covered: .pages\n", ""), "one of `covered`, `down`, `asks_pages` is needed with `exit`"),
        (("reads: json", "reads: csv"), "`ends` is needed for csv"),
        (("title: 自己的", "ends: '['\ntitle: x"), "own.yaml:2: ends: is no regular expression"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said_where_it_stands(line: tuple[str, str], said: str, tmp_path: Path) -> None:
    """F-2: file, line, key, and what was meant."""
    path = tmp_path / "own.yaml"
    path.write_text(GOOD.replace(*line))
    with pytest.raises(FileError) as wrong:
        read_mapping(path)
    assert said in str(wrong.value)


def test_an_own_mapping_takes_the_place_of_the_built_in_one(tmp_path: Path) -> None:
    """F-2: by its name; a name that nobody knows is answered with the nearest."""
    (tmp_path / "lychee.yaml").write_text(GOOD.replace("tool: own", "tool: lychee"))
    assert not mapping_files(tmp_path)["lychee"].builtin
    assert load_mapping("lychee", tmp_path).seen == "own 1"
    assert load_mapping("lychee").seen.startswith("lychee 0.24")
    with pytest.raises(FileError, match="did you mean lychee"):
        load_mapping("lychi", tmp_path)


def test_every_built_in_expression_is_jq() -> None:
    """All files that come with the program."""
    for name in mapping_files(None):
        checked(load_mapping(name))


def test_an_expression_that_is_no_jq_is_named() -> None:
    """By its path in the file."""
    with pytest.raises(FileError, match=r"own.yaml: mapping: finding.locator: jq: error: syntax error"):
        checked(mapping(finding={"check": '"a.b"', "locator": ".a ||"}))


def test_an_expression_sees_no_environment_and_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """F-1: neither a secret of the process nor what lies beside it."""
    monkeypatch.setenv("RECTIFY_SMTP_URL", "smtp://user:secret@host")
    (tmp_path / "secret.json").write_text('"secret"')
    seen = evaluated(mapping(finding={"check": "[env, $ENV] | tostring"}), b"[1]")
    assert seen["rows"] == [{"finding": {"check": "[{},{}]"}}]
    with pytest.raises(
        FileError, match=r"mapping: each: "
    ):  # a module that could be read would be no fault of this part
        evaluated(mapping(each=f'import "secret" as $s {{search: "{tmp_path}"}}; $s'), b"[1]")


def test_an_expression_that_never_ends_is_ended() -> None:
    """F-1: by its time on the processor."""
    with pytest.raises(FileError, match="did not come to an end"):
        evaluated(mapping(each="[range(infinite)]"), b"[1]", seconds=1)


def test_a_row_that_cannot_be_read_is_named_and_the_others_go() -> None:
    """F-5: with what is wrong; its silence then proves nothing (F-7)."""
    small = mapping(
        exit={"complete": [0]}, checks=["link.dead"], covered="[.[].page?]", leave_out={"好 · good": ".ok"},
        finding={"check": '"link.dead"', "locator": ".page", "severity": ".severity"},
    )  # fmt: skip
    report = b'[{"page": "/a"}, {"ok": true}, 7, {"page": "/b", "severity": "high"}]'
    found = read(small, report)
    assert [message["locator"] for message in found.reading.messages] == ["/a"]
    assert found.reading.left_out == {"好 · good": 1}
    assert [(row.place, row.reason[:32]) for row in found.reading.refused] == [
        ("row 3", "leave_out.好 · good: Cannot index"),
        ("row 4", "severity: Input should be 'criti"),
    ]
    assert found.run.message is not None
    assert (found.run.message["status"], found.run.message["found"]) == ("failed", 1)


@pytest.mark.parametrize(
    ("status", "target", "level"),
    [
        (403, "https://other.gov.cn/a", "warning"),
        (412, "https://other.gov.cn/a", "warning"),
        (403, f"{SITE}/a", None),
        (404, "https://other.gov.cn/a", None),
    ],
)
def test_a_host_that_refuses_programs_is_a_warning(status: int, target: str, level: str | None) -> None:
    """F-6: 403 of another host; the site's own, and what is not there, are findings."""
    small = mapping(evidence={"url": ".page", "target": ".target", "http_status": ".status"})
    report = f'[{{"page": "{SITE}/p", "target": "{target}", "status": {status}}}]'
    (message,) = read(small, report.encode()).reading.messages
    assert message.get("level") == level


def test_only_a_crawler_is_believed_about_the_whole_asset() -> None:
    """F-8: others name what they have covered; what was missed is never among it."""
    report = b'{"pages": ["/a", "/b", "/c"], "missed": ["/c"], "rows": []}'
    parts: dict[str, Any] = {
        "exit": {"complete": [0]}, "checks": ["link.dead"], "covered": ".pages", "missed": ".missed", "each": ".rows[]",
    }  # fmt: skip
    listed, crawled = (read(mapping(**parts, crawls=crawls), report).run.message for crawls in (False, True))
    assert listed is not None
    assert crawled is not None
    assert (listed["status"], listed["locators"], "missed" in listed) == ("complete", ["/a", "/b"], False)
    assert (crawled["status"], crawled["missed"], "locators" in crawled) == ("complete", ["/c"], False)


@pytest.mark.parametrize(("check", "counts"), [("text.typo", True), ("content.privacy", True), ("link.dead", False)])
def test_a_page_that_is_gone_counts_for_its_content_only(check: str, counts: bool) -> None:  # noqa: FBT001
    """F-9: and only while the start page answers (F-10)."""
    small = mapping(exit={"complete": [0]}, checks=[check], covered="[.[].page]", asks_pages=True)
    report = f'[{{"page": "{SITE}/"}}]'.encode()
    run = read(small, report).run.message
    assert run is not None
    assert (f"{SITE}/nope.html" in run["locators"]) is counts
    down = read(small, report, start=False).run
    assert down.message is not None
    assert (down.message["status"], [one["check"] for one in down.messages]) == ("failed", ["site.unreachable"])
