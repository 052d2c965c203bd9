"""CloudEvents 1.0 over Kafka (rule I-3), structured and binary."""

import json
from base64 import b64encode
from typing import Any

import pytest

from schemas.command import Command
from schemas.finding import Finding
from schemas.recheck import Recheck
from schemas.run import Run
from streams.rules.intake.cloudevents import Headers
from streams.rules.intake.intake import read_command
from tests.support.messages import COMMAND, FINDING, LIMIT, NOW, RECHECK, RUN, body, read, refused


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
            ({"data": None}, "invalid_cloudevent", "data: a CloudEvent of ours has one JSON object"),
            ({"data": None, "data_base64": 5}, "invalid_cloudevent", "data_base64: it is not text in base64"),
            ({"data": None, "data_base64": "e30"}, "invalid_cloudevent", "data_base64: it is not text in base64"),
            ({"data": None, "data_base64": "政务"}, "invalid_cloudevent", "data_base64: it is not text in base64"),
            ({"data_base64": "e30="}, "invalid_cloudevent", "data_base64: a CloudEvent has `data` or `data_base64`"),
            ({"data": None, "data_base64": "W10="}, "invalid_field", "value: a message is one JSON object"),
            ({"data": None, "data_base64": "e30="}, "missing_field", "asset_id: Field required"),
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

    @pytest.mark.parametrize(
        ("kind", "data", "model"),
        [
            ("rectify.finding.v1", FINDING, Finding),
            ("rectify.run.v1", RUN, Run),
            ("rectify.recheck.v1", RECHECK, Recheck),
        ],
    )
    @pytest.mark.parametrize(
        "headers",
        [
            STRUCTURED,
            (),
            (("content-type", b"application/json"),),
            (("Content_Type", b" Application/CloudEvents+JSON"),),
            (("traceparent", b"00-1"),),
        ],
    )
    def test_data_as_bytes_and_envelopes_that_no_header_announces(
        self, kind: str, data: dict[str, Any], model: type, headers: Headers
    ) -> None:
        """SDKs write bytes as `data_base64`, and not all of them send the content type."""
        encoded = json.loads(self.structured(None, type=kind, data_base64=b64encode(body(data)).decode()))
        del encoded["data"]
        plain = read(self.structured(data, type=kind), headers)
        assert isinstance(plain, model)
        assert read(json.dumps(encoded).encode(), headers) == plain
        assert read(body(data), [("CE-Type", kind.encode()), ("ce-specversion", b"1.0")]) == plain

    @pytest.mark.parametrize(
        ("value", "code", "words"),
        [
            ({"specversion": "1.0", "type": "com.example.x", "data": FINDING}, "unknown_type", "ce_type: 'com.example"),
            ({"specversion": "0.3", "type": "rectify.finding.v1", "data": {}}, "invalid_cloudevent", "specversion:"),
            ({"specversion": "1.0", "type": "rectify.finding.v1"}, "unknown_type", "type: 'rectify.finding.v1' is"),
            ({"specversion": "1.0", "data": FINDING}, "missing_field", "asset_id: Field required"),
        ],
    )
    def test_unannounced_and_wrong(self, value: dict[str, Any], code: str, words: str) -> None:
        """Taken for an envelope only with all three of its marks; then it is judged as one."""
        refusal = refused(json.dumps(value).encode())
        assert refusal.code == code
        assert refusal.detail.startswith(words)

    def test_a_finding_with_the_fields_of_an_envelope_is_a_finding(self) -> None:
        """Unknown fields are kept, whatever their names."""
        message = read(body(FINDING, specversion="1.0", data={"x": 1}))
        assert isinstance(message, Finding)
        assert message.extra == {"specversion": "1.0", "data": {"x": 1}}

    @pytest.mark.parametrize("kind", [b"application/cloudevents-batch+json", b"application/cloudevents+avro"])
    def test_other_formats_are_named(self, kind: bytes) -> None:
        """Kafka knows no batches, and we no Avro: the refusal says which content type came and which is expected."""
        refusal = refused(body(FINDING), [("content-type", kind)])
        assert refusal.code == "invalid_cloudevent"
        assert kind.decode() in refusal.detail

    def test_the_number_of_a_schema_before_the_json(self) -> None:
        """A schema registry's serializers put five bytes before the text."""
        mark = b"\x00\x00\x00\x00\x07"
        assert read(mark + body(FINDING)) == read(body(FINDING))
        assert read(mark + body(RUN)) == read(body(RUN))
        assert read(mark + self.structured(FINDING), self.STRUCTURED) == read(body(FINDING))
        assert read(mark + body(FINDING), self.BINARY) == read(body(FINDING))
        assert read_command(mark + body(COMMAND), (), NOW, LIMIT) == read_command(body(COMMAND), (), NOW, LIMIT)
        assert refused(mark).code == "invalid_json"
        assert refused(mark * 100_000).code == "invalid_json"

    def test_a_command_in_an_envelope(self) -> None:
        """As a finding: announced or not."""
        plain = read_command(body(COMMAND), (), NOW, LIMIT)
        assert isinstance(plain, Command)
        for headers in (self.STRUCTURED, ()):
            assert read_command(self.structured(COMMAND), headers, NOW, LIMIT) == plain
