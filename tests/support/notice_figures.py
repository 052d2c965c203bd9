"""Assets of a notice as figures are made of them: so many checked, so many of these with a veto; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import orjson

from schemas.bulletin_rules import BulletinRules
from streams.presentation.bulletins.document import AskedFigures, document
from streams.presentation.bulletins.lists import Names
from streams.rules.scoring.messages import MessageCounting
from streams.rules.scoring.slips import Slip
from streams.rules.scoring.spans import Known, Span
from streams.rules.scoring.stood import Period, Stood
from streams.rules.scoring.tally import Tally
from streams.rules.state.records import AssetRecord
from tests.support.ledger import REGISTRY
from tests.support.world import POLICY, ZONE

BEGIN = datetime(2023, 1, 1, tzinfo=ZONE)
END = datetime(2023, 3, 31, 23, 59, 59, tzinfo=ZONE)
VETO = {"website": "home.stale", "account": "account.stale"}


class Notice:
    """What an office has checked."""

    def __init__(self, **rules: Any) -> None:
        self.rules = BulletinRules(**rules)
        self.stood: list[Stood] = []
        self._numbers = count(1)

    def assets(
        self, number: int, kind: str = "website", *, bad: int = 0, looked: bool = True, registered: bool = True,
        checks: Iterable[str] = (), spans: Iterable[Span] = (), slips: Mapping[int, Slip] | None = None, **fields: Any,
    ) -> None:  # fmt: skip
        """So many of a kind; the first `bad` of them have a veto."""
        for place in range(number):
            pk = next(self._numbers)
            asset_id = f"{kind}-{pk}"
            unit_id = fields.get("unit_id")
            record = {"asset_id": asset_id, "name": f"第{pk}号", "kind": kind, **fields}
            text = orjson.dumps(record).decode() if registered else None
            asset = AssetRecord(pk, asset_id, unit_id, record["name"], kind, None, text, code=fields.get("code"))
            stands = [stand(check) for check in (*checks, *((VETO[kind],) if place < bad else ()))]
            self.stood.append(Stood(asset, looked, [*stands, *spans], slips or {}))

    def figures(self, as_of: datetime = END, **more: Any) -> dict[str, Any]:
        """The document."""
        policy = POLICY.model_copy(update={"bulletin": self.rules})
        period = Period(BEGIN, END, as_of)
        tally = Tally(
            policy, period, MessageCounting(self.rules, REGISTRY.calendar, ZONE), {}, bonus=more.pop("bonus", {})
        )
        for stood in self.stood:
            tally.add(stood)
        asked = AskedFigures("2023-01-01", "2023-03-31", as_of.isoformat())
        return document(tally, asked, Names({}), more.pop("last", None), more)


def stand(check: str, locator: str = "", ticket_pk: int = 0, end: datetime | None = None, **evidence: Any) -> Span:
    """A problem that stands since the period's second day."""
    begin = BEGIN + timedelta(days=1)
    known = Known(check, locator, ticket_pk, "gone" if end else "open", begin, end, evidence, None)
    return Span(begin, end, known)


def total(made: Mapping[str, Any], group: str) -> dict[str, Any]:
    """A group's row."""
    (row,) = [row for row in made["totals"] if row["group"] == group]
    return dict(row)
