"""A deadline into a year that nobody has published yet (L-7, L-9, E-9): a guess that says so, and becomes firm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notifiers.protocol import Recipient
from streams.cli.ticket.sheet import print_sheet
from streams.files.calendar.builtin import builtin_calendar
from streams.presentation.letters.letter import Kind, Letter, LetterItem
from streams.presentation.letters.render import render_mail, render_sms
from streams.presentation.ticket.dossier import Dossier
from streams.rules.state.documents import asset_document, ticket_document
from streams.rules.state.terms import published_deadline
from tests.flow.test_stories import owned, when
from tests.support.world import POLICY, ZONE, World

NEW_YEAR = {"2027-01-01": True, "2027-01-02": True, "2027-01-03": True}
LONG_NEW_YEAR = {f"2027-01-0{day}": True for day in range(1, 6)}


def blank_column() -> World:
    """Found on Monday 2026-12-28: five working days are guessed to end on Monday 2027-01-04."""
    world = owned("2026-12-28 10:00")
    world.send(
        {
            "asset_id": "kjj-site",
            "check": "column.blank",
            "locator": "调查征集",
            "observed_at": "2026-12-28T10:00:00+08:00",
        }
    )
    return world


def document(world: World) -> dict[str, Any]:
    """The ticket as it was published last."""
    return world.published("rectify.tickets")[-1]


def letter(world: World, kind: Kind) -> Letter:
    """What a contact would be sent now."""
    asset = world.assets["kjj-site"]
    shown = json.loads(
        json.dumps({**ticket_document(world.ticket(), asset, world.problems, ZONE), "deadline": None, "problems": []})
    )
    shown["deadline"] = json.loads(published_deadline(world.ticket(), ZONE))
    item = LetterItem(kind, shown, asset_document(asset), {"name": "市科技局"}, "空白栏目", working_days_left=1)
    return Letter(Recipient("李值守", "duty@kjj.xn.gov.cn", "duty"), (item,), world.now, ZONE)


def rungs(world: World) -> list[tuple[str, str]]:
    """Escalations, each with its local time."""
    return [(event["rung"], event["at"][:16]) for event in world.events("escalated")]


def test_it_says_so_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    """In the ticket, in the events' sentences, in mail and short message, and on the sheet of `ticket show`."""
    world = blank_column()
    ticket = document(world)
    assert (ticket["due_at"], ticket["deadline"]["provisional"]) == ("2027-01-04T23:59:59+08:00", True)
    (opened,) = world.events("opened")
    assert opened["summary"].endswith("整改时限 2027-01-04 23:59（暂定）")
    mail = render_mail(letter(world, "opened"))
    assert "（暂定），放假安排尚未公布" in mail.text
    assert "暂定" in mail.html
    assert "（暂定）" in render_sms(letter(world, "reminder"))

    asset = world.assets["kjj-site"]
    dossier = Dossier(world.ticket(), asset, None, world.problems, world.events(), [], builtin_calendar())
    print_sheet(dossier, POLICY, world.now.astimezone(ZONE))
    assert "时限  2027-01-04 23:59（剩余5个工作日）（暂定）" in capsys.readouterr().out

    world.until("2027-01-06 12:00")
    for kind in ("reminded", "overdue"):
        (event,) = world.events(kind)
        assert "（暂定）" in event["summary"]


def test_it_is_reminded_and_urged_and_goes_no_higher_until_the_year_is_published() -> None:
    """Whoever waits for the calendar is not supervised by a guess; once it is there the later rungs come."""
    world = blank_column()
    world.until("2027-01-06 12:00")
    assert when(world, "reminded") == ["2027-01-01 09:00"]
    assert when(world, "overdue") == ["2027-01-05 00:00"]
    assert rungs(world) == [("urge", "2027-01-05T09:00")]

    world.calendar(2027, NEW_YEAR)
    (changed,) = world.events("deadline_changed")
    assert (changed["rule"], changed["reason"], changed["at"][:16]) == ("L-7", "calendar_published", "2027-01-06T12:00")
    assert (changed["due_before"][:10], changed["due_at"][:10]) == ("2027-01-04", "2027-01-05")
    ticket = document(world)
    assert (ticket["due_at"][:10], ticket["deadline"]["provisional"]) == ("2027-01-05", False)
    assert (ticket["deadline"]["calendar"], ticket["rung"]) == ("cn-2027", "urge")
    assert "暂定" not in changed["summary"]
    assert "暂定" not in render_mail(letter(world, "urge")).text

    world.until("2027-01-20 12:00")
    assert rungs(world) == [
        ("urge", "2027-01-05T09:00"),
        ("supervise", "2027-01-08T09:00"),
        ("bulletin", "2027-01-13T09:00"),
    ]
    assert when(world, "overdue") == ["2027-01-05 00:00"]
    assert len(world.events("deadline_changed")) == 1


def test_without_a_calendar_it_never_goes_higher() -> None:
    """However long nobody publishes the year."""
    world = blank_column()
    world.until("2027-03-31 12:00")
    assert rungs(world) == [("urge", "2027-01-05T09:00")]


def test_the_guess_that_was_right_becomes_firm() -> None:
    """The day stays, the mark goes, and the later rungs come."""
    world = blank_column()
    world.until("2026-12-30 12:00")
    world.calendar(2027, {"2027-10-01": True})
    (changed,) = world.events("deadline_changed")
    assert changed["due_before"] == changed["due_at"]
    assert document(world)["deadline"]["provisional"] is False
    world.until("2027-01-20 12:00")
    assert [rung for rung, _ in rungs(world)] == ["urge", "supervise", "bulletin"]
    assert when(world, "reminded") == ["2027-01-01 09:00"]


def test_overdue_by_a_guess_and_in_time_again() -> None:
    """L-9: the holiday is longer than guessed, the deadline lies ahead again, and the ladder is climbed once more."""
    world = blank_column()
    world.until("2027-01-05 12:00")
    assert world.ticket().rung == "urge"
    world.calendar(2027, LONG_NEW_YEAR)
    assert document(world)["due_at"][:10] == "2027-01-07"
    assert (world.ticket().rung, world.ticket().cycle) == (None, 1)

    world.until("2027-01-12 12:00")
    assert when(world, "reminded") == ["2027-01-01 09:00", "2027-01-06 09:00"]
    assert when(world, "overdue") == ["2027-01-05 00:00", "2027-01-08 00:00"]
    assert rungs(world) == [
        ("urge", "2027-01-05T09:00"),
        ("urge", "2027-01-08T09:00"),
        ("supervise", "2027-01-12T09:00"),
    ]
    told = [notice for notice in world.told() if notice[1] == "urge" and notice[2] == "email"]
    assert [at for at, *_ in told] == ["01-05 09:00", "01-08 09:00"]


def test_a_closed_ticket_is_left_alone() -> None:
    """Nothing is counted again for who has put it right."""
    world = blank_column()
    ticket = world.ticket()
    world.command(action="close", asset_id="kjj-site", ticket_id=ticket.ticket_id, reason="主管单位确认")
    world.calendar(2027, NEW_YEAR)
    assert world.events("deadline_changed") == []
