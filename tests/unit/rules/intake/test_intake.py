"""Intake (rules I-1, I-4 to I-6): what is refused, under which code, and whether the words name field and reason."""

import json
from datetime import timedelta
from typing import Any

import pytest

from schemas.finding import Finding
from schemas.recheck import Recheck
from schemas.run import Run
from streams.rules.intake.intake import Refusal, facts_json, read_command, with_receipt
from tests.support.messages import COMMAND, FINDING, LIMIT, NOW, RECHECK, RUN, body, raw, read, refused


class TestWhatIsNoMessage:
    """I-1 and I-4: not JSON, or not JSON that everybody can read."""

    @pytest.mark.parametrize(
        ("value", "code", "words"),
        [
            (None, "null_value", "value: null"),
            (b"", "invalid_json", "value: not JSON: EOF"),
            (b"hello", "invalid_json", "value: not JSON: expected value at line 1 column 1"),
            (b'{"asset_id": "a", "check": }', "invalid_json", 'value: not JSON near "check": expected value'),
            (b'{"asset_id": "a"', "invalid_json", 'value: not JSON near "asset_id": EOF'),
            (b"\xef\xbb\xbf{}", "invalid_json", "value: not JSON: expected value at line 1 column 1"),
            (b'{"asset_id": "\xff"}', "invalid_json", 'value: not JSON near "asset_id": invalid unicode'),
            (b'{"asset_id": "\xed\xa0\x80"}', "invalid_json", 'value: not JSON near "asset_id": invalid unicode'),
            (b'{"asset_id": "\x00"}', "invalid_json", 'value: not JSON near "asset_id": control character'),
            (b"null", "invalid_field", "value: Input should be an object"),
            (b"[{}]", "invalid_field", "value: Input should be an object"),
            (b'"text"', "invalid_field", "value: Input should be an object"),
            (b"5", "invalid_field", "value: Input should be an object"),
            (raw('"title":"\\ud800"'), "invalid_json", 'value: not JSON near "title": '),
            (raw('"title":"\\udc00x"'), "invalid_json", 'value: not JSON near "title": lone leading surrogate'),
            (raw('"title":"a\\u0000b"'), "invalid_text", "title: text must not contain NUL"),
            (raw('"evidence":{"a":[{"b":"\\u0000"}]}'), "invalid_text", "evidence.a.0.b: text must not contain NUL"),
            (raw('"evidence":{"\\u0000":1}'), "invalid_text", "evidence: text must not contain NUL"),
            (raw('"evidence":{"size":NaN}'), "invalid_number", "evidence.size: NaN"),
            (raw('"evidence":{"size":[-Infinity]}'), "invalid_number", "evidence.size.0: NaN, or a number beyond"),
            (raw('"evidence":{"size":1e400}'), "invalid_number", "evidence.size: NaN, or a number beyond"),
            (raw('"x":1e400'), "invalid_number", "x: NaN, or a number beyond the range of a double"),
            (raw(f'"evidence":{{"size":{"9" * 30}}}'), "invalid_number", "evidence.size: a number of 30 digits is"),
            (raw('"x":18446744073709551616'), "invalid_number", "x: a number of 20 digits is beyond 64 bits"),
            (raw(f'"evidence":{{"size":{"9" * 1_000_000}}}'), "invalid_json", 'not JSON near "size": number out of'),
            (raw(f'"evidence":{{"deep":{"[" * 300}{"]" * 300}}}'), "invalid_json", 'near "deep": recursion limit'),
            (raw(f'"evidence":{{"deep":{"[" * 500_000}'), "invalid_json", 'near "deep": recursion limit'),
        ],
    )
    def test_is_refused(self, value: bytes | None, code: str, words: str) -> None:
        """The code is stable, and the words name the field and the reason."""
        refusal = refused(value)
        assert refusal.code == code
        assert words in refusal.detail
        assert len(refusal.detail) <= 500

    @pytest.mark.parametrize(("field", "number", "limit"), [("checks", 501, 500), ("locators", 10_001, 10_000)])
    def test_long_lists(self, field: str, number: int, limit: int) -> None:
        """What every problem of an asset is compared with has an end; exactly the limit is accepted."""
        most = body(RUN, **{field: [f"c.{one}" for one in range(limit)]})
        assert isinstance(read(most), Run)
        more = refused(body(RUN, **{field: [f"c.{one}" for one in range(number)]}))
        assert more == Refusal("invalid_field", f"{field}: {number} items; the limit is {limit}")

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"evidence": {"pad": "x" * 65_500}, "own": "y" * 100}, "evidence"),
            ({"evidence": {"pad": "字" * 22_000}}, "evidence"),
            ({"evidence": {str(number): [number] * 90 for number in range(300)}}, "evidence"),
            ({"note": "x", "attachment": "x" * 70_000}, "attachment"),
            ({f"x{number}": "x" * 1_000 for number in range(70)}, "x10"),
        ],
    )
    @pytest.mark.parametrize("base", [FINDING, RECHECK, COMMAND])
    def test_what_is_kept_beside_has_an_end(self, base: dict[str, Any], fields: dict[str, Any], field: str) -> None:
        """I-7: evidence and unknown fields, however they are made up, are 64 KiB together, in every message."""
        value = body(base, **fields)
        refusal = read_command(value, (), NOW, LIMIT) if base is COMMAND else refused(value)
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.detail.partition(":")[0]) == ("too_large", field)
        assert refusal.detail.endswith("; the limit is 65536")

    def test_the_most_that_is_kept_beside(self) -> None:
        """I-7: 64 KiB to the byte, and texts beside it, are accepted."""
        pad = "x" * (65_536 - len('{"pad":""}'))
        assert isinstance(read(body(FINDING, evidence={"pad": pad}, detail="字" * 8_192)), Finding)
        assert refused(body(FINDING, evidence={"pad": pad + "x"})).detail.startswith("evidence: 65537 bytes;")
        assert isinstance(read(body(RUN, locators=["x" * 90] * 10_000)), Run)

    def test_too_large(self) -> None:
        """5 MB are refused unread; exactly the limit is not."""
        assert refused(b"x" * 5_000_000) == Refusal("too_large", f"value: 5000000 bytes; the limit is {LIMIT}")
        exact = raw('"detail":"","evidence":{"pad":"' + "x" * 60_000 + '"}')
        assert isinstance(read(exact + b" " * (LIMIT - len(exact))), Finding)

    def test_words_that_only_look_bad(self) -> None:
        """NaN, Infinity, null and an escaped backslash before u0000 are words like others inside a text."""
        finding = read(
            raw('"title":"NaN Infinity null \\\\u0000","evidence":{"a":null,"b":1e308,"c":-9223372036854775808}')
        )
        assert isinstance(finding, Finding)
        assert finding.title == "NaN Infinity null \\u0000"
        assert json.loads(str(facts_json(finding)))["evidence"] == {"a": None, "b": 1e308, "c": -(2**63)}


class TestTime:
    """I-5: more than 10 minutes ahead of the clock."""

    @pytest.mark.parametrize(
        ("base", "field"),
        [
            (FINDING, "observed_at"),
            (FINDING, "received_at"),
            (RUN, "finished_at"),
            (RECHECK, "observed_at"),
        ],
    )
    def test_ahead(self, base: dict[str, Any], field: str) -> None:
        """Ten minutes are allowed, a second more is not."""
        limit = NOW + timedelta(minutes=10)
        assert not isinstance(read(body(base, **{field: limit.isoformat()})), Refusal)
        refusal = refused(body(base, **{field: (limit + timedelta(seconds=1)).isoformat()}))
        assert refusal.code == "time_ahead"
        assert refusal.detail.startswith(f"{field}: 2026-02-13T08:10:01+00:00 is more than 10 minutes ahead")

    def test_a_run_that_started_ahead(self) -> None:
        """`started_at` is looked at too, and cannot be later than the end."""
        ahead = (NOW + timedelta(hours=1)).isoformat()
        assert refused(body(RUN, started_at=ahead)).detail == "value: `started_at` must not be later than `finished_at`"
        assert refused(body(RUN, started_at=ahead, finished_at=ahead)).code == "time_ahead"

    def test_a_command_ahead(self) -> None:
        """`at` of a command."""
        answer = read_command(body(COMMAND, at="2026-02-13T09:00:00Z"), (), NOW, LIMIT)
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.detail[:3]) == ("time_ahead", "at:")

    def test_deadlines_may_lie_ahead(self) -> None:
        """`due_by` is no observation."""
        assert isinstance(read(body(FINDING, due_by="2026-12-31")), Finding)


class TestTypes:
    """I-6: which of the three it is."""

    @pytest.mark.parametrize(
        ("value", "kind"),
        [(FINDING, Finding), ({**FINDING, "type": "finding"}, Finding), (RUN, Run), (RECHECK, Recheck)],
    )
    def test_known(self, value: dict[str, Any], kind: type) -> None:
        """Without `type` it is a finding."""
        assert isinstance(read(body(value)), kind)

    @pytest.mark.parametrize("kind", ["ticket", "", 5, None, ["run"], {"a": 1}, "rectify.run.v1", "x" * 9_000])
    def test_unknown(self, kind: object) -> None:
        """Anything else is refused, and the words say what would do."""
        refusal = refused(body(FINDING, type=kind))
        assert refusal.code == "unknown_type"
        assert refusal.detail.startswith("type: ")
        assert refusal.detail.endswith("is not one of finding, run, recheck")

    def test_numbers_in_a_recheck(self) -> None:
        """Evidence of a recheck is published in events: the same limits hold."""
        value = body(RECHECK, evidence={"size": 10**25})
        assert refused(value) == Refusal("invalid_number", "evidence.size: a number of 26 digits is beyond 64 bits")
        assert refused(value.replace(b"1" + b"0" * 25, b"NaN")).code == "invalid_number"
        assert refused(body(RUN, note="\0")) == Refusal("invalid_text", "note: text must not contain NUL")


class TestFacts:
    """What the ledger keeps of a finding for people."""

    def test_only_what_is_there(self) -> None:
        """Absent fields take no room."""
        finding = read(body(FINDING))
        assert facts_json(finding) == '{"evidence":{}}'

    def test_the_receipt_comes_first_and_outlives_a_finding_without_one(self) -> None:
        """M-1: as it was given; the newest that says it counts; what evidence calls so is something else."""
        received = "2026-02-13T16:00:00.500000+08:00"
        with_it = str(facts_json(read(body(FINDING, received_at=received))))
        without = str(facts_json(read(body(FINDING, evidence={"received_at": "x"}, title="后来"))))
        assert with_it == f'{{"received_at":"{received}","evidence":{{}}}}'
        assert json.loads(with_receipt(without, with_it)) == {"received_at": received, **json.loads(without)}
        assert (with_receipt(with_it, without), with_receipt(without, without)) == (with_it, without)
        again = with_it.replace("16:00", "17:00")
        assert with_receipt(again, with_it) == again

    def test_all(self) -> None:
        """Texts, evidence, producer and unknown fields; nothing that the ledger keeps elsewhere."""
        finding = read(
            body(
                FINDING,
                title="死链",
                detail="打不开",
                source="c",
                run_id="r",
                evidence={"a": 1},
                severity="minor",
                period=2,
            )
        )
        assert json.loads(str(facts_json(finding))) == {
            "evidence": {"a": 1},
            "title": "死链",
            "detail": "打不开",
            "source": "c",
            "run_id": "r",
            "extra": {"period": 2},
        }
