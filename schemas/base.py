"""What every message has in common: frozen models, aware times, bounded texts, unknown fields kept.

Strict about times and required fields, tolerant of fields that are not known (contract, "Rules for every message").

O-11  A message of an earlier version is accepted: fields are only added, each with a default, no value is taken away.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

TEXT_LIMIT = 8_192  # characters
LOCATOR_LIMIT = 2_048  # characters
NAME_LIMIT = 200  # characters
ID_LIMIT = 256  # characters
CHECKS_LIMIT = 500  # checks in a message
PLACES_LIMIT = 10_000  # places in a message


class Model(BaseModel):
    """A message or a part of one: frozen; fields that are not known are kept and passed on."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    @property
    def extra(self) -> dict[str, Any]:
        """The fields that the schema does not know, as they came."""
        return self.__pydantic_extra__ or {}


def _one_line(value: str) -> str:
    if not value.isprintable():
        msg = "must not contain line breaks or other control characters"
        raise ValueError(msg)
    return value


def _filled(value: str) -> str:
    if not any(char.isprintable() and not char.isspace() for char in value):
        msg = "must not be blank"
        raise ValueError(msg)
    return value


def _rfc3339(value: object) -> object:
    # pydantic also reads 1690000000 and "1690000000" as times; the contract knows RFC 3339 alone.
    if isinstance(value, str):
        if value[4:5] == "-" and value[10:11] in ("T", "t", " "):
            return value
    elif isinstance(value, datetime):
        return value
    msg = "must be an RFC 3339 time with an offset, such as 2026-02-13T16:00:00+08:00"
    raise ValueError(msg)


EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # every zone shift and every deadline still fits behind it

Instant = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST), BeforeValidator(_rfc3339)]
"""A moment: RFC 3339 with an offset; without an offset, or as a number, it is refused."""

Day = Annotated[date, Field(strict=True, ge=EARLIEST.date(), lt=LATEST.date())]
"""A calendar day, such as 2026-03-06, in the unit's time zone."""

Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=ID_LIMIT, strip_whitespace=True), AfterValidator(_one_line)
]
"""An id: 1 to 256 printable characters."""

Via = Annotated[
    str, StringConstraints(max_length=ID_LIMIT, pattern=r"^(link|account|key):."), AfterValidator(_one_line)
]
"""By what a person came: `link:<notice_id>`, `account:<name>`, `key:<id>`."""

Line = Annotated[str, StringConstraints(max_length=TEXT_LIMIT), AfterValidator(_one_line)]
"""A text on one line, at most 8,192 characters."""

Text = Annotated[str, StringConstraints(max_length=TEXT_LIMIT)]
"""A text for people, at most 8,192 characters."""

_FILLED = Field(json_schema_extra={"pattern": r"\S"})

FilledLine = Annotated[Line, AfterValidator(_filled), _FILLED]
"""A line that says something: neither empty nor of blanks and invisible characters alone."""

FilledText = Annotated[Text, AfterValidator(_filled), _FILLED]
"""A text for people that says something."""

# The limit stands in the type: one that a field adds to `Line` is not enforced, since a validator follows it there.
Name = Annotated[
    str, StringConstraints(max_length=NAME_LIMIT), AfterValidator(_one_line), AfterValidator(_filled), _FILLED
]
"""What something or somebody is called: 1 to 200 printable characters, not all blank."""

ShortLine = Annotated[str, StringConstraints(max_length=100), AfterValidator(_one_line)]
"""A text on one line, at most 100 characters."""

Locator = Annotated[str, StringConstraints(max_length=LOCATOR_LIMIT, strip_whitespace=True)]
"""A place on an asset: URL, column path or message id, at most 2,048 characters; empty = the asset as a whole."""

Document = dict[str, Any]
"""A free JSON object, such as evidence."""
