"""A mapping 映射: how a checker's report becomes findings, and what it says about its run. Data with jq expressions.

An operator writes it, a producer never: its expressions are a program. `rectify mapping check` says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import CHECKS_LIMIT, Identifier
from schemas.check_rule import PackPart

_WORDS: Final = ("check", "locator", "observed_at", "fingerprint")
FINDING_FIELDS: Final = frozenset(
    (*_WORDS, "asset_id", "level", "severity", "cause", "received_at", "due_by", "basis", "title", "detail")
)
RECHECK_FIELDS: Final = frozenset((*_WORDS, "asset_id", "ticket_id", "outcome", "request_id"))

Expression = Annotated[str, StringConstraints(min_length=1, max_length=8_192)]
"""A jq expression; of several results the first counts, none is null."""


def _compiles(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return value


Pattern = Annotated[str, StringConstraints(min_length=1, max_length=1_024), AfterValidator(_compiles)]
"""A regular expression as Python has them; upper and lower case are one."""


class CsvShape(PackPart):
    """How a CSV report is written; its first row names the columns."""

    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    comment: str | None = Field(default=None, min_length=1, description="lines that begin so are no rows")


class SheetShape(PackPart):
    """A table as people keep it, .xlsx or CSV: which headers mean what."""

    columns: dict[str, tuple[str, ...]] = Field(
        min_length=1, description="the name in the expressions: the headers that mean it"
    )
    required: tuple[str, ...] = Field(min_length=1, description="columns by which the row of headers is known")
    times: tuple[str, ...] = Field(
        default=(), description="columns whose cells are days or times, in the zone of RECTIFY_TIMEZONE"
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in (*self.required, *self.times):
            if name not in self.columns:
                raise ValueError(f"{name!r} is none of `columns`")
        return self


class ExitCodes(PackPart):
    """What the tool's exit code says; one that is not listed never makes a complete run."""

    complete: tuple[Annotated[int, Field(ge=0, le=255)], ...] = Field(min_length=1)


class RecheckShape(PackPart):
    """Rows that answer "is it still there?" instead of reporting."""

    when: Expression = Field(description="of a row: it is an answer")
    fields: dict[str, Expression] = Field(min_length=1, description="`outcome`, `check`, `locator`, ...")
    evidence: dict[str, Expression] = Field(default_factory=dict)


class Mapping(PackPart):
    """One tool's reports. What is not said is not known, and never counts as `complete`."""

    tool: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")] = Field(
        description="its name: the name of the file, without .yaml"
    )
    title: str = Field(min_length=1, max_length=200, description="what it is for, for people")
    seen: str = Field(min_length=1, max_length=200, description="which version's reports it was tried with, and how")
    command: str = Field(default="", max_length=1_000, description="how the tool is called, for people")
    notes: tuple[str, ...] = Field(default=(), description="what whoever uses it should know")

    reads: Literal["json", "jsonl", "csv", "sheet"] = Field(
        description="json: one document; jsonl: an array of all documents; csv, sheet: an array of rows as objects"
    )
    csv: CsvShape = CsvShape()
    sheet: SheetShape | None = None
    checks: tuple[Identifier, ...] = Field(
        default=(), max_length=CHECKS_LIMIT, description="what a run of it has looked for"
    )
    asset_name: Expression | None = Field(
        default=None, description="of a row: the asset's id, name, code or address, as the registry has it"
    )
    each: Expression = Field(description="of the document: the rows, one after the other")
    leave_out: dict[str, Expression] = Field(
        default_factory=dict, description="of a row: the reason why it is no finding, and when; the first one counts"
    )
    finding: dict[str, Expression] = Field(description="of a row: the fields of a finding")
    evidence: dict[str, Expression] = Field(default_factory=dict, description="of a row: the parts of its evidence")
    recheck: RecheckShape | None = None

    exit: ExitCodes | None = Field(default=None, description="without it a report never makes a run")
    crawls: bool = Field(
        default=False, description="it finds the pages itself: a complete run is of the whole asset, not of `covered`"
    )
    places: Literal["addresses", "files"] = Field(
        default="addresses", description="files: the report names files, which `rectify fetch-pages` has written"
    )
    ends: Pattern | None = Field(default=None, description="what a whole report ends with")
    finished: Pattern | None = Field(
        default=None, description="what the tool's messages must hold, or it is not complete"
    )
    counted: Pattern | None = Field(
        default=None, description="where they say how many rows the report has: the first group, a number"
    )
    interrupted: Pattern | None = Field(default=None, description="what they must not hold")
    asks_pages: bool = Field(
        default=False,
        description="the report does not say whether pages answered: `rectify produce` asks each of them itself",
    )
    down: Expression | None = Field(default=None, description="of the document: the start page did not answer")
    partial: Expression | None = Field(
        default=None, description="of the document: why the run is not complete though the tool ended well, or null"
    )
    covered: Expression | None = Field(
        default=None, description="of the document: the places it has looked at, an array"
    )
    missed: Expression | None = Field(default=None, description="of the document: places it has not, an array")
    looked_for: Expression | None = Field(
        default=None, description="of the document: the checks, an array, where the tool's user decides about them"
    )

    @model_validator(mode="after")
    def _fields(self) -> Self:
        _known("finding", self.finding, FINDING_FIELDS, "check")
        if self.recheck is not None:
            _known("recheck.fields", self.recheck.fields, RECHECK_FIELDS, "outcome")
        if (self.reads == "sheet") is not (self.sheet is not None):
            raise ValueError("`reads: sheet` and `sheet:` belong together")
        return self

    @model_validator(mode="after")
    def _run(self) -> Self:
        if self.exit is None:
            return self
        if not (self.checks or self.looked_for):
            raise ValueError("`checks` or `looked_for` is needed with `exit`: a run says what it has looked for")
        if (self.reads, None) in (("csv", self.ends), ("jsonl", self.counted)):
            raise ValueError("with `exit`, `ends` is needed for csv and `counted` for jsonl: cut off they look whole")
        if not (self.covered or self.asks_pages or self.down or self.places == "files"):
            raise ValueError("one of `covered`, `down`, `asks_pages` is needed with `exit`: did the start page answer?")
        return self


def _known(place: str, fields: Collection[str], known: AbstractSet[str], needed: str) -> None:
    for name in fields:
        if name not in known:
            raise ValueError(f"`{place}` has {name!r}; known: {', '.join(sorted(known))}")
    if needed not in fields:
        raise ValueError(f"`{place}` must have `{needed}`")
