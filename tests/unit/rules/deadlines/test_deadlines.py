"""Until when (rules L-1 to L-7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.policy import CheckRule
from streams.files.calendar.builtin import builtin_calendar
from streams.files.policy.loading import load_policy
from streams.rules.deadlines.deadlines import deadline, extended, notice_due_by, recompute, reopened_deadline
from streams.rules.state.terms import Deadline, deadline_json, frozen_deadline
from streams.rules.state.workdays import Calendar

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = builtin_calendar()
POLICY = load_policy()
CALENDAR_2027 = CALENDAR.with_year(2027, {date(2026, 12, 26): False, date(2027, 1, 1): True, date(2027, 1, 4): True})


def at(text: str) -> datetime:
    """A local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def due(check: str, start: str, evidence: dict[str, Any] | None = None, **more: Any) -> Deadline:
    """The default pack's deadline."""
    calendar = more.pop("calendar", CALENDAR)
    return deadline(POLICY, POLICY.rule(check), evidence or {}, at(start), calendar, ZONE, **more)


def test_a_citizen_message_over_the_spring_festival() -> None:
    """找错 received Friday 2026-02-13 16:00: three working days end on Wednesday 2026-02-25 at 23:59:59."""
    found = due("message.zhaocuo", "2026-02-13 16:00")
    assert found.due_at == at("2026-02-25 23:59:59")
    assert found.due_at.tzinfo is UTC
    assert found[1:6] == ("message.zhaocuo", 3, "working_day", "cn-2026", False)
    assert "19号" in found.basis
    assert found.policy == "default@1"


def test_a_dark_link_in_a_guarded_period_on_a_saturday_night() -> None:
    """Two clock hours, around the clock; four in ordinary time."""
    guarded = due("link.dark", "2026-03-07 23:00", guarded=True)
    assert (guarded.due_at, guarded.rule, guarded.unit) == (at("2026-03-08 01:00"), "link.dark/guarded", "hour")
    assert due("link.dark", "2026-03-07 23:00").due_at == at("2026-03-08 03:00")


def test_a_guarded_period_changes_nothing_where_no_value_is_ruled() -> None:
    """A check without a guarded deadline keeps the ordinary one."""
    assert due("column.blank", "2026-03-02 10:00", guarded=True) == due("column.blank", "2026-03-02 10:00")


@pytest.mark.parametrize(
    ("check", "evidence", "rule", "days"),
    [
        ("column.stale", {"column_kind": "news"}, "column.stale/column_kind=news", 1),
        ("column.stale", {"column_kind": "notice"}, "column.stale/column_kind=notice", 5),
        ("column.stale", {"column_kind": "other"}, "column.stale", 5),
        ("column.stale", {"column_kind": ["news"]}, "column.stale", 5),
        ("link.dead", {"home_page": True}, "link.dead/home_page=true", 1),
        ("link.dead", {"home_page": False}, "link.dead", 3),
        ("text.typo", {"home_page": True}, "text.typo/home_page=true", 1),
        ("message.unanswered", {}, "message.unanswered", 7),
        ("message.unanswered", {"message_kind": "complaint"}, "message.unanswered", 7),
        ("message.unanswered", {"message_kind": "simple"}, "message.unanswered/message_kind=simple", 5),
        ("comment.unanswered", {}, "comment.unanswered", 2),
        ("home.stale", {}, "home.stale", 1),
        ("account.stale", {}, "account.stale", 1),
        ("service.broken", {}, "service.broken", 3),
        ("site.unreachable", {}, "site.unreachable", 1),
        ("veto.columns_blank", {}, "veto.columns_blank", 1),
        ("some.thing_new", {}, "some.thing_new", 5),
    ],
)
def test_the_row_of_the_table_is_chosen_by_the_evidence(
    check: str, evidence: dict[str, Any], rule: str, days: int
) -> None:
    """Each row of the default policy, by what the evidence says."""
    found = due(check, "2026-03-02 10:00", evidence)
    assert (found.rule, found.amount, found.unit) == (rule, days, "working_day")
    assert found.due_at == datetime(
        2026, 3, CALENDAR.add_workdays(date(2026, 3, 2), days).date.day, 23, 59, 59, tzinfo=ZONE
    )


def test_a_message_on_an_account_has_two_working_days() -> None:
    """The kind of the asset picks the row, before the kind of the message."""
    found = due("message.unanswered", "2026-03-02 10:00", {"message_kind": "simple"}, asset_kind="account")
    assert (found.amount, found.rule) == (2, "message.unanswered/asset_kind=account")


def test_the_local_day_is_the_one_that_counts() -> None:
    """17:00 UTC on Thursday is Friday in Shanghai: that Friday is the start, Monday the last day."""
    start = datetime(2026, 3, 5, 17, tzinfo=UTC)
    found = deadline(POLICY, POLICY.rule("home.stale"), {}, start, CALENDAR, ZONE)
    assert found.due_at == at("2026-03-09 23:59:59")


def test_a_date_set_by_a_notice_replaces_the_policy() -> None:
    """咸宁: found 2023-02-24, to be put right by 2023-03-06, six working days later."""
    found = due("column.stale", "2023-02-24 09:00", due_by=date(2023, 3, 6), basis="咸宁市通报")
    assert found.due_at == at("2023-03-06 23:59:59")
    assert (found.rule, found.amount, found.unit, found.basis) == ("column.stale/due_by", 6, "date", "咸宁市通报")


def test_a_date_on_a_rest_day_moves_to_the_next_working_day() -> None:
    """A Sunday in the spring festival moves behind it (民法典 203); the make-up Saturday stays."""
    assert due("column.stale", "2026-02-02 09:00", due_by=date(2026, 2, 15)).due_at == at("2026-02-24 23:59:59")
    assert due("column.stale", "2026-02-02 09:00", due_by=date(2026, 2, 14)).due_at == at("2026-02-14 23:59:59")


def test_a_moment_set_by_a_notice_is_taken_as_it_is() -> None:
    """Also on a rest day, also in the past."""
    found = due("column.stale", "2026-02-16 09:00", due_by=at("2026-02-15 12:00"))
    assert (found.due_at, found.amount, found.provisional) == (at("2026-02-15 12:00"), 0, False)


def test_a_notice_without_a_date_gives_two_weeks() -> None:
    """19号: put right within two weeks of publication."""
    assert notice_due_by(POLICY, date(2023, 2, 24)) == date(2023, 3, 10)


def test_months_end_on_the_same_day_clipped_and_moved() -> None:
    """One month from 31 January is 28 February, which is worked in 2026 by decree; a rest day moves."""
    month = CheckRule.model_validate({"code": "a.b", "name": "某项", "deadline": "1 month"})
    found = deadline(POLICY, month, {}, at("2026-01-31 10:00"), CALENDAR, ZONE)
    assert (found.due_at, found.unit) == (at("2026-02-28 23:59:59"), "month")
    assert deadline(POLICY, month, {}, at("2026-04-02 10:00"), CALENDAR, ZONE).due_at == at("2026-05-06 23:59:59")
    assert deadline(POLICY, month, {}, at("2026-12-10 10:00"), CALENDAR, ZONE).provisional
    reopened = reopened_deadline(POLICY, found, at("2026-03-02 10:00"), CALENDAR, ZONE)
    assert (reopened.amount, reopened.unit) == (11, "working_day")  # half of the 22 up to 2 April


def test_a_deadline_into_an_unpublished_year_is_provisional() -> None:
    """2027 is guessed until its arrangement is known; clock hours need no calendar."""
    assert due("column.blank", "2026-12-29 10:00").provisional
    assert due("column.stale", "2026-12-01 10:00", due_by=date(2027, 1, 5)).provisional
    assert not due("column.blank", "2026-12-24 10:00").provisional
    assert not due("link.dark", "2026-12-31 23:00").provisional


def test_a_reopened_ticket_has_half_of_the_original_amount() -> None:
    """5 working days become 2, 1 stays 1, 4 hours become 2; counted from the sighting."""
    seen = at("2026-03-16 10:00")
    five = reopened_deadline(POLICY, due("column.blank", "2026-03-02 10:00"), seen, CALENDAR, ZONE)
    one = reopened_deadline(POLICY, due("home.stale", "2026-03-02 10:00"), seen, CALENDAR, ZONE)
    hours = reopened_deadline(POLICY, due("link.dark", "2026-03-02 10:00"), seen, CALENDAR, ZONE)
    assert (five.amount, five.due_at, five.rule) == (2, at("2026-03-18 23:59:59"), "column.blank/reopened")
    assert (one.amount, one.due_at) == (1, at("2026-03-17 23:59:59"))
    assert (hours.amount, hours.due_at, hours.unit) == (2, at("2026-03-16 12:00"), "hour")


def test_half_is_taken_once_however_often_it_reopens() -> None:
    """Half of the original amount, not of the half; an extension granted in between does not lengthen it."""
    first = due("column.blank", "2026-03-02 10:00")
    once = reopened_deadline(
        POLICY, extended(first, CALENDAR, ZONE, working_days=10), at("2026-03-16 10:00"), CALENDAR, ZONE
    )
    again = reopened_deadline(
        POLICY, extended(once, CALENDAR, ZONE, working_days=3), at("2026-04-13 10:00"), CALENDAR, ZONE
    )
    by_date = extended(first, CALENDAR, ZONE, due_at=date(2026, 4, 30))
    assert (once.amount, again.amount) == (2, 2)
    assert again.rule == "column.blank/reopened"
    assert again.due_at == at("2026-04-15 23:59:59")
    assert reopened_deadline(POLICY, by_date, at("2026-03-16 10:00"), CALENDAR, ZONE) == once


def test_a_notice_date_reopens_with_half_of_the_working_days_it_gave() -> None:
    """咸宁's six working days become three."""
    given = due("column.stale", "2023-02-24 09:00", due_by=date(2023, 3, 6))
    found = reopened_deadline(POLICY, given, at("2023-03-20 09:00"), CALENDAR, ZONE)
    assert (found.amount, found.unit, found.due_at) == (3, "working_day", at("2023-03-23 23:59:59"))


def test_an_extension_by_working_days_counts_from_the_due_day() -> None:
    """Two more working days beyond Wednesday the 25th; the amount grows with it."""
    found = extended(due("message.zhaocuo", "2026-02-13 16:00"), CALENDAR, ZONE, working_days=2)
    assert (found.due_at, found.amount, found.unit) == (at("2026-02-27 23:59:59"), 5, "working_day")
    assert found.rule == "message.zhaocuo/extended+2"


def test_an_extension_to_a_day_or_a_moment() -> None:
    """A day ends with a working day, a moment is taken as it is."""
    first = due("message.zhaocuo", "2026-02-13 16:00")
    assert extended(first, CALENDAR, ZONE, due_at=date(2026, 3, 7)).due_at == at("2026-03-09 23:59:59")
    assert extended(first, CALENDAR, ZONE, due_at=at("2026-03-07 12:00")).due_at == at("2026-03-07 12:00")


def test_an_extended_clock_hour_deadline_stays_one() -> None:
    """Its ladder stays around the clock, and it reopens with half of its hours."""
    found = extended(due("link.dark", "2026-03-02 10:00"), CALENDAR, ZONE, working_days=1)
    assert (found.due_at, found.unit, found.amount) == (at("2026-03-03 23:59:59"), "hour", 4)
    assert reopened_deadline(POLICY, found, at("2026-03-16 10:00"), CALENDAR, ZONE).due_at == at("2026-03-16 12:00")


def test_an_extension_needs_exactly_one_of_both() -> None:
    """A new due or a number of days."""
    with pytest.raises(ValueError, match="either"):
        extended(due("message.zhaocuo", "2026-02-13 16:00"), CALENDAR, ZONE)
    with pytest.raises(ValueError, match="either"):
        extended(due("message.zhaocuo", "2026-02-13 16:00"), CALENDAR, ZONE, due_at=date(2026, 3, 7), working_days=1)


@pytest.mark.parametrize("start", ["2026-12-21 10:00", "2026-12-25 10:00", "2026-12-31 10:00", "2027-01-03 10:00"])
def test_a_provisional_deadline_is_recomputed_when_the_year_arrives(start: str) -> None:
    """It becomes what it would have been, had the year been known, and is no longer provisional."""
    guess = due("message.unanswered", start)
    assert recompute(guess, CALENDAR_2027, ZONE) == due("message.unanswered", start, calendar=CALENDAR_2027)
    longer = extended(guess, CALENDAR, ZONE, working_days=5)
    assert recompute(longer, CALENDAR_2027, ZONE) == extended(
        due("message.unanswered", start, calendar=CALENDAR_2027), CALENDAR_2027, ZONE, working_days=5
    )


def test_recomputing_moves_a_date_that_became_a_rest_day() -> None:
    """A date of a notice moves on; a moment and clock hours stay."""
    given = due("column.stale", "2026-12-01 10:00", due_by=date(2027, 1, 1))
    moved = recompute(given, CALENDAR_2027, ZONE)
    assert (moved.due_at, moved.provisional, moved.calendar) == (at("2027-01-05 23:59:59"), False, "cn-2027")
    moment = due("column.stale", "2026-12-01 10:00", due_by=at("2027-01-01 12:00"))
    hours = due("link.dark", "2026-12-31 23:00")
    assert [recompute(d, CALENDAR_2027, ZONE) for d in (moment, hours)] == [moment, hours]


def test_recomputing_after_a_second_decree_of_the_same_year() -> None:
    """2020's spring festival was prolonged on 26 January: with the calendar before it the shift is exact."""
    days = {day: off for day, off in CALENDAR.arrangements[2020].items() if day != date(2020, 1, 31)}
    before = CALENDAR.with_year(2020, days)
    first = due("column.blank", "2020-01-22 10:00", calendar=before)
    assert recompute(first, CALENDAR, ZONE, before=before) == due("column.blank", "2020-01-22 10:00")


def test_recomputing_with_the_same_calendar_changes_nothing() -> None:
    """Whatever the unit."""
    for found in (
        due("column.blank", "2026-03-02 10:00"),
        due("column.stale", "2026-03-02 10:00", due_by=date(2026, 3, 9)),
    ):
        assert recompute(found, CALENDAR, ZONE) == found


def test_days_end_by_the_local_clock_also_when_clocks_change() -> None:
    """Berlin, 2026-03-29: the day has 23 hours and still ends at 23:59:59."""
    berlin = ZoneInfo("Europe/Berlin")
    calendar = Calendar({2026: {date(2026, 1, 1): True, date(2026, 3, 29): False}})
    start = datetime(2026, 3, 27, 12, tzinfo=berlin)
    found = deadline(POLICY, POLICY.rule("home.stale"), {}, start, calendar, berlin)
    assert found.due_at == datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)
    hours = deadline(POLICY, POLICY.rule("link.dark"), {}, datetime(2026, 3, 29, 1, tzinfo=berlin), calendar, berlin)
    assert hours.due_at - datetime(2026, 3, 29, 0, tzinfo=UTC) == timedelta(hours=4)


@pytest.mark.parametrize(
    ("history", "rule"),
    [
        ({}, "link.dead/home_page=true"),
        ({"given": True}, "link.dead/home_page=true/due_by"),
        ({"granted": (3, 2)}, "link.dead/home_page=true/extended+3/extended+2"),
        ({"granted": (None,)}, "link.dead/home_page=true/extended"),
        ({"reopened": True}, "link.dead/home_page=true/reopened"),
        ({"given": True, "reopened": True, "granted": (4,)}, "link.dead/home_page=true/due_by/reopened/extended+4"),
    ],
)
def test_the_contract_names_what_became_of_a_deadline(history: dict[str, Any], rule: str) -> None:
    """In one text, made from the fields; what is kept of it is read again as it was."""
    found = due("link.dead", "2026-03-02 10:00")._replace(row="link.dead/home_page=true", **history)
    assert found.rule == rule
    kept = frozen_deadline(deadline_json(found), found.due_at, found.unit, provisional=found.provisional)
    assert kept == found
