"""iCalendar files: which days their events lie on, whatever way their times are written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from schemas.calendar import CalendarError
from streams.files.calendar.formats import parse_calendar

SAMPLES = Path(__file__).parents[3] / "samples" / "calendars"
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:放假安排\r\n"
SPRING = "DTSTART;VALUE=DATE:20270205\nDTEND;VALUE=DATE:20270215\nSUMMARY:春节（休）"  # ten days


def feed(*events: str, head: str = HEAD) -> bytes:
    """A calendar with these events."""
    parts = ("BEGIN:VEVENT\r\n" + event.replace("\n", "\r\n") + "\r\nEND:VEVENT\r\n" for event in events)
    return (head + "".join(parts) + "END:VCALENDAR\r\n").encode()


def off_and_worked(*events: str, wanted: int | None = None, head: str = HEAD) -> tuple[list[str], list[str]]:
    """The days off but those of 春节, and the working days, as month-day."""
    year = parse_calendar(feed(SPRING, *events, head=head), "a.ics", wanted=wanted).year
    days = sorted(year.by_date.items())
    spring = {date(2027, 2, day) for day in range(5, 15)}
    off = [f"{day:%m-%d}" for day, is_off in days if is_off and day not in spring]
    return off, [f"{day:%m-%d}" for day, is_off in days if not is_off]


def refusal(*events: str, wanted: int | None = None) -> str:
    """What is said about the file."""
    with pytest.raises(CalendarError) as caught:
        parse_calendar(feed(*events), "a.ics", wanted=wanted)
    return str(caught.value)


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART;VALUE=DATE:20270101\nDTEND;VALUE=DATE:20270104",
        "DTSTART:20270101\nDTEND:20270104",
        "DTSTART;VALUE=DATE:20270101\nDURATION:P3D",
        "DTSTART;TZID=Asia/Shanghai:20270101T000000\nDTEND;TZID=Asia/Shanghai:20270103T235959",
        "DTSTART;TZID=Asia/Shanghai:20270101T000000\nDTEND;TZID=Asia/Shanghai:20270103T235900",
        "DTSTART;TZID=China Standard Time:20270101T000000\nDTEND;TZID=China Standard Time:20270104T000000",
        "DTSTART;TZID=Asia/Beijing:20270101T000000\nDTEND;TZID=Asia/Beijing:20270104T000000",
        "DTSTART:20270101T000000\nDTEND:20270104T000000",
        "DTSTART:20270101T000000\nDURATION:PT72H",
        "DTSTART:20261231T160000Z\nDTEND:20270103T160000Z",
        "DTSTART:20261231T160000Z\nDURATION:P3D",
        "DTSTART;TZID=America/New_York:20261231T110000\nDTEND;TZID=America/New_York:20270103T110000",
        "DTSTART;TZID=Asia/Tokyo:20270101T010000\nDTEND;TZID=Asia/Tokyo:20270104T010000",
        "DTSTART:20270101T090000\nDTEND:20270103T180000",
        "DTSTART;VALUE=DATE:20270101\nRRULE:FREQ=DAILY;COUNT=3",
        "DTSTART;VALUE=DATE:20270101\nRRULE:FREQ=DAILY;UNTIL=20270103",
        "DTSTART;VALUE=DATE:20270101\nRDATE;VALUE=DATE:20270102,20270103",
        "DTSTART;VALUE=DATE:20270101\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE;VALUE=DATE:20270104",
        "DTSTART;VALUE=DATE:20200101\nDURATION:P3D\nRRULE:FREQ=YEARLY",
        "DTSTART;TZID=Asia/Shanghai:20270101T000000\nDURATION:P1D\nRRULE:FREQ=DAILY;UNTIL=20270102T160000Z",
    ],
)
def test_one_holiday_in_every_form_has_the_same_days(event: str) -> None:
    """Dates and times, UTC, zones by both their names, ends by either field, repetitions."""
    assert off_and_worked(f"{event}\nSUMMARY:元旦（休）") == (["01-01", "01-02", "01-03"], [])


def test_a_zone_that_the_file_defines_itself() -> None:
    """A VTIMEZONE with a name of its own."""
    standard = "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nEND:STANDARD\r\n"
    zone = f"BEGIN:VTIMEZONE\r\nTZID:Custom\r\n{standard}END:VTIMEZONE\r\n"
    event = "DTSTART;TZID=Custom:20270101T010000\nDTEND;TZID=Custom:20270104T010000\nSUMMARY:元旦（休）"
    assert off_and_worked(event, head=HEAD + zone)[0] == ["01-01", "01-02", "01-03"]


def test_a_day_without_an_end_is_one_day() -> None:
    """As is one that ends where it begins; a moment is said of its day."""
    for event in (
        "DTSTART;VALUE=DATE:20270101",
        "DTSTART;VALUE=DATE:20270101\nDTEND;VALUE=DATE:20270101",
        "DTSTART:20270101T000000",
    ):
        assert off_and_worked(f"{event}\nSUMMARY:元旦（休）")[0] == ["01-01"], event


def test_a_part_of_a_day_is_worked_and_not_off() -> None:
    """A make-up day from nine to six is a working day; an afternoon off is no day off."""
    make_up = "DTSTART:20270220T090000\nDTEND:20270220T180000\nSUMMARY:春节 补班"
    afternoon = "DTSTART:20271231T130000\nDTEND:20271231T180000\nSUMMARY:下午放假"
    assert off_and_worked(make_up, afternoon) == ([], ["02-20"])


def test_what_is_cancelled_does_not_count() -> None:
    """An event, one repetition of it, an event that another one takes back, a whole calendar."""
    new_year = "UID:a\nDTSTART;VALUE=DATE:20270101\nSUMMARY:元旦（休）"
    gone = "UID:{}\nDTSTART;VALUE=DATE:20270601\nSUMMARY:端午节（休）"
    once = "UID:c\nRECURRENCE-ID;VALUE=DATE:20270102\nDTSTART;VALUE=DATE:20270102\nSUMMARY:x（休）\nSTATUS:CANCELLED"
    assert off_and_worked(
        new_year.replace("UID:a", "UID:c") + "\nRRULE:FREQ=DAILY;COUNT=3",
        once,
        gone.format("b") + "\nSTATUS:CANCELLED",
        gone.format("d"),
        gone.format("d") + "\nSEQUENCE:1\nSTATUS:cancelled",
    )[0] == ["01-01", "01-03"]
    cancelled = feed(gone.format("x"), head=HEAD + "METHOD:CANCEL\r\n")
    assert parse_calendar(feed(SPRING, new_year) + cancelled, "a.ics").year.by_date.keys() == {
        date(2027, 1, 1), *(date(2027, 2, day) for day in range(5, 15)),
    }  # fmt: skip


def test_a_repetition_that_is_moved_stands_where_it_was_moved_to() -> None:
    """RECURRENCE-ID names the day that it replaces."""
    repeated = "UID:c\nDTSTART;VALUE=DATE:20270101\nSUMMARY:元旦（休）\nRRULE:FREQ=DAILY;COUNT=3"
    moved = "UID:c\nRECURRENCE-ID;VALUE=DATE:20270102\nDTSTART;VALUE=DATE:20270104\nSUMMARY:元旦（休）"
    assert off_and_worked(repeated, moved)[0] == ["01-01", "01-03", "01-04"]


def test_an_alarm_says_nothing_about_the_event() -> None:
    """Its SUMMARY and its times are its own."""
    alarm = "BEGIN:VALARM\nACTION:EMAIL\nSUMMARY:提醒（休）\nTRIGGER:-PT9H\nDURATION:P5D\nEND:VALARM"
    assert off_and_worked(f"DTSTART;VALUE=DATE:20270220\nSUMMARY:春节补班\n{alarm}") == ([], ["02-20"])


def test_a_swapped_day_is_worked_on_a_weekend_and_off_on_a_weekday() -> None:
    """调休 alone means either; inside a holiday it is off."""
    events = (
        "DTSTART;VALUE=DATE:20271001\nSUMMARY:国庆节（休）",
        "DTSTART;VALUE=DATE:20271002\nDTEND;VALUE=DATE:20271004\nSUMMARY:国庆节 调休",
        "DTSTART;VALUE=DATE:20271004\nSUMMARY:国庆节（休）",
        "DTSTART;VALUE=DATE:20271005\nSUMMARY:国庆节 调休",
        "DTSTART;VALUE=DATE:20271009\nSUMMARY:国庆节 调休",
    )
    assert off_and_worked(*events) == (["10-01", "10-02", "10-03", "10-04", "10-05"], ["10-09"])


def test_festivals_beside_marked_days_are_passed_over_by_name() -> None:
    """Whatever is wrong with their own times."""
    events = ("DTSTART;VALUE=DATE:20270312\nSUMMARY:植树节", "DTSTART:nonsense\nRRULE:FREQ=NEVER\nSUMMARY:愚人节")
    read = parse_calendar(feed(SPRING, "DTSTART;VALUE=DATE:20270101\nSUMMARY:元旦（休）", *events), "a.ics")
    assert date(2027, 3, 12) not in read.year.by_date
    assert read.passed_over == ("植树节", "愚人节")
    assert read.year.source == "放假安排"


def test_a_feed_of_many_years_says_which_and_one_is_taken_out_of_it() -> None:
    """The December before belongs to the year."""
    years = [event for y in (2026, 2027, 2028) for event in (
        f"DTSTART;VALUE=DATE:{y - 1}1226\nSUMMARY:元旦补班",
        f"DTSTART;VALUE=DATE:{y}0101\nDURATION:P12D\nSUMMARY:元旦（休）",
    )]  # fmt: skip
    assert "the file holds 2026, 2027, 2028: say which one, --year 2028" in refusal(*years)
    assert parse_calendar(feed(*years), "a.ics", wanted=2027).year.by_date == {
        date(2026, 12, 26): False, date(2027, 12, 26): False, **{date(2027, 1, day): True for day in range(1, 13)},
    }  # fmt: skip
    assert refusal(*years, wanted=2031) == "year: 2031 has no day off in the file, which holds 2026, 2027, 2028"
    endless = "DTSTART;VALUE=DATE:20200101\nSUMMARY:元旦（休）\nRRULE:FREQ=YEARLY"
    assert "repeats without end: say which year" in refusal(endless)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("SUMMARY:x（休）", "DTSTART: event 1 (x（休）) has no date"),
        ("SUMMARY:x（休）\nDTSTART:20271301", "DTSTART: event 1 (x（休）) cannot be read"),
        ("SUMMARY:x（休）\nDTSTART:20270101\nDTEND:20991231", "DTEND: event 1 (x（休）) lasts from 2027-01-01 to 2099"),
        ("SUMMARY:x（休）\nDTSTART:20270104\nDTEND:20270101", "DTEND: event 1 (x（休）) ends before it begins"),
        ("SUMMARY:x（休）\nDTSTART:99991231\nDURATION:P9D", "DTSTART: event 1 (x（休）) lies in the year 9999"),
        (
            "SUMMARY:x（休）\nDTSTART;TZID=Atlantis:20270101T000000",
            "DTSTART: event 1 (x（休）) is in a time zone that nobody",
        ),
        (
            "SUMMARY:x（休）\nDTSTART:20270101\nRRULE:FREQ=YEARLY;RSCALE=CHINESE",
            "RRULE: event 1 (x（休）) repeats by a rule",
        ),
        ("SUMMARY:x（休）\nDTSTART:20270101\nRRULE:FREQ=SECONDLY", "RRULE: event 1 (x（休）) repeats by a rule"),
        (
            "SUMMARY:x（休）\nDTSTART:20270101\nRRULE:FREQ=DAILY;INTERVAL=0",
            "RRULE: event 1 (x（休）) repeats by a rule",
        ),
        (
            "SUMMARY:x（休）\nDTSTART:20270101\nRRULE:FREQ=DAILY;COUNT=9999",
            "RRULE: event 1 (x（休）) repeats more than",
        ),
        ("SUMMARY:国庆放假，照常上班\nDTSTART:20271004", "SUMMARY: event 1 (国庆放假，照常上班) says both"),
        ("SUMMARY:x（休）\nDTSTART:20270101\nEXRULE:FREQ=DAILY", "EXRULE: event 1 (x（休）) leaves days out"),
        ("SUMMARY:春节补班\nDTSTART:20270220", "SUMMARY: 没有一项写明放假"),
        ("SUMMARY:春节\nDTSTART:20270206", "SUMMARY: 没有一项写明放假"),
    ],
)
def test_an_event_that_cannot_be_right_is_refused_by_name(event: str, said: str) -> None:
    """With the field, the event's number and what it is called."""
    assert refusal(event).startswith(said)


@pytest.mark.parametrize("data", [b"", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", b"BEGIN:VTODO\nEND:VTODO\n"])
def test_a_file_without_events_is_refused(data: bytes) -> None:
    """The arrangement may not have been published yet."""
    with pytest.raises(CalendarError, match="the file holds no event"):
        parse_calendar(data, "2027.ics")


def test_a_file_that_is_cut_off_is_refused_as_such() -> None:
    """Not as one that holds nothing; lines may end as on any system."""
    whole = feed(SPRING, "DTSTART:20270101\nSUMMARY:元旦\n （休）", "DTSTART:20270312\nSUMMARY:植树节")
    with pytest.raises(CalendarError, match="the file is cut off"):
        parse_calendar(whole[:-20], "2027.ics")
    read = parse_calendar(whole, "2027.ics")
    assert parse_calendar(whole.replace(b"\r\n", b"\r"), "2027.ics") == read
    assert parse_calendar(whole.replace(b"\r\n", b"\n"), "2027.ics") == read
    with pytest.raises(CalendarError, match=r"has 1 days off.*say neither: 植树节"):
        parse_calendar(feed("DTSTART:20270101\nSUMMARY:元旦（休）", "DTSTART:20270312\nSUMMARY:植树节"), "2027.ics")


def test_a_file_of_another_kind_is_refused() -> None:
    """In one sentence."""
    with pytest.raises(CalendarError, match="not an iCalendar file"):
        parse_calendar(b"<html>", "2027.ics")


FIRST = [
    "01-01",
    "01-02",
    "01-03",
    "02-06",
    "02-07",
    "02-08",
    "02-09",
    "02-10",
    "02-11",
    "02-12",
    "04-05",
    "04-06",
    "04-07",
]
MAY = ["05-01", "05-02", "05-03", "05-04", "05-05"]


@pytest.mark.parametrize(
    ("name", "worked"),
    [
        ("times-in-utc-2027.ics", []),
        ("ends-2359-2027.ics", []),
        ("cancelled-event-2027.ics", []),
        ("alarm-with-summary-2027.ics", ["09-18"]),
        ("other-words-for-make-up-days-2027.ics", ["09-18", "09-25", "10-09", "10-10"]),
    ],
)
def test_files_as_other_programs_write_them(name: str, worked: list[str]) -> None:
    """The same holidays in UTC, until 23:59, with a cancelled event, with alarms, with other words."""
    year = parse_calendar((SAMPLES / name).read_bytes(), name).year
    assert [f"{day:%m-%d}" for day, off in sorted(year.by_date.items()) if off] == FIRST + MAY
    assert [f"{day:%m-%d}" for day, off in sorted(year.by_date.items()) if not off] == worked


def test_a_calendar_of_festivals_is_refused() -> None:
    """Ten festivals and no mark: not one of them is a day off."""
    name = "festivals-are-no-days-off-2026.ics"
    with pytest.raises(CalendarError, match="情人节, 植树节"):
        parse_calendar((SAMPLES / name).read_bytes(), name)
