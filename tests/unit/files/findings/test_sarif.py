"""SARIF logs become findings."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.files.faults import FileError
from streams.files.findings.files import FileMessage
from streams.files.findings.sarif import SarifLog

NOW = datetime(2026, 2, 13, 8, tzinfo=UTC)
SAMPLES = Path(__file__).parents[3] / "samples" / "sarif"
SITE = "https://www.example.gov.cn"
PAGE = f"{SITE}/a"
ENDED = {"executionSuccessful": True, "startTimeUtc": "2026-02-12T00:00:00Z", "endTimeUtc": "2026-02-12T01:00:00Z"}
Document = dict[str, Any]


def _log(
    *results: Any, rules: Any = ({"id": "footer.missing"},), driver: Document | None = None, **run: Any
) -> Document:
    tool = {"driver": {"name": "pa11y", "rules": list(rules), **(driver or {})}, **run.pop("tool", {})}
    return {"version": "2.1.0", "runs": [{"tool": tool, "results": list(results), **run}]}


def _entries(log: Any) -> tuple[SarifLog, list[FileMessage]]:
    content = log if isinstance(log, bytes) else orjson.dumps(log)
    read = SarifLog.read(BytesIO(content), "www", NOW)
    return read, list(read.entries())


def _findings(*results: Any, **run: Any) -> list[Document]:
    _, entries = _entries(_log(*results, **run))
    assert not [entry for entry in entries if entry.fault]
    documents = [orjson.loads(entry.value) for entry in entries]
    return [document for document in documents if document.get("type") != "run"]


def _run(*results: Any, **run: Any) -> Document | None:
    _, entries = _entries(_log(*results, **run))
    documents = [orjson.loads(entry.value) for entry in entries if not entry.fault]
    return next((document for document in documents if document.get("type") == "run"), None)


def _at(uri: str = PAGE, line: int | None = None, snippet: str | None = None) -> Document:
    region: Document = {} if line is None else {"startLine": line}
    if snippet is not None:
        region["snippet"] = {"text": snippet}
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, **({"region": region} if region else {})}}


def _result(text: str = "x", *locations: Document, **more: Any) -> Document:
    return {"ruleId": "link.dead", "message": {"text": text}, "locations": list(locations), **more}


def test_a_result_is_a_finding() -> None:
    """Rule, place, message and level have their fields, the line is evidence; the run gives source, id and time."""
    result = _result("打不开", _at(line=12, snippet="<a>"), level="error")
    (found,) = _findings(result, automationDetails={"id": "r-7"}, invocations=[ENDED])

    assert found.pop("fingerprint").startswith("sarif-")
    assert found == {
        "asset_id": "www",
        "check": "link.dead",
        "observed_at": "2026-02-12T01:00:00+00:00",
        "locator": PAGE,
        "source": "pa11y",
        "run_id": "r-7",
        "severity": "critical",
        "detail": "打不开",
        "evidence": {"line": 12, "snippet": "<a>"},
    }


def test_defaults_of_the_standard() -> None:
    """Without a level anywhere it is a warning; a rule may be named by its index; without a time it is now."""
    (found,) = _findings({"ruleIndex": 0, "message": {"text": "x"}})

    assert found["check"] == "footer.missing"
    assert found["severity"] == "major"
    assert found["observed_at"] == NOW.isoformat()
    assert found["locator"] == ""
    assert "fingerprint" not in found


def test_what_is_no_failure_is_left_out_and_counted() -> None:
    """Passed, undecided, informational, accepted suppressions, vanished results: each with its reason."""
    kinds = ("pass", "notApplicable", "open", "review", "informational", "informational")
    log, entries = _entries(
        _log(
            *({"ruleId": "a.b", "message": {"text": "x"}, "kind": kind} for kind in kinds),
            _result(suppressions=[{"kind": "external"}]),
            _result(suppressions=[{"kind": "inSource", "status": "accepted"}, {"kind": "external"}]),
            _result(baselineState="absent"),
        )
    )
    assert not entries
    assert log.left_out == {
        "pass": 1, "notapplicable": 1, "open": 1, "review": 1, "informational": 2, "suppressed": 2, "absent": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "suppressions",
    [
        [],
        None,
        [{"kind": "external", "status": "rejected"}],
        [{"kind": "external", "status": "underReview"}],
        [{"kind": "external", "status": "accepted"}, {"kind": "external", "status": "rejected"}],
        [{"kind": "external", "status": "whatever"}],
    ],
)
def test_only_an_accepted_suppression_silences(suppressions: Any) -> None:
    """One that is rejected, under review or unknown does not (3.27.23, 3.35.3)."""
    assert len(_findings(_result(suppressions=suppressions))) == 1


@pytest.mark.parametrize(
    ("result", "run"),
    [
        ({"ruleId": "r"}, {"rules": [{"id": "r", "defaultConfiguration": {"level": "error"}}]}),
        ({"ruleIndex": 1}, {"rules": [{"id": "q"}, {"id": "r", "defaultConfiguration": {"level": "error"}}]}),
        ({"rule": {"index": 0}}, {"rules": [{"id": "r", "defaultConfiguration": {"level": "error"}}]}),
        (
            {"rule": {"guid": "A-1"}},
            {"rules": [{"id": "r", "guid": "a-1", "defaultConfiguration": {"level": "error"}}]},
        ),
        ({"ruleId": "r/2/b"}, {"rules": [{"id": "r", "defaultConfiguration": {"level": "error"}}]}),
        (
            {"rule": {"id": "r", "toolComponent": {"index": 0}}},
            {
                "tool": {
                    "extensions": [{"name": "e", "rules": [{"id": "r", "defaultConfiguration": {"level": "error"}}]}]
                }
            },
        ),
        (
            {"rule": {"index": 0, "toolComponent": {"name": "e"}}},
            {
                "tool": {
                    "extensions": [{"name": "e", "rules": [{"id": "r", "defaultConfiguration": {"level": "error"}}]}]
                }
            },
        ),
        (
            {"ruleId": "r"},
            {
                "tool": {
                    "extensions": [{"name": "e", "rules": [{"id": "r", "defaultConfiguration": {"level": "error"}}]}]
                }
            },
        ),
        (
            {"ruleId": "r"},
            {
                "rules": [{"id": "r", "defaultConfiguration": {"level": "note"}}],
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "ruleConfigurationOverrides": [
                            {"descriptor": {"index": 0}, "configuration": {"level": "error"}}
                        ],
                    }
                ],
            },
        ),
        (
            {"ruleId": "r", "provenance": {"invocationIndex": 1}},
            {
                "rules": [{"id": "r"}],
                "invocations": [
                    {"executionSuccessful": True},
                    {"ruleConfigurationOverrides": [{"descriptor": {"id": "r"}, "configuration": {"level": "error"}}]},
                ],
            },
        ),
        ({"ruleId": "r", "level": "Error"}, {"rules": [{"id": "r", "defaultConfiguration": {"level": "note"}}]}),
    ],
)
def test_the_level_is_looked_up_where_the_standard_keeps_it(result: Document, run: Document) -> None:
    """In the result, the invocation's overrides, the rule, of the driver or an extension (3.27.10)."""
    (found,) = _findings({"message": {"text": "x"}, **result}, **run)
    assert found["severity"] == "critical"
    assert found["check"].startswith("r")


@pytest.mark.parametrize(
    ("message", "run", "text"),
    [
        ({"id": "d", "arguments": ["a", "{1}"]}, {}, "broken: a {1}"),
        ({"id": "g"}, {"driver": {"globalMessageStrings": {"g": {"text": "for all"}}}}, "for all"),
        ({"markdown": "**x**"}, {}, "**x**"),
        ({"text": "see [here](0) and \\[there\\]"}, {}, "see here and [there]"),
        ({"text": "{0} of {1}, {{2}}", "arguments": ["1"]}, {}, "1 of {1}, {2}"),
        ({"text": "{0} as it stands"}, {}, "{0} as it stands"),
        ({"id": "lost"}, {}, "short"),
        ({}, {}, "short"),
    ],
)
def test_the_text_is_looked_up_where_the_standard_keeps_it(message: Document, run: Document, text: str) -> None:
    """By its id in the rule's or the tool's strings, with its arguments; links within the log are only words (3.11)."""
    rule = {
        "id": "link.dead",
        "messageStrings": {"d": {"text": "broken: {0} {1}"}},
        "shortDescription": {"text": "short"},
    }
    (found,) = _findings({"ruleId": "link.dead", "message": message}, rules=[rule], **run)
    assert found["detail"] == text


BASES = {
    "SITE": {"uri": "https://www.example.gov.cn/"},
    "NEWS": {"uri": "news/", "uriBaseId": "SITE"},
    "SRC": {"uri": "file:///home/ci/build-17/"},
    "LOOP": {"uri": "x/", "uriBaseId": "LOOP"},
}


@pytest.mark.parametrize(
    ("location", "locator"),
    [
        ({"physicalLocation": {"artifactLocation": {"index": 0}}}, PAGE),
        ({"physicalLocation": {"artifactLocation": {"index": 2}}}, "docs.zip!/b.html"),
        ({"physicalLocation": {"artifactLocation": {"uri": "a.html", "uriBaseId": "NEWS"}}}, f"{SITE}/news/a.html"),
        ({"physicalLocation": {"artifactLocation": {"uri": "README.md", "uriBaseId": "SRC"}}}, "SRC/README.md"),
        ({"physicalLocation": {"artifactLocation": {"uri": "README.md", "uriBaseId": "OTHER"}}}, "OTHER/README.md"),
        ({"physicalLocation": {"artifactLocation": {"uri": "a", "uriBaseId": "LOOP"}}}, "LOOP/a"),
        ({"physicalLocation": {"address": {"index": 0}}}, "0x10"),
        ({"logicalLocations": [{"fullyQualifiedName": "body > a"}]}, "body > a"),
        ({"logicalLocations": [{"index": 1}]}, "ns.f"),
        ({}, f"{SITE}/target"),
    ],
)  # fmt: skip
def test_a_place_is_looked_up_where_the_standard_keeps_it(location: Document, locator: str) -> None:
    """By index, by base (a folder by its name, for it differs by machine), inside another, by a logical name."""
    run = {
        "artifacts": [{"location": {"uri": PAGE}},
            {"location": {"uri": "docs.zip"}},
            {"location": {"uri": "/b.html"}, "parentIndex": 1},
        ],
        "originalUriBaseIds": BASES,
        "addresses": [{"absoluteAddress": 16}],
        "logicalLocations": [{"name": "ns"}, {"name": "f", "parentIndex": 0}],
    }  # fmt: skip
    (found,) = _findings(_result("x", location, analysisTarget={"uri": f"{SITE}/target"}), **run)
    assert found["locator"] == locator


def test_what_was_answered_is_evidence() -> None:
    """The address that was asked is the place, and its status tells a bad moment from a dead link."""
    request: Document = {"webRequest": {"index": 0}, "webResponse": {"statusCode": 503}}
    (found,) = _findings(_result(**request), webRequests=[{"target": PAGE}])
    assert (found["locator"], found["evidence"]["http_status"]) == (PAGE, 503)


def _prints(*results: Document, **run: Any) -> list[Any]:
    return [found.get("fingerprint", found["locator"]) for found in _findings(*results, **run)]


def test_a_line_that_moves_is_the_same_problem() -> None:
    """By the tool's fingerprints, by what stands there, by the message: never by the line."""
    for more in (
        {"fingerprints": {"f/v1": "a"}},
        {"partialFingerprints": {"h/v1": "a"}},
        {"correlationGuid": "A-1"},
        {},
    ):
        for words in ("<a href>", None):
            monday = _prints(_result("see line 10", _at(line=10, snippet=words), **more))
            assert monday == _prints(_result("see line 11", _at(line=11, snippet=words), **more)), (more, words)


def test_fingerprints_do_not_depend_on_order_or_on_a_newer_version_beside() -> None:
    """Names in any order; v1 counts as long as it is there; another value, tool, rule or place of a part is another."""
    both = {"a/v1": "1", "b/v1": "2"}
    for field in ("fingerprints", "partialFingerprints"):
        (one,) = _prints(_result("x", _at(), **{field: both}))
        same = [dict(reversed(both.items())), {**both, "a/v2": "9"}]
        assert [_prints(_result("y", _at(), **{field: prints})) for prints in same] == [[one], [one]]
        assert _prints(_result("x", _at(), **{field: {**both, "b/v1": "3"}})) != [one]
        assert _prints(_result("x", _at(), **{field: both}, ruleId="link.wrong")) != [one]
        assert _prints(_result("x", _at(), **{field: both}), driver={"name": "other"}) != [one]
        moved = _prints(_result("x", _at(f"{PAGE}/b"), **{field: both}))
        assert (moved == [one]) is (field == "fingerprints")
    assert _prints(_result("x", _at(), fingerprints={"n": {"value": "a"}}))[0].startswith("sarif-")


def test_what_the_tool_calls_the_same_is_one_finding_that_counts_its_places() -> None:
    """Two results with the same fingerprints; a result at several places."""
    log, entries = _entries(
        _log(*(_result(f"at {line}", _at(line=line), fingerprints={"f": "a"}) for line in (10, 20, 30)))
    )
    (found,) = [orjson.loads(entry.value) for entry in entries]
    assert found["evidence"] == {"line": 10, "lines": [10, 20, 30], "places": 3}
    assert found["detail"] == "at 10\nat 20\nat 30"
    assert log.repeated == 2
    (found,) = _findings(_result("x", _at(line=1), _at(f"{PAGE}/b", line=2)))
    assert found["evidence"] == {"line": 1, "places": 2, "locations": [f"{PAGE}/b:2"]}


def test_two_results_that_look_the_same_are_two_problems() -> None:
    """Two lines, two messages of one page, two without a place: told apart by their order, not their lines."""
    for results in (
        [_result("same", _at(line=10)), _result("same", _at(line=20))],
        [_result(text, _at(line=20), partialFingerprints={"h": "a"}) for text in ("same", "x")],
        [_result("broken: a", _at()), _result("broken: b", _at())],
        [_result("broken: a"), _result("broken: b")],
    ):  # fmt: skip
        prints = _prints(*results)
        assert len(set(prints)) == 2
        assert sorted(_prints(*reversed(results))) == sorted(prints)
    one = _findings(_result("broken: a", _at()))[0]
    assert "fingerprint" not in one
    assert one["evidence"]["content_hash"] != _findings(_result("broken: b", _at()))[0]["evidence"]["content_hash"]


def test_one_odd_result_costs_nothing_else_and_is_named_by_its_path() -> None:
    """A number among the results, a run that is none; a result without a rule is one of its tool."""
    good = _result("x", _at())
    log = _log(good, 7, {"message": {"text": "y"}}, _result("z", _at(f"{PAGE}/z")))
    log["runs"] += [None, {"results": 3}, {"results": [{"message": {"text": "n"}}]}, _log(good)["runs"][0]]
    read, entries = _entries(log)
    assert [(entry.place, bool(entry.fault)) for entry in entries] == [
        ("runs[0].results[1]", True),
        ("runs[0].results[0]", False),
        ("runs[0].results[2]", False),
        ("runs[0].results[3]", False),
        ("runs[1]", True),
        ("runs[2]", True),
        ("runs[3].results[0]", True),
        ("runs[4].results[0]", False),
    ]
    assert orjson.loads(entries[2].value)["check"] == "pa11y"
    assert read.without_rule == 2
    assert "ruleId" in entries[6].fault


@pytest.mark.parametrize(
    ("log", "count"),
    [
        ({"version": "2.1.0", "runs": None}, 0),
        ({"version": "2.1.0", "runs": []}, 0),
        ({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": None}]}, 0),
        (b"\xef\xbb\xbf" + orjson.dumps(_log(_result())), 1),
        (orjson.dumps(_log(_result())).decode().encode("utf-16"), 1),
        (orjson.dumps(_log(_result())).decode().encode("utf-16-le"), 1),
        (orjson.dumps(_log(_result())).decode().encode("utf-16-be"), 1),
    ],
)
def test_files_as_tools_write_them(log: Any, count: int) -> None:
    """No runs, no results, a mark at the beginning, UTF-16."""
    _, entries = _entries(log)
    assert [entry.fault for entry in entries] == [""] * count


@pytest.mark.parametrize("text", [b"{", b"[]", b"{}", b'{"runs":3}', b'{"version":"2.0.0","runs":[]}'])
def test_anything_else_is_no_sarif(text: bytes) -> None:
    """A file of another kind ends in one sentence."""
    with pytest.raises(FileError, match="not a SARIF"):
        _entries(text)


def test_results_in_other_files_are_told_and_inline_ones_read() -> None:
    """`externalPropertyFileReferences` and `inlineExternalProperties`."""
    reference = {"externalPropertyFileReferences": {"results": [{"location": {"uri": "part-2.sarif"}}]}}
    log = _log(
        _result(),
        **reference,
        invocations=[ENDED],
        artifacts=[{"location": {"uri": PAGE}, "roles": ["analysisTarget"]}],
    )
    _, entries = _entries(log)
    assert "part-2.sarif" in entries[0].fault
    assert orjson.loads(entries[-1].value)["status"] == "partial"
    log = _log(automationDetails={"guid": "g-1"})
    del log["runs"][0]["results"]
    log["inlineExternalProperties"] = [{"runGuid": "g-1", "results": [_result()]}]
    assert len(_entries(log)[1]) == 1


TARGET = {"location": {"uri": PAGE}, "roles": ["analysisTarget"]}


def test_a_run_that_says_that_it_succeeded_and_where_it_looked_is_complete() -> None:
    """It covers those places and the rules that were not switched off, and counts its findings."""
    rules = [{"id": "a"}, {"id": "b", "defaultConfiguration": {"enabled": False}}, {"id": "link.dead"}]
    run = _run(
        _result("x", _at()),
        _result("y", _at()),
        rules=rules,
        invocations=[ENDED],
        artifacts=[TARGET, {"location": {"uri": "x.css"}}],
    )
    assert run is not None
    assert run.pop("run_id").startswith("sarif-")
    assert run == {
        "type": "run",
        "asset_id": "www",
        "source": "pa11y",
        "status": "complete",
        "started_at": "2026-02-12T00:00:00+00:00",
        "finished_at": "2026-02-12T01:00:00+00:00",
        "checks": ["a", "link.dead"],
        "locators": [PAGE],
        "found": 2,
    }


@pytest.mark.parametrize(
    ("call", "run", "status"),
    [
        ({"executionSuccessful": False}, {}, "failed"),
        ({"exitSignalName": "SIGKILL"}, {}, "failed"),
        ({}, {"results": None}, "failed"),
        ({"executionSuccessful": None}, {}, "partial"),
        ({"toolExecutionNotifications": [{"level": "error", "message": {"text": "x"}}]}, {}, "partial"),
        ({"toolConfigurationNotifications": [{"level": "error", "message": {"text": "x"}}]}, {}, "partial"),
        ({"toolExecutionNotifications": [{"message": {"text": "only a warning"}}]}, {}, "complete"),
        ({}, {"artifacts": []}, "partial"),
        ({}, {"results": [7]}, "partial"),
    ],
)
def test_a_run_proves_no_more_than_the_log_says(call: Document, run: Document, status: str) -> None:
    """Failed, with errors, without results or without the places that it looked at: nothing closes by its silence."""
    found = _run(invocations=[{**ENDED, **call}], **{"artifacts": [TARGET], **run})
    assert found is not None
    assert found["status"] == status
    assert ("locators" in found) is (status == "complete")


def test_without_invocations_there_is_no_run_and_it_says_so() -> None:
    """The id of the findings' run is the log's own, or made from the file; a category alone is no id."""
    log, entries = _entries(_log(_result(), automationDetails={"id": "nightly/"}))
    assert [orjson.loads(entry.value).get("type") for entry in entries] == [None]
    assert "no run is published" in log.runs[0]
    ids = {
        orjson.loads(_entries(_log(_result(text), automationDetails={"id": "nightly/"}))[1][0].value)["run_id"]
        for text in "ab"
    }
    assert len(ids) == 2
    assert all(one.startswith("nightly/sarif-") for one in ids)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("suppression-rejected", [("link.dead", "https://kjj.example/a.html", "major", "x")]),
        ("level-from-rule", [("link.dead", "https://kjj.example/a.html", "critical", "x")]),
        ("message-by-id", [("link.dead", "https://kjj.example/a.html", "major", "broken: a.html")]),
        ("bom", [("link.dead", "https://kjj.example/a.html", "major", "x")]),
        ("runs-null", []),
        (
            "place-by-index",
            [("link.dead", f"https://kjj.example/{page}.html", "major", "x") for page in "ab"],
        ),
        ("logical-place-only", [("link.dead", f"body > a:nth-child({n})", "major", "x") for n in (1, 2)]),
        (
            "one-result-without-rule",
            [(check, "https://kjj.example/a.html", "major", "x") for check in ("t", "link.dead")],
        ),
    ],
)
def test_files_of_strangers(name: str, seen: list[tuple[str, ...]]) -> None:
    """Smallest logs of things that were once lost."""
    _, entries = _entries((SAMPLES / f"{name}.sarif").read_bytes())
    found = [orjson.loads(entry.value) for entry in entries]
    assert [(one["check"], one["locator"], one["severity"], one["detail"]) for one in found] == seen


def test_the_line_that_moved_between_two_days() -> None:
    """Monday's and Tuesday's log have one problem."""
    days = [_entries((SAMPLES / f"line-moved-{day}.sarif").read_bytes())[1] for day in ("monday", "tuesday")]
    monday, tuesday = (orjson.loads(entries[0].value) for entries in days)
    assert (monday["fingerprint"], monday["locator"]) == (tuesday["fingerprint"], tuesday["locator"])
    assert (monday["evidence"]["line"], tuesday["evidence"]["line"]) == (10, 11)
