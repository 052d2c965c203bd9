"""Calendars as files: the built-in table, and what people import."""

from __future__ import annotations

import json
from datetime import date, timedelta

import chinese_calendar
import pytest

from schemas.calendar import CalendarError, CalendarYear
from streams.files.calendar.builtin import builtin_calendar
from streams.files.calendar.formats import parse_calendar

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
    year = parse_calendar(holiday_cn(MAKE_UP, *DAYS), "2027.json").year
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
    assert from_yaml.year.source == "国办通知"


def test_a_file_of_another_year_than_the_one_that_is_wanted_is_refused() -> None:
    """A record says its year itself."""
    with pytest.raises(CalendarError, match="the file holds 2027, not 2028"):
        parse_calendar(holiday_cn(*DAYS), "2027.json", wanted=2028)


def test_holiday_api_json_is_read_a_year_at_a_time() -> None:
    """Spans with their make-up days; the December before belongs to the year."""
    file = {
        "Name": "中国节假日补班日历",
        "Years": {
            "2027": [
                {
                    "Name": "元旦",
                    "StartDate": "2027-01-01",
                    "EndDate": "2027-01-03",
                    "Duration": 3,
                    "CompDays": ["2026-12-26"],
                },
                {"Name": "春节", "StartDate": "2027-02-05", "EndDate": "2027-02-13", "CompDays": None},
            ],
            "2026": [{"Name": "元旦", "StartDate": "2026-01-01", "EndDate": "2026-01-03", "CompDays": ["2026-01-04"]}],
        },
    }
    year = parse_calendar(json.dumps(file).encode(), "holidayAPI.json", wanted=2027).year
    assert (year.year, year.source, sum(year.by_date.values())) == (2027, "中国节假日补班日历", 12)
    assert [day.date for day in year.days if not day.off] == [date(2026, 12, 26)]
    assert "holds 2026, 2027: say which one, --year 2027" in refusal(json.dumps(file).encode(), "a.json")
    with pytest.raises(CalendarError, match="2030 is not in the file: it holds 2026, 2027"):
        parse_calendar(json.dumps(file).encode(), "a.json", wanted=2030)
    file["Years"]["2027"][0]["Duration"] = 4  # type: ignore[index]
    assert "元旦 lasts from 2027-01-01 to 2027-01-03, 4 days" in refusal(json.dumps(file).encode(), "a.json")
    file["Years"]["2027"][0] = {"Name": "元旦"}  # type: ignore[index]
    assert "Years.2027.0: a holiday with `Name`, `StartDate`" in refusal(json.dumps(file).encode(), "a.json")


def test_a_decree_may_name_a_weekday_as_working() -> None:
    """As in 2020, when the third of February was worked again; it changes nothing and harms nothing."""
    year = parse_calendar(holiday_cn(*DAYS, MAKE_UP | {"date": "2027-02-15"}), "2027.json").year
    assert year.by_date[date(2027, 2, 15)] is False
    calendar = builtin_calendar()
    assert date(2027, 2, 15) not in calendar.differences(calendar.with_year(2027, year.by_date))


def test_an_imported_year_goes_on_top_of_the_built_in_ones() -> None:
    """What was provisional is not any more."""
    year = parse_calendar(holiday_cn(MAKE_UP, *DAYS), "2027.json").year
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
        (holiday_cn(*DAYS, DAYS[0] | {"off": False}), "a.json", "days.11: `off` and `isOffDay` contradict"),
        (holiday_cn(*DAYS, MAKE_UP | {"date": "2026-11-28"}), "a.json", "days: 2026-11-28 is neither in 2027 nor"),
        (holiday_cn(*DAYS, MAKE_UP | {"date": "26-12-26"}), "a.json", "days.11.date: Input should be a valid date"),
        (holiday_cn(*DAYS, MAKE_UP | {"isOffDay": "no"}), "a.json", "days.11.off: Input should be a valid boolean"),
        (holiday_cn(*DAYS, {"name": "x"}), "a.json", "days.11.date: Field required"),
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
