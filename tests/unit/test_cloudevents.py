"""CloudEvents 1.0 over Kafka (rule I-3), structured and binary."""

import json
from typing import Any

import pytest

from schemas.finding import Finding
from schemas.recheck import Recheck
from schemas.run import Run
from streams.rules.cloudevents import Headers
from tests.support.messages import FINDING, RECHECK, RUN, body, read, refused


class TestCloudEvents:
    """I-3."""

    BINARY: Headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", b"1"),
        ("ce_source", b"/checker"),
        ("ce_type", b"rectify.finding.v1"),
        ("content-type", b"application/json"),
    )
    STRUCTURED: Headers = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)

    def binary(self, kind: str, **headers: bytes) -> Headers:
        """Return the headers of an event of this type."""
        return list({**dict(self.BINARY), "ce_type": kind.encode(), **headers}.items())

    def structured(self, data: object, /, **fields: Any) -> bytes:
        """Return an envelope."""
        envelope = {"specversion": "1.0", "id": "1", "source": "/checker", "type": "rectify.finding.v1"}
        return json.dumps({**envelope, "data": data, **fields}).encode()

    @pytest.mark.parametrize(
        ("kind", "data", "model"),
        [
            ("rectify.finding.v1", FINDING, Finding),
            ("rectify.run.v1", RUN, Run),
            ("rectify.run.v1", {name: part for name, part in RUN.items() if name != "type"}, Run),
            ("rectify.recheck.v1", RECHECK, Recheck),
        ],
    )
    def test_both_modes(self, kind: str, data: dict[str, Any], model: type) -> None:
        """The envelope says what it is; the data may leave `type` out."""
        binary = read(body(data), self.binary(kind))
        structured = read(self.structured(data, type=kind), self.STRUCTURED)
        assert isinstance(binary, model)
        assert structured == binary

    def test_unknown_fields_and_large_numbers_survive_the_envelope(self) -> None:
        """Nothing is lost or rounded on the way out of an envelope; what is too large is still refused."""
        data = {**FINDING, "n": 2**64 - 1, "evidence": {"x": 0.1}}
        for message in (
            read(body(data), self.binary("rectify.finding.v1")),
            read(self.structured(data), self.STRUCTURED),
        ):
            assert isinstance(message, Finding)
            assert message.extra == {"n": 2**64 - 1}
            assert message.evidence == {"x": 0.1}
        assert refused(self.structured({**data, "n": 10**30}), self.STRUCTURED).detail.startswith("n: a number of 31")
        nan = self.structured(FINDING).replace(b'"check"', b'"n": NaN, "check"')
        assert refused(nan, self.STRUCTURED).code == "invalid_number"

    @pytest.mark.parametrize(
        ("fields", "code", "words"),
        [
            ({"type": "rectify.ticket.v1"}, "unknown_type", "ce_type: 'rectify.ticket.v1' is not one of rectify.find"),
            ({"type": 5}, "invalid_cloudevent", "type: a CloudEvent needs one of rectify.finding.v1"),
            ({"specversion": "0.3"}, "invalid_cloudevent", "specversion: '0.3'; CloudEvents 1.0 is expected"),
            ({"data": "text"}, "invalid_cloudevent", "data: a CloudEvent of ours has one JSON object"),
            ({"data": [FINDING]}, "invalid_cloudevent", "data: a CloudEvent of ours has one JSON object"),
            ({"data": {"asset_id": "a"}}, "missing_field", "check: Field required"),
        ],
    )
    def test_wrong_structured(self, fields: dict[str, Any], code: str, words: str) -> None:
        """Code, field and reason."""
        refusal = refused(self.structured(FINDING, **fields), self.STRUCTURED)
        assert refusal.code == code
        assert refusal.detail.startswith(words)

    @pytest.mark.parametrize("value", [b"", b"{", b"[" * 900 + b"]" * 900, b'{"type": "\\ud800"}'])
    def test_structured_that_is_not_json(self, value: bytes) -> None:
        """An envelope is no less strict than a message."""
        assert refused(value, self.STRUCTURED).code == "invalid_json"

    @pytest.mark.parametrize(
        ("headers", "code", "words"),
        [
            ({"ce_type": b"com.example.x"}, "unknown_type", "ce_type: 'com.example.x' is not one of rectify.finding"),
            ({"ce_type": b"finding"}, "unknown_type", "ce_type: 'finding' is not one of"),
            ({"ce_type": b"\xff"}, "unknown_type", "ce_type: "),
            ({"ce_specversion": b"0.3"}, "invalid_cloudevent", "ce_specversion: '0.3'; CloudEvents 1.0 is expected"),
        ],
    )
    def test_wrong_binary(self, headers: dict[str, bytes], code: str, words: str) -> None:
        """Code, field and reason."""
        refusal = refused(body(FINDING), self.binary("rectify.finding.v1", **headers))
        assert refusal.code == code
        assert refusal.detail.startswith(words)

    def test_other_headers(self) -> None:
        """Headers of tracing and the like do not matter, nor does one without a value."""
        headers: Any = [("traceparent", b"00-1"), ("empty", None), ("content-type", b"application/json")]
        assert isinstance(read(body(FINDING), headers), Finding)
