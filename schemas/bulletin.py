"""A bulletin 通报: the figures of a period, what they mean, and the lists behind them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field

from schemas.base import Day, Identifier, Instant, Model, Name

Printed = str  # a number or a share as it is printed: `99.51%`, `100%`, `3.2`


class Band(Model):
    """A band of points 分数段: from its bound to below the next higher one."""

    from_: float = Field(alias="from")
    below: float | None = None
    number: int
    share: Printed | None = None


class Points(Model):
    """得分 of what is scored."""

    best: float | None = None
    worst: float | None = None
    mean: Printed | None = None
    full: float = Field(description="the full mark 满分")
    bands: tuple[Band, ...] = ()


class Change(Model):
    """Against the bulletin before."""

    unqualified: int
    rate_points: Printed | None = Field(default=None, description="percentage points 个百分点, with its sign")


class FigureRow(Model):
    """The figures of a group."""

    group: str = Field(description="`websites`, `accounts`, or a group of the pack")
    label: str = ""
    key: str | tuple[str, ...] | None = Field(default=None, description="in `by`: of the row; a list in two dimensions")
    running: int = Field(ge=0, description="in the register 在册运行")
    checked: int = Field(ge=0)
    checked_running: int | None = Field(default=None, ge=0, description="of the checked, those in the register")
    ratio: Printed | None = Field(default=None, description="检查比例: of the running, those that were checked")
    problem: int = Field(ge=0, description="问题网站, as the pack means it")
    qualified: int = Field(ge=0)
    unqualified: int = Field(ge=0)
    rate: Printed | None = Field(default=None, description="合格率: of the checked")
    unqualified_rate: Printed | None = None
    points: Points
    rank: int | None = Field(default=None, description="dense, by mean points")
    change: Change | None = None


class CheckRow(Model):
    """Problems of one check."""

    check: Identifier
    label: str
    assets: int
    problems: int
    places: int = Field(description="a count that was reported as one finding is added up")


class ListRow(Model):
    """Something that a list names."""

    asset_id: Identifier
    name: str
    code: str | None = Field(default=None, description="网站标识码")
    unit: str = ""
    platform: str = ""
    reasons: tuple[str, ...] = ()
    points: float | None = None
    path: str = Field(default="", description="首页》..., or the address")
    ticket_ids: tuple[str, ...] = ()


class Lists(Model):
    """The named lists behind the numbers."""

    unqualified: tuple[ListRow, ...] = ()
    problems: tuple[ListRow, ...] = ()
    not_answered: tuple[ListRow, ...] = ()
    last_period_open: tuple[ListRow, ...] = ()


class SlipFigures(Model):
    """整改单 that were issued in the period."""

    issued: int
    done: int
    done_rate: Printed | None = None
    done_on_time: int
    overdue: int
    extended: int
    urged: int = Field(description="times")
    reopened: int = Field(description="times")


class AnswerFigures(Model):
    """Messages of one kind that reached units in the period."""

    received: int
    valid: int
    done: int
    on_time: int
    at_once: int
    average: Printed | None = None
    average_unit: Literal["day", "working_day"]
    slowest: Printed | None = None
    on_time_rate: Printed | None = None
    answer_rate: Printed | None = None
    by_unit: tuple[dict[str, Any], ...] = ()
    by_check: tuple[dict[str, Any], ...] = ()


class Sum(Model):
    """Parts that must add up to their total."""

    name: str
    parts: tuple[int, ...]
    total: int
    holds: bool


class Bulletin(Model):
    """The figures of a period as of a moment, as `rectify bulletin figures --json` prints them."""

    model_config = ConfigDict(title="Bulletin 通报")

    schema_: Literal["rectify.bulletin.v1"] = Field(alias="schema")
    from_: dt.date = Field(alias="from")
    to: dt.date
    as_of: str = Field(description="a day, to whose end is counted, or a moment with an offset")
    area: str | None = None
    pack: str
    totals: tuple[FigureRow, ...]
    by: Mapping[str, tuple[dict[str, Any], ...]] = Field(
        description="by `area`, `level`, `platform`, `class`, `unit`, `check`, or two joined by ` x `"
    )
    problems: tuple[CheckRow, ...]
    lists: Lists
    tickets: SlipFigures
    set_aside: Mapping[str, int] = Field(default_factory=dict, description="problems that people set aside, by why")
    messages: Mapping[Literal["zhaocuo", "message", "comment"], AnswerFigures]
    after: dict[str, Any] = Field(description="整改后: {`checked`, `unqualified`, `rate`}")
    last_period: dict[str, Any] | None = None
    sums: tuple[Sum, ...] = ()
    definitions: Mapping[str, str] = Field(default_factory=dict)
    typed: dict[str, Any] = Field(default_factory=dict, description="fields by hand")
    computed_at: Instant | None = None


class MovedPart(Model):
    """A list that is too long for a message: it stands in a file named by its hash, `<sha256>.json`."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    rows: int = Field(ge=0)


class IssuedLists(Model):
    """The named lists, or where they are."""

    unqualified: tuple[ListRow, ...] | MovedPart = ()
    problems: tuple[ListRow, ...] | MovedPart = ()
    not_answered: tuple[ListRow, ...] | MovedPart = ()
    last_period_open: tuple[ListRow, ...] | MovedPart = ()


class IssuedBulletin(Bulletin):
    """A bulletin as it was issued: a record that nothing changes (topic `rectify.bulletins`, key `bulletin_id`)."""

    model_config = ConfigDict(title="Issued bulletin 印发的通报")

    bulletin_id: str = Field(pattern="^[0-9a-f]{16}$", description="the first 16 characters of `hash`")
    number: Name = Field(description="文号")
    date: Day = Field(description="成文日期")
    issued_by: Name
    hash: str = Field(
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of everything else but `bulletin_id`, as JSON without blanks, keys sorted, in UTF-8",
    )
    by: Mapping[str, tuple[dict[str, Any], ...] | MovedPart]  # type: ignore[assignment]
    lists: IssuedLists  # type: ignore[assignment]
