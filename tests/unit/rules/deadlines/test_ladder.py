"""The ladder (rules E-5, E-7 to E-9), as timelines."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.ladder import Moment
from streams.files.calendar.builtin import builtin_calendar
from streams.files.policy.loading import load_policy
from streams.rules.deadlines.deadlines import deadline, reopened_deadline
from streams.rules.deadlines.ladder import half_time, overdue_working_days, plan
from streams.rules.state.terms import Deadline

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = builtin_calendar()
POLICY = load_policy()


def at(text: str) -> datetime:
    """A local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def due(check: str, start: str, **more: Any) -> Deadline:
    """The default pack's deadline."""
    return deadline(POLICY, POLICY.rule(check), {}, at(start), CALENDAR, ZONE, **more)


def steps(limit: Deadline, opened: str) -> dict[str, str]:
    """Step -> local time, as a person reads it."""
    return {
        step.name: f"{step.at.astimezone(ZONE):%m-%d %H:%M:%S}".removesuffix(":00")
        for step in plan(POLICY, limit, at(opened), CALENDAR, ZONE)
    }


def test_xianning_2023() -> None:
    """The notice's date 2023-03-06: reminder 03-03, urge 03-07, supervise 03-09, bulletin 03-14."""
    assert steps(due("column.stale", "2023-02-24 09:00", due_by=date(2023, 3, 6)), "2023-02-24 09:00") == {
        "opened": "02-24 09:00",
        "reminder": "03-03 09:00",
        "overdue": "03-07 00:00",
        "urge": "03-07 09:00",
        "supervise": "03-09 09:00",
        "bulletin": "03-14 09:00",
    }


def test_a_message_over_the_spring_festival() -> None:
    """Three working days are not short: reminded on the working day before; Saturday 02-28 is a make-up day."""
    assert steps(due("message.zhaocuo", "2026-02-13 16:00"), "2026-02-13 16:00") == {
        "opened": "02-13 16:00",
        "reminder": "02-24 09:00",
        "overdue": "02-26 00:00",
        "urge": "02-26 09:00",
        "supervise": "02-28 09:00",
        "bulletin": "03-04 09:00",
    }


def test_a_short_deadline_is_reminded_at_half_of_its_working_time() -> None:
    """Opened Monday 16:00, due Tuesday: 1.5 + 8.5 hours, half of it is over on Tuesday at 12:30."""
    assert steps(due("home.stale", "2026-03-02 16:00"), "2026-03-02 16:00")["reminder"] == "03-03 12:30"
    assert steps(due("comment.unanswered", "2026-03-06 09:00"), "2026-03-06 09:00")["reminder"] == "03-09 13:15"


def test_a_ticket_that_opens_long_after_receipt_has_little_time_left() -> None:
    """Received Monday, opened Wednesday, due Thursday: what is left is short, whatever the amount was."""
    assert steps(due("message.zhaocuo", "2026-03-02 10:00"), "2026-03-04 16:30")["reminder"] == "03-05 12:45"


def test_where_no_working_time_is_left_half_of_the_wall_time_counts() -> None:
    """Opened at 20:00 of the last day: reminded at 21:59:59, still before the due."""
    limit = due("column.stale", "2026-03-02 09:00", due_by=date(2026, 3, 4))
    assert steps(limit, "2026-03-04 20:00")["reminder"] == "03-04 21:59:59"


def test_a_dark_link_in_a_guarded_period_on_a_saturday_night() -> None:
    """Two clock hours from 23:00: half at midnight, due and urge at 01:00, supervise 03:00, bulletin a day on."""
    assert steps(due("link.dark", "2026-03-07 23:00", guarded=True), "2026-03-07 23:00") == {
        "opened": "03-07 23:00",
        "reminder": "03-08 00:00",
        "overdue": "03-08 01:00",
        "urge": "03-08 01:00",
        "supervise": "03-08 03:00",
        "bulletin": "03-09 01:00",
    }


def test_a_ticket_that_opens_past_its_due_is_urged_at_once() -> None:
    """No reminder; the later rungs count from the opening on Thursday (E-8)."""
    limit = due("column.stale", "2023-02-24 09:00", due_by=date(2023, 3, 6))
    assert steps(limit, "2023-03-09 15:00") == {
        "opened": "03-09 15:00",
        "overdue": "03-09 15:00",
        "urge": "03-09 15:00",
        "supervise": "03-13 09:00",
        "bulletin": "03-16 09:00",
    }


def test_a_clock_hour_ticket_that_opens_past_its_due() -> None:
    """Two hours and a day after the opening, on a Sunday too."""
    assert steps(due("link.dark", "2026-03-07 10:00"), "2026-03-08 10:00") == {
        "opened": "03-08 10:00",
        "overdue": "03-08 10:00",
        "urge": "03-08 10:00",
        "supervise": "03-08 12:00",
        "bulletin": "03-09 10:00",
    }


def test_a_provisional_deadline_is_reminded_and_urged_and_goes_no_higher() -> None:
    """E-9: nobody is supervised by a guess."""
    limit = due("column.blank", "2026-12-29 10:00")
    assert limit.provisional
    assert list(steps(limit, "2026-12-29 10:00")) == ["opened", "reminder", "overdue", "urge"]


def test_a_reopened_ticket_climbs_from_the_beginning() -> None:
    """Half of five working days from the sighting; the ladder starts again from it."""
    limit = reopened_deadline(POLICY, due("column.blank", "2026-03-02 10:00"), at("2026-03-16 10:00"), CALENDAR, ZONE)
    assert steps(limit, "2026-03-16 10:00") == {
        "opened": "03-16 10:00",
        "reminder": "03-17 13:45",
        "overdue": "03-19 00:00",
        "urge": "03-19 09:00",
        "supervise": "03-23 09:00",
        "bulletin": "03-26 09:00",
    }


def test_a_moment_on_a_rest_day_urges_on_the_next_working_day() -> None:
    """Due Saturday noon: overdue a second later, urged on Monday."""
    found = steps(due("column.stale", "2026-03-02 09:00", due_by=at("2026-03-07 12:00")), "2026-03-02 09:00")
    assert (found["reminder"], found["overdue"], found["urge"]) == ("03-06 09:00", "03-07 12:00:01", "03-09 09:00")


def test_the_acknowledgement_expires_at_half_time() -> None:
    """Half of the working time, or of the wall time for clock hours; never before the opening."""
    days, hours = due("column.blank", "2026-03-02 09:00"), due("link.dark", "2026-03-07 22:00")
    assert half_time(POLICY, days, at("2026-03-02 09:00"), CALENDAR, ZONE) == at("2026-03-04 17:30")
    assert half_time(POLICY, hours, at("2026-03-07 22:00"), CALENDAR, ZONE) == at("2026-03-08 00:00")
    assert half_time(POLICY, days, at("2026-03-20 09:00"), CALENDAR, ZONE) == at("2026-03-20 09:00")


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-02-13 09:00", 0),  # before
        ("2026-02-13 23:59:59", 0),
        ("2026-02-14 00:00", 1),  # the make-up Saturday
        ("2026-02-20 12:00", 1),  # the festival adds nothing
        ("2026-02-24 09:00", 2),
    ],
)
def test_overdue_is_measured_in_working_days(now: str, days: int) -> None:
    """The first working day after the due day is the first."""
    assert overdue_working_days(at("2026-02-13 23:59:59"), at(now), CALENDAR, ZONE) == days


def test_what_opens_at_its_very_due_is_not_late_yet() -> None:
    """E-8: past its due, not at it: the reminder is due at once, like everything that is counted from half time."""
    limit = due("column.stale", "2023-02-24 09:00", due_by=date(2023, 3, 6))
    assert list(steps(limit, "2023-03-06 23:59:59"))[:2] == ["opened", "reminder"]
    assert "reminder" not in steps(limit, "2023-03-07 00:00:00")


def test_no_step_precedes_the_opening() -> None:
    """E-7: a pack reminds five working days before the due, of what opens with three left: with the opening."""
    early = Moment(anchor="due", working_days=-5, time=time(9))
    ladder = tuple(step.model_copy(update={"at": early}) if step.name == "reminder" else step for step in POLICY.ladder)
    policy = POLICY.model_copy(update={"ladder": ladder})
    limit = due("column.stale", "2023-03-01 15:00", due_by=date(2023, 3, 6))
    planned = {step.name: step.at for step in plan(policy, limit, at("2023-03-01 15:00"), CALENDAR, ZONE)}
    assert planned["reminder"] == planned["opened"] == at("2023-03-01 15:00")
