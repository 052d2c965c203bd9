"""What people ask of the services: which tickets, which period, which moment, which run; pure tables."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from streams.files.calendar.builtin import builtin_calendar
from streams.files.policy.loading import load_policy
from streams.rules.state.records import AssetRecord
from streams.services.calendar import year_of
from streams.services.failure import Failure
from streams.services.notices import moment
from streams.services.policy import pack_named
from streams.services.runs import HeldRun, all_of, one_of
from streams.services.scores import window
from tests.support.ledger import run

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = load_policy()


def day(month: int, number: int, hour: int = 0) -> datetime:
    """A moment of 2026 in Shanghai."""
    return datetime(2026, month, number, hour, tzinfo=ZONE)


FRIDAY = day(3, 6, 15)


@pytest.mark.parametrize(
    ("first", "last", "begin", "end"),
    [
        (None, None, day(1, 1), FRIDAY),  # this quarter, until now
        (None, date(2025, 12, 31), datetime(2025, 10, 1, tzinfo=ZONE), "end of 2025-12-31"),  # the quarter of its end
        (date(2026, 2, 1), date(2026, 2, 28), day(2, 1), "end of 2026-02-28"),
        (date(2026, 2, 1), date(2026, 12, 31), day(2, 1), FRIDAY),  # never beyond now
        (date(2026, 3, 6), date(2026, 3, 6), day(3, 6), FRIDAY),  # a single day
    ],
)
def test_the_period_of_a_score(first: date | None, last: date | None, begin: datetime, end: datetime | str) -> None:
    """Whole days in the unit's zone, at most until now; the quarter where nothing is said."""
    found = window(FRIDAY, first, last)
    shown = found.end if found.end == FRIDAY else f"end of {found.end:%Y-%m-%d}"
    assert (found.begin, shown) == (begin, end)
    assert found.end == FRIDAY or found.end.time().isoformat() == "23:59:59.999999"


@pytest.mark.parametrize(("first", "last"), [(date(2026, 3, 7), None), (date(2026, 2, 2), date(2026, 2, 1))])
def test_a_period_that_ends_before_it_begins(first: date, last: date | None) -> None:
    """It is refused, also when it would begin after now."""
    with pytest.raises(Failure, match="--from is later"):
        window(FRIDAY, first, last)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-02", day(3, 2)),
        ("2026-03-02T09:00", day(3, 2, 9)),
        ("2026-03-02T01:00:00Z", day(3, 2, 9)),
    ],
)
def test_since_when(text: str, meant: datetime) -> None:
    """A date is its first moment; a time without an offset is the unit's."""
    assert moment(text, ZONE) == meant


def test_neither_a_date_nor_a_time() -> None:
    """What is no moment is refused with an example."""
    with pytest.raises(Failure, match="such as 2026-03-02"):
        moment("yesterday", ZONE)


def test_a_year_of_the_calendar() -> None:
    """A published year has its days off; one beyond is guessed, and no year is none."""
    known = year_of(builtin_calendar(), 2026, POLICY, FRIDAY, ZONE)
    assert (known.published, known.days[date(2026, 1, 1)], known.at_work) == (True, True, FRIDAY)
    later = year_of(builtin_calendar(), 2199, POLICY, FRIDAY, ZONE)
    assert (later.published, dict(later.days)) == (False, {})
    with pytest.raises(Failure):
        year_of(builtin_calendar(), 0, POLICY, FRIDAY, ZONE)


def held(asset_id: str, run_id: str, source: str, held_by: str) -> HeldRun:
    """A run that waits for a person."""
    asset = AssetRecord(1, asset_id, None, asset_id, "website", None, None)
    sample = '{"a": "fingerprint", "b": null, "c": ""}'
    return HeldRun(run(1, run_id)._replace(source=source, held_by=held_by, sample_json=sample), asset)


RUNS = [
    held("site", "r-1", "crawler", "C-4"),
    held("wx", "r-1", "crawler", "C-45"),
    held("site", "r-2", "crawler", "C-45"),
    held("site", "r-1", "linter", "C-45"),
]


def test_which_run_is_meant() -> None:
    """An id that several held runs have needs source and asset; the sample says how many are absent."""
    assert one_of(RUNS, "r-2", None, None).named == {"asset_id": "site", "source": "crawler", "run_id": "r-2"}
    assert one_of(RUNS, "r-1", "crawler", "wx") is RUNS[1]
    assert (RUNS[0].asked, RUNS[0].absent) == (3, 2)
    with pytest.raises(Failure, match="--source linter --asset site"):
        one_of(RUNS, "r-1", None, "site")
    with pytest.raises(Failure, match="no such run"):
        one_of(RUNS, "r-9", None, None)


def test_all_that_are_held_of_a_producer() -> None:
    """All may be rejected together; accepted together are those alone that are held for their producer (C-45)."""
    assert all_of(RUNS, "crawler", None) == RUNS[:3]
    assert all_of(RUNS, "crawler", None, for_producer=True) == RUNS[1:3]
    assert all_of(RUNS, "crawler", "site", for_producer=True) == [RUNS[2]]
    with pytest.raises(Failure):
        all_of(RUNS, "nobody", None)


def test_the_pack_of_a_ticket_is_found_by_its_name_and_version() -> None:
    """The built-in ones are known whatever is chosen; a version that is gone is not guessed."""
    found = pack_named(POLICY.ref, None)
    assert found is not None
    assert found.ref == POLICY.ref
    assert pack_named("default@0", None) is None
