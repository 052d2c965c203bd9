"""What a policy pack says about one check 检查项: its name, severity, deadlines, identity, and who ruled so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.evidence import says, whole
from schemas.vocabulary import Severity

Unit = Literal["working_day", "hour", "month"]
Scalar = bool | int | str

_UNITS: dict[str, Unit] = {
    "working day": "working_day",
    "working_day": "working_day",
    "个工作日": "working_day",
    "hour": "hour",
    "小时": "hour",
    "month": "month",
    "个月": "month",
}
_SERVER_ERRORS = range(500, 600)
ROUNDS_COUNTED: Final = 7  # a ticket remembers its latest eight runs
AMOUNT_PATTERN = rf"([0-9]+)\s*({'|'.join(_UNITS)})s?"


class PackPart(BaseModel):
    """A part of a pack: frozen; a key that is not known is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sourced(PackPart):
    """A value that somebody ruled, or nobody.

    `sure`: N = in a published notice, O = official rule seen quoted, D = our default and nobody's rule, ? = remembered.
    """

    basis: str = Field(default="", description="the official basis in words")
    sure: Literal["N", "O", "D", "?"] = "D"


class Amount(Sourced):
    """An amount of time, also written `3 working days`, `2 hours`, `3个工作日`. Hours run around the clock."""

    amount: int = Field(ge=1, le=3650)
    unit: Unit

    @model_validator(mode="before")
    @classmethod
    def _in_words(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        match = re.fullmatch(AMOUNT_PATTERN, value.strip())
        if match is None:
            msg = f"{value!r} is no amount of time such as `3 working days`, `2 hours` or `6 months`"
            raise ValueError(msg)
        return {"amount": int(match[1]), "unit": _UNITS[match[2]]}


class Line(Sourced):
    """A line other than the deadline: when a producer warns, what is a breach, what counts as good or is punished."""

    kind: Literal["good", "warning", "breach", "penalty", "veto"]
    amount: int = Field(ge=1, le=3650)
    unit: Literal["day", "working_day", "month", "round"]  # round: of a check that looks again, such as 互动回应检查

    @model_validator(mode="after")
    def _countable(self) -> Self:
        if self.unit == "round" and self.amount > ROUNDS_COUNTED:
            msg = f"at most {ROUNDS_COUNTED} rounds are counted, not {self.amount}"
            raise ValueError(msg)
        return self

    @property
    def of_ticket(self) -> bool:
        """Whether a ticket's clock is held against it; `warning` and `breach` come before there is a ticket."""
        return self.kind in ("good", "penalty", "veto")


class Deduction(Sourced):
    """Points off a score of 100 for each open problem, `cap` at most for all of the same indicator 检查指标."""

    indicator: str = Field(min_length=1)
    points: float = Field(gt=0, le=100)
    cap: float | None = Field(default=None, gt=0, le=100)


class Veto(Sourced):
    """A single problem of the check makes the asset 不合格 单项否决: at once, or once it is overdue."""

    when: Literal["always", "overdue"] = "always"


class Terms(PackPart):
    """Until when: in ordinary time, in a guarded period 重要保障期, and extended at most."""

    deadline: Amount
    guarded: Amount | None = None
    extend_to: Amount | None = None
    lines: tuple[Line, ...] = ()
    deduction: Deduction | None = None

    @cached_property
    def timed(self) -> bool:
        """Whether more than the deadline counts from the clock's start: a line, or the longest extension."""
        return self.extend_to is not None or any(line.of_ticket and line.unit != "round" for line in self.lines)


def matches(
    when: Mapping[str, Scalar | tuple[Scalar, ...]], evidence: Mapping[str, Any], asset_kind: str | None = None
) -> bool:
    """Whether the evidence has one of the wanted values in every field; `asset_kind` is no evidence but the asset's."""
    for key, wanted in when.items():
        value = asset_kind if key == "asset_kind" else evidence.get(key)
        if not (any(says(value, one) for one in wanted) if isinstance(wanted, tuple) else says(value, wanted)):
            return False
    return True


class Variant(Terms):
    """Other terms where the evidence says so, e.g. `when: {column_kind: news}`; `asset_kind` is the asset's kind."""

    when: Mapping[str, Scalar | tuple[Scalar, ...]] = Field(min_length=1)

    def matches(self, evidence: Mapping[str, Any], asset_kind: str | None) -> bool:
        """Whether the variant holds for this evidence."""
        return matches(self.when, evidence, asset_kind)


class Row(NamedTuple):
    """One row of the table of deadlines: `link.dead/home_page=true`, 1 working day, and its basis."""

    rule: str
    amount: int
    unit: Unit
    basis: str


class CheckRule(Terms):
    """One check of the catalogue. `code` is its key in the pack. The first variant that matches holds."""

    code: str = ""
    name: str = Field(min_length=1, description="中文名称")
    severity: Severity = "major"
    variants: tuple[Variant, ...] = ()
    veto: Veto | None = None
    grouped: bool = Field(
        default=True, description="problems without a named cause may share a ticket (same evidence, exploding check)"
    )
    group_by: tuple[str, ...] = Field(
        default=("target", "template"), description="evidence fields, of which the first given is the inferred cause"
    )
    discriminator: str | None = Field(
        default=None, description="evidence field that belongs to the identity, beside asset, check and locator"
    )
    transient: bool | tuple[int | Literal["5xx"], ...] = Field(
        default=False, description="may be a bad moment: always, or with these values of evidence `http_status`"
    )

    def row(self, evidence: Mapping[str, Any], asset_kind: str | None = None, *, guarded: bool = False) -> Row:
        """The row of the table that holds for this evidence."""
        if not self.variants:
            return self._rows[0][guarded]
        for variant, (plain, strict) in zip(self.variants, self._rows[1:], strict=True):
            if variant.matches(evidence, asset_kind):
                return strict if guarded else plain
        return self._rows[0][guarded]

    def terms(self, row: str) -> Terms | None:
        """The terms behind a row, by its name; None when there is no such row, or no longer."""
        return self._terms.get(row)

    @cached_property
    def in_rounds(self) -> bool:
        """Whether any of its lines counts rounds."""
        return any(line.unit == "round" for terms in (self, *self.variants) for line in terms.lines)

    def named_rows(self, variant: int) -> tuple[Row, Row]:
        """The rows (ordinary, guarded) of the n-th variant; behind the last, those of the check itself."""
        return self._rows[variant + 1 if variant < len(self.variants) else 0]

    def lines_for(self, evidence: Mapping[str, Any], asset_kind: str | None = None) -> tuple[Line, ...]:
        """The lines that hold for this evidence."""
        for variant in self.variants:
            if variant.matches(evidence, asset_kind):
                return variant.lines or self.lines
        return self.lines

    def deducted(self, evidence: Mapping[str, Any], asset_kind: str | None = None) -> Deduction | None:
        """What a problem with this evidence costs."""
        for variant in self.variants:
            if variant.matches(evidence, asset_kind):
                return variant.deduction or self.deduction
        return self.deduction

    def is_transient(self, evidence: Mapping[str, Any]) -> bool:
        """Whether a finding with this evidence needs confirmation before it opens a ticket."""
        if isinstance(self.transient, bool):
            return self.transient
        status = whole(evidence.get("http_status"))
        if status is None:
            return False
        return status in self.transient or ("5xx" in self.transient and status in _SERVER_ERRORS)

    @cached_property
    def _terms(self) -> Mapping[str, Terms]:
        owners: tuple[Terms, ...] = (self, *self.variants)
        return {row.rule: terms for rows, terms in zip(self._rows, owners, strict=True) for row in rows}

    @cached_property
    def _rows(self) -> tuple[tuple[Row, Row], ...]:
        """(ordinary, guarded) for the rule itself, then for each variant."""
        named: list[tuple[str, Terms]] = [(self.code, self)]
        named += [(f"{self.code}/{_words(variant.when)}", variant) for variant in self.variants]
        return tuple(
            (
                _row(name, terms.deadline),
                _row(f"{name}/guarded", strict)
                if (strict := terms.guarded or self.guarded)
                else _row(name, terms.deadline),
            )
            for name, terms in named
        )


def _row(name: str, amount: Amount) -> Row:
    return Row(name, amount.amount, amount.unit, amount.basis)


def _words(when: Mapping[str, Scalar | tuple[Scalar, ...]]) -> str:
    alternatives = {key: value if isinstance(value, tuple) else (value,) for key, value in when.items()}
    return ",".join(
        f"{key}={'|'.join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)}"
        for key, values in alternatives.items()
    )
