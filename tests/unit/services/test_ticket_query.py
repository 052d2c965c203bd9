"""What somebody asks of the list, read from an address: pure tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from streams.files.calendar.builtin import builtin_calendar
from streams.files.policy.loading import load_policy
from streams.ledger.reading.listing.cursor import Cursor, written
from streams.ledger.reading.listing.filter import DECISIONS, DueSpan
from streams.presentation.lights import light
from streams.services.ticket_query import COLOURS, BadQuery, TicketQuery, read_query
from tests.support.ledger import open_ticket

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = load_policy()


def day(month: int, number: int, hour: int = 0) -> datetime:
    """A moment of 2026 in Shanghai."""
    return datetime(2026, month, number, hour, tzinfo=ZONE)


FRIDAY = day(3, 6, 15)
PLACE = Cursor("due", 0, 1_772_000_000_000_000, 17)


def asked(address: str) -> TicketQuery:
    """What this query string asks for."""
    return read_query(
        [(name, value) for name, _, value in (one.partition("=") for one in address.split("&"))], POLICY, ZONE
    )


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("unit=&q=%20", {}),
        ("unit=kjj&sub=1&asset=kjj-site", {"unit": "kjj", "sub": True, "asset": "kjj-site"}),
        ("status=open,待复核&status=closed", {"statuses": ("open", "claimed", "closed")}),
        ("light=red,临期&rung=督办", {"lights": ("red", "yellow"), "rungs": ("supervise",)}),
        ("severity=严重", {"severities": ("critical",)}),
        ("check=死链,own.check", {"checks": ("link.dead", "own.check")}),
        ("kind=新媒体&platform=微信,own", {"kinds": ("account",), "platforms": ("wechat", "own")}),
        ("region=一区", {"regions": ("一区",)}),
        ("due_from=2026-03-02&due_to=2026-03-06", {"due_from": day(3, 2), "due_before": day(3, 7)}),
        ("opened_from=2026-03-02T10:00:00%2B08:00".replace("%2B", "+"), {"opened_from": day(3, 2, 10)}),
        ("closed_to=2026-12-31&sort=closed", {"closed_before": datetime(2027, 1, 1, tzinfo=ZONE), "sort": "closed"}),
        ("decide=1&limit=100&q=市科技局", {"decide": DECISIONS, "limit": 100, "q": "市科技局"}),
        ("decide=unverifiable,ask", {"decide": ("ask", "unverifiable")}),
        ("decide=0&rung=none,督办", {"rungs": ("none", "supervise")}),
        (f"after={written(PLACE)}", {"after": PLACE}),
    ],
)  # fmt: skip
def test_an_address_says_which_tickets(address: str, expected: dict[str, Any]) -> None:
    """Codes or their words, several apart by commas or repeated; days end with themselves; what is empty is nothing."""
    assert asked(address.replace("%20", " ")) == TicketQuery(**expected)


@pytest.mark.parametrize(
    ("address", "name", "sentence"),
    [
        ("colour=red", "colour", "没有“colour”这个条件"),
        ("status=gone", "status", "“status”没有 gone，可用：open（待签收）"),
        ("light=purple", "light", "red（逾期）"),
        ("due_from=2026-02-30", "due_from", "请写日期"),
        ("due_to=2026-03-06T10:00:00", "due_to", "带时区"),
        ("due_to=9999-12-31", "due_to", "请写日期"),
        ("sub=yes", "sub", "只用 1 或 0"),
        ("decide=yes", "decide", "ask（申请待答复）"),
        ("limit=0", "limit", "1 至 100"),
        ("limit=٣", "limit", "1 至 100"),
        ("sort=name", "sort", "due（按时限）"),
        (f"q={'长' * 201}", "q", "不超过 200 个字"),
        (f"after={written(PLACE)[:-1]}x", "after", "请从第一页看起"),
        (f"after={written(PLACE)}&sort=closed", "after", "请从第一页看起"),
        ("after=🂡", "after", "请从第一页看起"),
    ],
)
def test_what_cannot_be_understood_is_said_by_name(address: str, name: str, sentence: str) -> None:
    """Nothing is guessed, and nothing passed over."""
    with pytest.raises(BadQuery) as caught:
        asked(address)
    assert sentence in caught.value.faults[name]


@pytest.mark.parametrize(
    ("address", "statuses"),
    [
        ("unit=kjj", ("open", "acknowledged", "claimed")),
        ("status=dismissed", ("dismissed",)),
        ("sort=closed", ("closed", "dismissed")),
        ("closed_from=2026-03-01", ("closed", "dismissed")),
        ("closed_from=2026-03-01&status=closed", ("closed",)),
    ],
)
def test_without_a_status_those_are_meant_that_the_rest_is_about(address: str, statuses: tuple[str, ...]) -> None:
    """Open ones, unless closings are asked for."""
    (span,) = asked(address).spans(builtin_calendar(), FRIDAY)
    assert span.statuses == statuses


def test_a_light_finds_what_it_shines_for() -> None:
    """Every ticket is found by the light that its row shows, and by no other; over a weekend too."""
    calendar = builtin_calendar()
    base = open_ticket(1, "A", 1)
    moments = [FRIDAY + timedelta(hours=hours) for hours in range(-200, 400, 7)]
    moments += [day(3, number) - timedelta(microseconds=1) for number in range(1, 20)] + [FRIDAY]
    every = [
        base._replace(
            due_at=at.astimezone(UTC), status=status, closed_at=FRIDAY if status in ("closed", "dismissed") else None
        )
        for at in moments
        for status in ("open", "acknowledged", "claimed", "closed", "dismissed")
    ]

    def holds(span: DueSpan, due_at: datetime, status: str) -> bool:
        begun = span.due_from is None or due_at >= span.due_from
        return status in span.statuses and begun and (span.due_before is None or due_at < span.due_before)

    for colour in COLOURS:
        spans = asked(f"light={colour}").spans(calendar, FRIDAY)
        for ticket in every:
            found = any(holds(span, ticket.due_at, ticket.status) for span in spans)
            assert found is (light(ticket, FRIDAY, calendar, ZONE).colour == colour), (
                colour,
                ticket.due_at,
                ticket.status,
            )
