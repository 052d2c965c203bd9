"""What somebody asks of the list of tickets, by the contract's query names: pages, terminal, API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from notifiers.text import clean
from schemas.policy import Policy
from schemas.vocabulary import ASSET_KIND_LABELS, SEVERITY_LABELS, STATUS_LABELS
from streams.ledger.reading.listing.cursor import BadCursor, Cursor, read
from streams.ledger.reading.listing.filter import DECISIONS, ENDED, NO_RUNG, OPEN, Decision, DueSpan, Order
from streams.presentation.labels import PLATFORM
from streams.presentation.letters.kinds import called
from streams.presentation.lights import NEAR, Colour
from streams.rules.state.workdays import Calendar
from streams.services.failure import Failure
from streams.services.names import check_named

ROWS, MOST = 50, 100  # rows of a page: where nothing is said, and at most
LONGEST: Final = 200  # characters of a value
COLOURS: Final[Mapping[Colour, str]] = {
    "red": "逾期", "yellow": "临期", "green": "正常", "blue": "待复核", "grey": "已办结",
}  # fmt: skip
"""What a light means, by its name in a query."""
ORDERS: Final[Mapping[Order, str]] = {"due": "按时限", "opened": "按立单时间", "closed": "按办结时间"}
DECIDED: Final[Mapping[Decision, str]] = {
    "ask": "申请待答复", "unverifiable": "复查无法核实", "unanswered": "复查无人答复",
}  # fmt: skip
"""What waits for a person, by its name in a query; `1` is any of it."""
TOO_WIDE: Final = "条件太宽，数据库未能及时查完，请加条件（如单位、时限）再查"
UNESCALATED: Final = "未升级"
_LISTS: Final = ("kind", "platform", "region", "check", "status", "light", "rung", "severity")
_TIMES: Final = ("due", "opened", "closed")
NAMES: Final = (
    "unit", "sub", "asset", *_LISTS, *(f"{name}_{end}" for name in _TIMES for end in ("from", "to")),
    "decide", "q", "sort", "limit", "after",
)  # fmt: skip
"""Every name that a query may have."""


def rungs_of(policy: Policy) -> dict[str, str]:
    """The rungs that tickets can have reached, and that none was."""
    return {**{name: called(name, policy) for name in policy.rungs}, NO_RUNG: UNESCALATED}


class BadQuery(Failure):
    """What was asked cannot be understood: a sentence for each name."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("；".join(faults.values()))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """Which tickets, in which order, from where on; what is None or empty does not matter."""

    unit: str | None = None  # id or name
    sub: bool = False  # with the units below it
    asset: str | None = None  # id or 网站标识码
    kinds: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()  # empty: those that are not closed, unless something else asks for closed ones
    lights: tuple[str, ...] = ()
    rungs: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    due_from: datetime | None = None
    due_before: datetime | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    closed_from: datetime | None = None
    closed_before: datetime | None = None
    decide: tuple[Decision, ...] = ()
    q: str = ""
    sort: Order = "due"
    limit: int = ROWS
    after: Cursor | None = None

    def spans(self, calendar: Calendar, now: datetime) -> tuple[DueSpan, ...]:
        """Statuses and deadlines; `now` is in the unit's zone."""
        if not self.lights:
            ended = self.sort == "closed" or self.closed_from is not None or self.closed_before is not None
            return (DueSpan(self.statuses or (ENDED if ended else OPEN), self.due_from, self.due_before),)
        near = datetime.combine(calendar.add_workdays(now.date(), NEAR + 1).date, time.min, now.tzinfo)
        running = ("open", "acknowledged")
        spans = {
            "red": DueSpan(running, None, now),
            "yellow": DueSpan(running, now, near),
            "green": DueSpan(running, near, None),
            "blue": DueSpan(("claimed",)),
            "grey": DueSpan(ENDED),
        }
        return tuple(self._within(spans[light]) for light in dict.fromkeys(self.lights))

    def _within(self, span: DueSpan) -> DueSpan:
        begins = [at for at in (span.due_from, self.due_from) if at is not None]
        ends = [at for at in (span.due_before, self.due_before) if at is not None]
        statuses = tuple(one for one in span.statuses if not self.statuses or one in self.statuses)
        return DueSpan(statuses, max(begins, default=None), min(ends, default=None))


def read_query(params: Iterable[tuple[str, str]], policy: Policy, zone: ZoneInfo) -> TicketQuery:
    """Reads the parameters of an address; several values of a name go together. Raises BadQuery.

    An empty value is as good as none, as forms send them.
    """
    given: dict[str, list[str]] = {}
    for name, value in params:
        if value.strip():
            given.setdefault(name, []).append(value)
    reading = _Reading(given, policy, zone)
    found = reading.all()
    if reading.faults:
        raise BadQuery(reading.faults)
    return found


class _Reading:
    """The parameters, and what is wrong with them."""

    def __init__(self, given: Mapping[str, Sequence[str]], policy: Policy, zone: ZoneInfo) -> None:
        self._given, self._policy, self._zone = given, policy, zone
        self.faults: dict[str, str] = {name: f"没有“{clean(name)[:40]}”这个条件" for name in given if name not in NAMES}

    def all(self) -> TicketQuery:
        rungs = rungs_of(self._policy)
        sort = cast("Order", self._one_of("sort", ORDERS, "due"))
        spans: dict[str, Any] = {}
        for name in _TIMES:
            spans[f"{name}_from"] = self._moment(f"{name}_from", end=False)
            spans[f"{name}_before"] = self._moment(f"{name}_to", end=True)
        return TicketQuery(
            unit=self._one("unit") or None,
            sub=self._flag("sub"),
            asset=self._one("asset") or None,
            kinds=self._some("kind", ASSET_KIND_LABELS),
            platforms=self._some("platform", PLATFORM, closed=False),
            regions=self._list("region"),
            checks=self._checks(),
            statuses=self._some("status", STATUS_LABELS),
            lights=self._some("light", COLOURS),
            rungs=self._some("rung", rungs),
            severities=self._some("severity", SEVERITY_LABELS),
            decide=self._decide(),
            q=self._one("q"),
            sort=sort,
            limit=self._limit(),
            after=self._after(sort),
            **spans,
        )

    def _one(self, name: str) -> str:
        text = clean(self._given.get(name, ("",))[-1])
        if len(text) > LONGEST:
            self.faults[name] = f"“{name}”不超过 {LONGEST} 个字"
        return text

    def _list(self, name: str) -> tuple[str, ...]:
        every = (clean(one) for value in self._given.get(name, ()) for one in value[:10_000].split(","))
        return tuple(dict.fromkeys(filter(None, every)))[:LONGEST]

    def _some(self, name: str, labels: Mapping[Any, str], *, closed: bool = True) -> tuple[str, ...]:
        """Codes, or what they are called."""
        codes = {label: code for code, label in labels.items()}
        found = tuple(codes.get(one, one) for one in self._list(name))
        if closed and (strange := [one for one in found if one not in labels]):
            known = "、".join(f"{code}（{label}）" for code, label in labels.items())
            self.faults[name] = f"“{name}”没有 {strange[0][:40]}，可用：{known}"
        return found

    def _one_of(self, name: str, labels: Mapping[Any, str], default: str) -> str:
        found = self._some(name, labels)
        return found[0] if found and name not in self.faults else default

    def _flag(self, name: str) -> bool:
        text = self._one(name)
        if text not in ("", "0", "1"):
            self.faults[name] = f"“{name}”只用 1 或 0"
        return text == "1"

    def _decide(self) -> tuple[Decision, ...]:
        if self._list("decide") in ((), ("0",)):
            return ()
        some = self._some("decide", {"1": "待我决定", **DECIDED})
        return DECISIONS if "1" in some else tuple(one for one in DECISIONS if one in some)

    def _checks(self) -> tuple[str, ...]:
        found = []
        for one in self._list("check"):
            try:
                found.append(check_named(self._policy, one) or one)
            except Failure as error:
                self.faults["check"] = str(error)
        return tuple(found)

    def _moment(self, name: str, *, end: bool) -> datetime | None:
        """A day, which ends with itself, or a moment, which needs an offset; None: nothing was given."""
        text = self._one(name)
        try:
            day = date.fromisoformat(text)
            return datetime.combine(day + timedelta(days=1 if end else 0), time.min, self._zone) if text else None
        except (ValueError, OverflowError):
            pass
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if text and (at is None or at.tzinfo is None):
            self.faults[name] = f"“{name}”请写日期，如 2026-12-31，或带时区的时间"
            return None
        return at + timedelta(microseconds=1) if at is not None and end else at

    def _limit(self) -> int:
        text = self._one("limit")
        if text and not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST):  # noqa: PLR2004 - digits
            self.faults["limit"] = f"“limit”请写 1 至 {MOST}"
            return ROWS
        return int(text or ROWS)

    def _after(self, sort: Order) -> Cursor | None:
        text = self._one("after")
        try:
            return read(text, sort) if text else None
        except BadCursor:
            self.faults["after"] = "翻页位置已失效，请从第一页看起"
            return None
