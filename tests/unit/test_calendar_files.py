"""Calendars as files: the built-in table, and what people import."""

from __future__ import annotations

import json
from datetime import date, timedelta

import chinese_calendar
import pytest

from schemas.calendar import CalendarError, CalendarYear
from streams.calendars import builtin_calendar, parse_calendar

HOLIDAYS = {"元旦": ["2027-01-01"], "春节": [f"2027-02-{day:02}" for day in range(5, 14)], "国庆节": ["2027-10-01"]}
DAYS = [{"name": name, "date": day, "isOffDay": True} for name, days in HOLIDAYS.items() for day in days]
MAKE_UP = {"name": "元旦", "date": "2026-12-26", "isOffDay": False}


def holiday_cn(*days: dict[str, object], year: object = 2027) -> bytes:
    """A file in the form of holiday-cn."""
    papers = ["https://www.gov.cn/a", "https://www.gov.cn/b"]
    return json.dumps({"$schema": "x", "year": year, "papers": papers, "days": days}).encode()


def refusal(data: bytes, filename: str) -> str:
    """What is said about the file."""
    with pytest.raises(CalendarError) as caught:
        parse_calendar(data, filename)
    return str(caught.value)


def test_the_built_in_table_agrees_with_chinesecalendar_on_every_day() -> None:
    """All 8,401 days of 2004 to 2026."""
    calendar, day, wrong = builtin_calendar(), date(2004, 1, 1), []
    while day <= date(2026, 12, 31):
        if calendar.is_workday(day) is not chinese_calendar.is_workday(day):
            wrong.append(day)
        day += timedelta(days=1)
    assert not wrong
    assert sorted(calendar.years) == list(range(2004, 2027))


def test_holiday_cn_json_is_read() -> None:
    """Its papers are the source; the December before may be touched."""
    year = parse_calendar(holiday_cn(MAKE_UP, *DAYS), "2027.json")
    assert (year.year, year.source) == (2027, "https://www.gov.cn/a https://www.gov.cn/b")
    assert year.by_date[date(2026, 12, 26)] is False
    assert sum(year.by_date.values()) == 11


def test_the_contracts_record_is_read_as_yaml_and_json() -> None:
    """`off` is a key here, not the YAML 1.1 word for false."""
    days = [{"date": day["date"], "off": day["isOffDay"], "name": day["name"]} for day in DAYS]
    lines = [f"- {{date: {day['date']}, off: true, name: {day['name']}}}" for day in days]
    text = "year: 2027\nsource: 国办通知\ndays:\n" + "\n".join(lines)
    from_yaml = parse_calendar(text.encode(), "cn-2027.yml")
    from_json = parse_calendar(json.dumps({"year": 2027, "source": "国办通知", "days": days}).encode(), "cn.json")
    assert from_yaml == from_json
    assert from_yaml.source == "国办通知"


def test_icalendar_is_read_with_ranges_folded_lines_and_make_up_days() -> None:
    """DTEND is the day after; 上班 or 补班 in the summary means a working day."""
    text = (
        "BEGIN:VCALENDAR\nX-WR-CALNAME:中国法定\n 节假日\nBEGIN:VTIMEZONE\nDTSTART:19700101T000000\nEND:VTIMEZONE\n"
        "BEGIN:VEVENT\nSUMMARY:上班(补元旦假期)\nDTSTART;VALUE=DATE:20261226\nDTEND;VALUE=DATE:20261227\nEND:VEVENT\n"
        "BEGIN:VEVENT\nSUMMARY:元旦假期\nDTSTART;VALUE=DATE:20270101\nEND:VEVENT\n"
        "BEGIN:VEVENT\nSUMMARY:春节假\n 期\nDTSTART;VALUE=DATE:20270205\nDTEND;VALUE=DATE:20270214\nEND:VEVENT\n"
        "BEGIN:VEVENT\nSUMMARY:春节补班\nDTSTART;VALUE=DATE:20270220\nDTEND;VALUE=DATE:20270221\nEND:VEVENT\n"
        "END:VCALENDAR\n"
    ).replace("\n", "\r\n")
    year = parse_calendar(text.encode(), "节假日.ICS")
    assert (year.year, year.source, len(year.days)) == (2027, "中国法定节假日", 12)
    assert [day.date for day in year.days if not day.off] == [date(2026, 12, 26), date(2027, 2, 20)]
    assert {day.name for day in year.days} == {"上班(补元旦假期)", "元旦假期", "春节假期", "春节补班"}


def test_an_imported_year_goes_on_top_of_the_built_in_ones() -> None:
    """What was provisional is not any more."""
    year = parse_calendar(holiday_cn(MAKE_UP, *DAYS), "2027.json")
    calendar = builtin_calendar().with_year(year.year, year.by_date)
    assert calendar.add_workdays(date(2026, 12, 25), 1) == (date(2026, 12, 26), False)
    assert calendar.add_workdays(date(2026, 12, 31), 1) == (date(2027, 1, 4), False)


@pytest.mark.parametrize(
    ("data", "filename", "expected"),
    [
        (b"\xff\xfe", "a.json", "file: a.json is not text in UTF-8"),
        (b"{", "a.json", "file: not JSON"),
        (b"[" * 100_000, "a.json", "file: not JSON"),
        (b"[1]", "a.json", "file: one record with `year` and `days` is expected"),
        (b"year: [", "a.yaml", "file: not YAML (line 1"),
        (b"year: 2027", "a.yaml", "days: a list of days"),
        (b"x", "a.txt", "file: a.txt: a calendar is a .json, .yaml or .ics file"),
        (holiday_cn(*DAYS, year="soon"), "a.json", "year: Input should be a valid integer"),
        (holiday_cn(*DAYS, year=3000), "a.json", "year: Input should be less than or equal to 2999"),
        (holiday_cn(), "a.json", "days: 2027 has 0 days off; an arrangement has 10 to 40"),
        (holiday_cn(*DAYS[:9]), "a.json", "days: 2027 has 9 days off"),
        (holiday_cn(*DAYS, DAYS[0] | {"isOffDay": False}), "a.json", "days: 2027-01-01 is listed both"),
        (
            holiday_cn(*DAYS, MAKE_UP | {"date": "2026-12-25"}),
            "a.json",
            "days: the make-up working day 2026-12-25 is not",
        ),
        (holiday_cn(*DAYS, MAKE_UP | {"date": "2026-11-28"}), "a.json", "days: 2026-11-28 is neither in 2027 nor"),
        (holiday_cn(*DAYS, MAKE_UP | {"date": "26-12-26"}), "a.json", "days.11.date: Input should be a valid date"),
        (holiday_cn(*DAYS, MAKE_UP | {"isOffDay": "no"}), "a.json", "days.11.off: Input should be a valid boolean"),
        (holiday_cn(*DAYS, {"name": "x"}), "a.json", "days.11.date: Field required"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "a.ics", "VEVENT: the file holds no event"),
        (b"BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\n", "a.ics", "DTSTART: event 1 has no date"),
        (b"BEGIN:VEVENT\nDTSTART:20271301\nEND:VEVENT\n", "a.ics", "DTSTART: event 1 has no date (20271301)"),
        (
            b"BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20270101\nEND:VEVENT\n",
            "a.ics",
            "year: the file holds 2026 and 2027: one file for each year",
        ),
        (b"BEGIN:VEVENT\nDTSTART:20270101\nDTEND:20991231\nEND:VEVENT\n", "a.ics", "DTEND: event 1 () lasts from"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_with_the_field(data: bytes, filename: str, expected: str) -> None:
    """The field, and a sentence that says what is wrong with it."""
    assert refusal(data, filename).startswith(expected)


def test_the_record_on_the_wire_is_checked_as_well() -> None:
    """Who publishes to the registry without the command meets the same rules."""
    record = {"year": 2027, "days": [{"date": "2027-01-01", "off": True, "name": "元旦"}], "source": "x"}
    with pytest.raises(ValueError, match="has 1 days off"):
        CalendarYear.model_validate_json(json.dumps(record))
