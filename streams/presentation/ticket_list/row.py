"""A ticket as a row of the ledger 台账. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import orjson

from notifiers.text import clean, shorten
from schemas.policy import Policy
from schemas.vocabulary import SEVERITY_LABELS, STATUS_LABELS
from streams.presentation.dates import listed_until, local
from streams.presentation.labels import GONE, NO_UNIT, OURS, PROVISIONAL, ended_by, where
from streams.presentation.letters.kinds import called
from streams.presentation.letters.places import is_link, words_of
from streams.presentation.lights import Light, light
from streams.rules.state.records import AssetRecord, Problem, Ticket
from streams.rules.state.sightings import DERIVER, sources
from streams.rules.state.snapshot import Registry

_WRONG: Final = 80  # characters of what is wrong
_MEASURES: Final = 30
_PLACE: Final = 60
_DAY: Final = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class Around:
    """What every row is read with."""

    registry: Registry
    policy: Policy
    now: datetime  # in the unit's zone

    @property
    def near_end(self) -> datetime:
        """The end of the next working day."""
        last = self.registry.calendar.add_workdays(self.now.date(), 1).date
        return datetime.combine(last + timedelta(days=1), time.min, self.now.tzinfo)


class FirstPlace(NamedTuple):
    """Where the first problem is: without the host; `href` is empty where it may be no link."""

    where: str
    href: str


@dataclass(frozen=True)
class TicketRow:
    """One row."""

    ticket: Ticket
    asset: AssetRecord
    problem: Problem | None  # the first
    claim: Mapping[str, Any] | None  # the latest event `fix_claimed`
    asks: Sequence[str]  # kinds of what its unit asks for
    around: Around
    undelivered: int = 0  # notices that nobody has got

    @cached_property
    def light(self) -> Light:
        """How pressing it is."""
        registry = self.around.registry
        return light(self.ticket, self.around.now, registry.calendar, registry.zone)

    @property
    def name(self) -> str:
        """Of the asset."""
        return shorten(clean(self.asset.name), _PLACE)

    @property
    def unit(self) -> str:
        """Whose it is."""
        return self._unit(self.ticket.unit_id) or NO_UNIT

    @property
    def supervisor(self) -> str:
        """Who supervises its unit."""
        unit = self.around.registry.units.get(self.ticket.unit_id or "")
        return self._unit(unit.supervisor_id) if unit is not None else ""

    @property
    def check(self) -> str:
        """What is wrong, by its kind."""
        return self.around.policy.rule(self.ticket.check).name

    @property
    def wrong(self) -> str:
        """What is wrong with the first place, and how many there are."""
        words = shorten(words_of({"facts": self.problem.facts}), _WRONG) if self.problem is not None else ""
        many = self.ticket.problem_count
        return "，".join(filter(None, (words, f"等 {many} 处" if many > 1 else "")))

    @cached_property
    def page(self) -> FirstPlace:
        """Where the first problem is."""
        locator = clean(self.problem.locator) if self.problem is not None else ""
        if not is_link(locator):
            return FirstPlace(shorten(where(locator, self.asset.kind), _PLACE), "")
        parts = urlsplit(locator)
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        return FirstPlace(shorten(path, _PLACE), locator)

    @property
    def found(self) -> str:
        """The day of the first sighting."""
        return local(self.ticket.first_seen_at, self.around.registry.zone, _DAY)

    @property
    def opened(self) -> str:
        """The day of the opening."""
        return local(self.ticket.opened_at, self.around.registry.zone, _DAY)

    @property
    def closed(self) -> str:
        """The day on which it ended."""
        return local(self.ticket.closed_at, self.around.registry.zone, _DAY)

    @property
    def due(self) -> str:
        """Until when."""
        provisional = PROVISIONAL if self.ticket.provisional else ""
        return f"{listed_until(self.ticket.due_at, self.around.registry.zone)}{provisional}"

    @property
    def status(self) -> str:
        """How it stands."""
        return STATUS_LABELS[self.ticket.status]

    @property
    def severity(self) -> str:
        """How bad it is."""
        return SEVERITY_LABELS.get(self.ticket.severity, self.ticket.severity)

    @property
    def rung(self) -> str:
        """The last escalation."""
        return called(self.ticket.rung, self.around.policy) if self.ticket.rung else ""

    @property
    def reported(self) -> str:
        """What the unit has last reported."""
        if self.claim is None:
            return ""
        files = (self.claim.get("evidence") or {}).get("files") or ()
        told = (
            local(self.claim["at"], self.around.registry.zone, _DAY),
            shorten(clean(self.claim.get("measures")), _MEASURES),
            f"附件 {len(files)} 个" if files else "",
        )
        return " ".join(filter(None, told))

    @property
    def rechecked(self) -> str:
        """What came of the looking again."""
        ticket = self.ticket
        if ticket.closed_at is not None:
            return ended_by(ticket.close_reason) or GONE
        if ticket.status == "claimed":
            return "无法核实，待审核" if ticket.recheck_outcome == "unverifiable" else "等待复查"
        return "复查仍在" if ticket.recheck_outcome == "present" else ""

    @property
    def basis(self) -> str:
        """On what its deadline rests."""
        return clean(orjson.loads(self.ticket.deadline_json).get("basis"))

    @property
    def source(self) -> str:
        """Who has seen the first problem."""
        names = sources(self.problem.seen_by_json) if self.problem is not None else ()
        return "、".join(OURS if name == DERIVER else name for name in names if name)

    @property
    def taken(self) -> str:
        """How many working days it took, or takes already."""
        zone, calendar = self.around.registry.zone, self.around.registry.calendar
        end = self.ticket.closed_at or self.around.now
        days = calendar.workdays_between(self.ticket.opened_at.astimezone(zone).date(), end.astimezone(zone).date())
        return f"{max(days, 0)} 个工作日"

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """What the registry says of the asset."""
        record: Mapping[str, Any] = orjson.loads(self.asset.document_json) if self.asset.document_json else {}
        return record

    def _unit(self, unit_id: str | None) -> str:
        unit = self.around.registry.units.get(unit_id or "")
        return unit.name if unit is not None else unit_id or ""
