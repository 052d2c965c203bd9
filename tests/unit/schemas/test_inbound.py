"""Inbound messages (rule I-2): required fields, types and times, in words that name field and reason."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from schemas.command import Command
from schemas.finding import Finding
from schemas.registry import Unit
from streams.rules.intake.intake import Refusal, read_command, read_model
from tests.support.messages import COMMAND, FINDING, LIMIT, NOW, RECHECK, RUN, body, read, refused


class TestFields:
    """I-2: required fields, types and times."""

    @pytest.mark.parametrize("field", ["asset_id", "check", "observed_at"])
    def test_required(self, field: str) -> None:
        """A missing field is named."""
        value = {name: part for name, part in FINDING.items() if name != field}
        assert refused(body(value)) == Refusal("missing_field", f"{field}: Field required")

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"asset_id": 5}, "asset_id: Input should be a valid string"),
            ({"asset_id": "  "}, "asset_id: String should have at least 1 character"),
            ({"asset_id": "x" * 257}, "asset_id: String should have at most 256 characters"),
            ({"asset_id": "a\nb"}, "asset_id: must not contain line breaks or other control characters"),
            ({"check": None}, "check: Input should be a valid string"),
            ({"locator": ["a"]}, "locator: Input should be a valid string"),
            ({"locator": "x" * 2_049}, "locator: String should have at most 2048 characters"),
            ({"detail": "整" * 8_193}, "detail: String should have at most 8192 characters"),
            ({"cause": ""}, "cause: String should have at least 1 character"),
            ({"severity": "high"}, "severity: Input should be 'critical', 'major' or 'minor'"),
            ({"level": "error"}, "level: Input should be 'breach' or 'warning'"),
            ({"evidence": []}, "evidence: Input should be an object"),
            ({"evidence": None}, "evidence: Input should be an object"),
            ({"due_by": "soon"}, "due_by: Input should be a valid date"),
            ({"due_by": 1_690_000_000}, "due_by: Input should be a valid date"),
            ({"due_by": "2026-03-06T00:00:00"}, "due_by: "),
            ({"asset_id": 5, "check": 6, "locator": 7}, "asset_id: Input should be a valid string (and 2 more)"),
        ],
    )
    def test_wrong_types(self, fields: dict[str, Any], words: str) -> None:
        """The first wrong field is named with what was expected, the others are counted."""
        refusal = refused(body(FINDING, **fields))
        assert refusal.code == "invalid_field"
        assert refusal.detail.startswith(words)
        assert "function-before" not in refusal.detail

    @pytest.mark.parametrize(
        ("time", "words"),
        [
            ("2026-02-13T16:00:00", "observed_at: Input should have timezone info"),
            ("2026-02-13", "observed_at: must be an RFC 3339 time with an offset"),
            (1_690_000_000, "observed_at: must be an RFC 3339 time with an offset"),
            (1_690_000_000.5, "observed_at: must be an RFC 3339 time with an offset"),
            ("1690000000", "observed_at: must be an RFC 3339 time with an offset"),
            ("2026-02-30T16:00:00Z", "observed_at: Input should be a valid datetime"),
            ("2026-02-13T16:00:00+99:00", "observed_at: Input should be a valid datetime"),
            ("1969-12-31T23:59:59Z", "observed_at: Input should be greater than or equal to 1970"),
            ("9999-12-31T23:59:59Z", "observed_at: Input should be less than 9000"),
            (None, "observed_at: must be an RFC 3339 time with an offset"),
        ],
    )
    def test_times(self, time: object, words: str) -> None:
        """Only RFC 3339 with an offset is a time."""
        refusal = refused(body(FINDING, observed_at=time))
        assert refusal.code == "invalid_field"
        assert refusal.detail.startswith(words)

    def test_unknown_fields_are_kept(self) -> None:
        """What the schema does not know is passed on."""
        finding = read(body(FINDING, period={"from": "2021-10-01"}, extra={"a": 1}, evidence={"screens": [1, 2]}))
        assert isinstance(finding, Finding)
        assert finding.extra == {"period": {"from": "2021-10-01"}, "extra": {"a": 1}}
        assert finding.evidence == {"screens": [1, 2]}

    def test_a_list_of_half_a_million_faults(self) -> None:
        """Only the first is looked at: one bad message never delays the next."""
        value = body(RUN, checks=[1] * 300_000)
        assert refused(value) == Refusal("invalid_field", "checks.0: Input should be a valid string")

    @pytest.mark.parametrize(
        ("base", "fields", "words"),
        [
            (RUN, {"checks": []}, "value: a complete or partial run must name the `checks`"),
            (RUN, {"found": -1}, "found: Input should be greater than or equal to 0"),
            (RUN, {"found": 10**30}, "found: Input should be less than or equal to 2147483648"),
            (RUN, {"locators": ["x" * 2_049]}, "locators.0: String should have at most 2048 characters"),
            (RECHECK, {"ticket_id": None}, "value: a recheck must name `ticket_id`, or `fingerprint`, or"),
            (RECHECK, {"outcome": "gone"}, "outcome: Input should be 'absent', 'present' or 'unverifiable'"),
        ],
    )
    def test_what_each_needs(self, base: dict[str, Any], fields: dict[str, Any], words: str) -> None:
        """Runs and rechecks are as strict as findings."""
        refusal = refused(body(base, **fields))
        assert refusal.code == "invalid_field"
        assert refusal.detail.startswith(words)


class TestCommands:
    """The commands topic."""

    def test_a_command(self) -> None:
        """Unknown fields are kept here too."""
        command = read_command(body(COMMAND, client="web"), (), NOW, LIMIT)
        assert isinstance(command, Command)
        assert command.extra == {"client": "web"}

    @pytest.mark.parametrize(
        ("fields", "code", "words"),
        [
            ({"action": "delete"}, "unknown_action", "action: Input should be 'acknowledge'"),
            ({"action": 5}, "unknown_action", "action: Input should be 'acknowledge'"),
            ({"by": ""}, "invalid_field", "by: must not be blank"),
            ({"by": "  "}, "invalid_field", "by: must not be blank"),
            ({"reason": " \n"}, "invalid_field", "reason: must not be blank"),
            ({"reason": "\u200b\u3000"}, "invalid_field", "reason: must not be blank"),
            ({"action": "claim_fix", "measures": ""}, "invalid_field", "measures: must not be blank"),
            ({"ticket_id": None}, "invalid_field", "value: `acknowledge` needs `ticket_id`"),
            ({"action": "extend"}, "invalid_field", "value: `extend` needs either `due_at` or `working_days`"),
            ({"action": "accept_run"}, "invalid_field", "value: `accept_run` needs `source`, `run_id`"),
            ({"reason": "x" * 8_193}, "invalid_field", "reason: String should have at most 8192 characters"),
            ({"at": "2026-02-13T16:00:00"}, "invalid_field", "at: Input should have timezone info"),
            ({"evidence": {"n": 10**25}}, "invalid_number", "evidence.n: a number of 26 digits is beyond 64 bits"),
        ],
    )
    def test_refused(self, fields: dict[str, Any], code: str, words: str) -> None:
        """Code, field and reason."""
        answer = read_command(body(COMMAND, **fields), (), NOW, LIMIT)
        assert isinstance(answer, Refusal)
        assert answer.code == code
        assert answer.detail.startswith(words)

    def test_no_action(self) -> None:
        """A missing action is a missing field."""
        answer = read_command(b'{"asset_id": "a", "by": "b", "at": "2026-02-13T16:00:00+08:00"}', (), NOW, LIMIT)
        assert answer == Refusal("missing_field", "action: Field required")

    def test_null(self) -> None:
        """A null value is no command."""
        assert isinstance(read_command(None, (), NOW, LIMIT), Refusal)


class TestRegistryRecords:
    """Records of the registry topic."""

    UNIT: TypeAdapter[Unit] = TypeAdapter(Unit)

    def test_a_unit(self) -> None:
        """As it is published."""
        answer = read_model(self.UNIT, b'{"unit_id": "u", "name": "n", "extra_field": 1}', LIMIT)
        assert isinstance(answer, Unit)
        assert answer.extra == {"extra_field": 1}

    @pytest.mark.parametrize(
        ("value", "code", "words"),
        [
            (b'{"unit_id": "u"}', "missing_field", "name: Field required"),
            (b'{"unit_id": "u", "name": "n", "contacts": [{}]}', "missing_field", "contacts.0.name: Field required"),
            (b'{"unit_id": "u", "name": "n", "x": 1' + b"0" * 30 + b"}", "invalid_number", "x: a number of 31 digits"),
            (b'{"unit_id": "u", "name": "n", "x": [{"y": NaN}]}', "invalid_number", "x.0.y: NaN"),
            (b"x" * (LIMIT + 1), "too_large", "value: "),
        ],
    )
    def test_refused(self, value: bytes, code: str, words: str) -> None:
        """Code, field and reason."""
        answer = read_model(self.UNIT, value, LIMIT)
        assert isinstance(answer, Refusal)
        assert answer.code == code
        assert answer.detail.startswith(words)
