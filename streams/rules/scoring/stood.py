"""An asset in a period, as it was known at a moment: what figures are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from streams.rules.scoring.counting import places
from streams.rules.scoring.slips import Slip
from streams.rules.scoring.spans import Span
from streams.rules.state.records import AssetRecord


class Period(NamedTuple):
    """A period, and the moment as of which it is looked at: what was recorded by then counts, nothing later."""

    begin: datetime
    end: datetime
    as_of: datetime

    @property
    def counted_until(self) -> datetime:
        """The end of the period, or the moment, whichever is earlier."""
        return min(self.end, self.as_of)


class Stood(NamedTuple):
    """An asset of the period."""

    asset: AssetRecord  # its registry record as of the moment; without one, it was not registered then
    looked: bool  # somebody has looked at it in the period (S-3)
    spans: Sequence[Span]  # that touch the period or were received in it, in order of check and place
    slips: Mapping[int, Slip]  # its tickets, by row number

    def is_running(self, period: Period) -> bool:
        """Whether it was in the register 在册 as of the moment, and not shut down by the end of the period."""
        if self.asset.document_json is None:
            return False
        removed = orjson.loads(self.asset.document_json).get("removed_at")
        if removed is None:
            return True
        end = period.counted_until.astimezone(period.begin.tzinfo)
        return bool(date.fromisoformat(removed[:10]) > end.date())

    def standings(self, period: Period) -> list[Standing]:
        """Its problems that stood in the period."""
        end = period.counted_until
        return [
            Standing(
                span.known.check,
                span.known.locator,
                span.known.evidence,
                span.end if span.end is not None and span.end <= end else None,
                slip.due_at if (slip := self.slips.get(span.known.ticket_pk)) else None,
                slip.ticket_id if slip else None,
                places(span.known.evidence),
                span.end is None,
            )
            for span in self.spans
            if not span.is_aside and span.begin <= end and (span.end is None or span.end >= period.begin)
        ]


class Standing(NamedTuple):
    """A problem that stood in the period."""

    check: str
    locator: str
    evidence: Mapping[str, Any]
    gone_at: datetime | None  # within the period
    due_at: datetime | None  # of its ticket, the true one (L-15)
    ticket_id: str | None
    places: int  # as how many problems it counts
    is_there: bool  # also as of the moment 复查
