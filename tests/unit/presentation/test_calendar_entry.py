"""The deadline in the reader's own calendar."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import pytest

from notifiers.message import build_message
from notifiers.protocol import Mail, Recipient
from streams.presentation.letters.letter import Kind, Letter
from streams.presentation.letters.render import render_calendar
from tests.unit.presentation.test_render import AT, item, letter

US = "rectify@city.gov.cn"


def unfolded(content: bytes) -> list[str]:
    """Return the lines of an `.ics` file as a calendar reads them."""
    return content.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def entry(kind: Kind = "opened", at: datetime = AT, **ticket: object) -> list[str]:
    """Return the lines of a letter's calendar entry."""
    return unfolded(render_calendar(letter(item(kind, **ticket), at=at), US))


def value(lines: list[str], name: str) -> str:
    """Return what the first property of this name says, parameters included."""
    return next(line.removeprefix(name) for line in lines if line.startswith(name))


@pytest.mark.parametrize(
    ("at", "trigger"),
    [
        ("2023-03-02T17:00:00+08:00", ";VALUE=DATE-TIME:20230303T010000Z"),  # Friday 09:00, of a Monday
        ("2023-03-03T10:00:00+08:00", ":PT9H"),  # it is past: 09:00 of the day itself
    ],
)
def test_it_rings_on_a_working_day(at: str, trigger: str) -> None:
    """N-33: never on the Sunday before a Monday."""
    friday = datetime(2023, 3, 3, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    told = letter(replace(item("reminder"), alarm_at=friday), at=datetime.fromisoformat(at))
    assert value(unfolded(render_calendar(told, US)), "TRIGGER") == trigger


def test_a_day_long_deadline_is_a_day_with_an_alarm_in_the_morning() -> None:
    """N-33: the whole day, since the deadline includes it."""
    lines = entry(version=3)
    assert value(lines, "DTSTART") == ";VALUE=DATE:20230306"
    assert value(lines, "DTEND") == ";VALUE=DATE:20230307"
    assert value(lines, "TRIGGER") == ":PT9H"
    assert value(lines, "UID") == ":T-8F3K2M9QX4@city.gov.cn"
    assert value(lines, "SEQUENCE") == ":3"
    assert value(lines, "DTSTAMP") == ":20230303T010000Z"
    assert value(lines, "METHOD") == ":PUBLISH"
    assert "咸宁市科技局网站" in value(lines, "SUMMARY")


def test_a_clock_hour_deadline_is_a_moment() -> None:
    """N-33: in UTC, with an alarm an hour before."""
    lines = entry(due_at="2023-03-03T11:00:00+08:00", deadline={"amount": 2, "unit": "hour"})
    assert value(lines, "DTSTART") == ":20230303T030000Z"
    assert value(lines, "TRIGGER") == ":-PT1H"


def test_a_moved_deadline_replaces_the_entry() -> None:
    """N-33: the same UID, a higher SEQUENCE."""
    before, after = entry(version=2), entry(version=5, due_at="2023-03-10T23:59:59+08:00")
    assert value(before, "UID") == value(after, "UID")
    assert int(value(before, "SEQUENCE:")) < int(value(after, "SEQUENCE:"))
    assert value(after, "DTSTART") == ";VALUE=DATE:20230310"


def test_a_closing_takes_the_entry_out() -> None:
    """N-33: cancelled, without an alarm."""
    lines = entry("closed", status="closed", version=6)
    assert value(lines, "METHOD") == ":CANCEL"
    assert value(lines, "STATUS") == ":CANCELLED"
    assert "BEGIN:VALARM" not in lines


def test_nothing_is_entered_that_is_past_or_not_the_readers() -> None:
    """N-33: an overdue ticket is no date to come, and a supervisor's calendar is his own."""
    assert render_calendar(letter(item("urge"), at=datetime(2023, 3, 9, 9, tzinfo=UTC)), US) == b""
    assert render_calendar(letter(item("supervise")), US) == b""


def test_a_digest_brings_each_deadline_to_come() -> None:
    """N-33: one entry a ticket, none for those closed or overdue."""
    items = (item("opened"), item("reminder", ticket_id="T-2"), item("closed", ticket_id="T-3", status="closed"))
    late = item("urge", ticket_id="T-4", due_at="2023-03-01T23:59:59+08:00")
    lines = unfolded(render_calendar(letter(*items, late), US))
    assert [line for line in lines if line.startswith("UID:")] == [
        "UID:T-8F3K2M9QX4@city.gov.cn",
        "UID:T-2@city.gov.cn",
    ]


def test_a_provisional_deadline_is_tentative() -> None:
    """N-33: the calendar shows that it may move."""
    lines = entry(deadline={"provisional": True})
    assert value(lines, "STATUS") == ":TENTATIVE"
    assert "暂定" in value(lines, "SUMMARY")


def test_text_of_strangers_is_text() -> None:
    """N-33: commas, semicolons and line breaks make no property of their own, lines are short, characters whole."""
    evil = "a,b;c\\d\r\nATTENDEE:mailto:x@y" + "长" * 200
    told = Letter(
        Recipient("王五", "wang@unit.gov.cn", "duty"),
        (replace(item("opened"), asset={"name": evil}, check_name=evil),),
        AT,
        ZoneInfo("Asia/Shanghai"),
    )
    content = render_calendar(told, US)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    lines = unfolded(content)
    assert not any(line.startswith("ATTENDEE") for line in lines)
    assert "a\\,b\\;c\\\\d" in value(lines, "SUMMARY")


def test_it_comes_with_the_mail_byte_for_byte() -> None:
    """N-33: CRLF survives the way through a mail."""
    content = render_calendar(letter(item("opened")), US)
    to = Recipient("王五", "wang@unit.gov.cn", "duty")
    mail = Mail("n-1", "T-1", US, to, "整改通知", "正文\n", "<p>正文</p>\n", AT, content)
    message = message_from_bytes(build_message(mail), policy=default)
    (attached,) = message.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_param("method") == "PUBLISH"
    assert attached.get_filename() == "deadline.ics"
    assert attached.get_payload(decode=True) == content
    assert message.get_body(("html",)) is not None
