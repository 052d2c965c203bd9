"""The weekly mail to supervising units: when it is due, who gets it, for how long, and what it covers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import orjson
import pytest

from schemas.limits import Weekly
from streams.rules.commands.contacts import outdated, readdressed
from streams.rules.notices.weekly_mails import enrolled, moment_after
from streams.rules.sending.sending import Situation, plan_sending
from streams.rules.state.records import Notice
from tests.support.world import POLICY, World, local

MONDAY = Weekly(weekday=1, time=time(9))
TOLD = POLICY.model_copy(update={"sending": POLICY.sending.model_copy(update={"weekly": MONDAY})})


@pytest.fixture
def world() -> World:
    """A city's office over two bureaus, one of which has a county below it, at work since a Wednesday."""
    made = World("2026-03-04 12:00", TOLD)
    made.unit("city", contacts=[
        {"name": "周", "email": "zhou@city.gov.cn"}, {"name": "吴", "email": "Zhou@CITY.gov.cn"},
        {"name": "郑", "email": "zheng@city.gov.cn", "role": "head"},
    ])  # fmt: skip
    made.unit("kjj", supervisor_id="city", contacts=[{"name": "王", "email": "wang@kjj.cn", "role": "head"}])
    made.unit("wjw", supervisor_id="city", contacts=[{"name": "李", "phone": "13800000000"}])
    made.unit("county", supervisor_id="kjj", contacts=[{"name": "陈", "email": "chen@county.cn"}])
    enrol(made)
    return made


def enrol(world: World) -> None:
    """As the due watch does; who has a moment keeps it."""
    known = {name for name, one in world.weeks.items() if one.due_at is not None}
    new = enrolled(world.registry, MONDAY, world.now)
    world.weeks |= {one.unit_id: one for one in new if one.unit_id not in known}


def sent(world: World) -> list[tuple[str, ...]]:
    """To whom, from when, until when, how long it lives."""
    return sorted(
        (one.address, *(local_minute(orjson.loads(one.subject_json or "")[name]) for name in ("since", "until")),
         local_minute(one.expires_at.isoformat()))
        for one in world.notices.values() if one.kind == "weekly"
    )  # fmt: skip


def local_minute(moment: str) -> str:
    """By the office's clock: month, day, hour."""
    return (datetime.fromisoformat(moment) + timedelta(hours=8)).strftime("%m-%d %H:%M")


@pytest.mark.parametrize(
    ("at", "following"),
    [
        ("2026-03-04 12:00", "2026-03-09 09:00"),
        ("2026-03-09 08:59", "2026-03-09 09:00"),
        ("2026-03-09 09:00", "2026-03-16 09:00"),
        ("2026-04-03 12:00", "2026-04-07 09:00"),  # Tomb-Sweeping Day: Monday the 6th is off
        ("2026-09-29 12:00", "2026-10-08 09:00"),  # the National Day's week has no Monday at work
        ("2026-10-08 09:00", "2026-10-12 09:00"),
        ("2026-02-13 12:00", "2026-02-24 09:00"),  # two Mondays of the Spring Festival are one mail
        ("2026-02-24 09:00", "2026-03-02 09:00"),
    ],
)
def test_it_is_due_on_the_next_working_day(at: str, following: str) -> None:
    """N-74: Monday at nine, the next working day where that is none; two that fall on one day are one."""
    registry = World(at).registry
    assert moment_after(local(at), MONDAY, registry.calendar, registry.zone) == local(following)


def test_who_supervises_is_told_once_a_week(world: World) -> None:
    """N-74: once for each inbox, on duty before others; who supervises nobody, or has no mail, hears nothing."""
    world.until("2026-03-16 10:00")
    weeks = [("03-02 09:00", "03-09 09:00", "03-16 09:00"), ("03-09 09:00", "03-16 09:00", "03-23 09:00")]
    assert sent(world) == [(to, *week) for to in ("wang@kjj.cn", "zhou@city.gov.cn") for week in weeks]


def test_after_a_stop_once_for_all_that_was_missed(world: World) -> None:
    """N-74: down from Wednesday until the Thursday three weeks later: one mail that covers all, then as usual."""
    world.jump("2026-03-26 10:00")
    world.until("2026-03-30 10:00")
    mine = [row for row in sent(world) if row[0] == "wang@kjj.cn"]
    assert [row[1:] for row in mine] == [
        ("03-02 09:00", "03-23 09:00", "03-30 09:00"), ("03-23 09:00", "03-30 09:00", "04-07 09:00"),
    ]  # fmt: skip


def test_who_supervises_nobody_any_more_is_left_alone_until_it_does(world: World) -> None:
    """N-74: the county goes to the city on Thursday; on the next Wednesday it is the bureau's again."""
    world.unit("county", supervisor_id="city", contacts=[{"name": "陈", "email": "chen@county.cn"}])
    world.until("2026-03-11 10:00")
    assert {row[0] for row in sent(world)} == {"zhou@city.gov.cn"}
    assert world.weeks["kjj"].due_at is None
    world.unit("county", supervisor_id="kjj", contacts=[{"name": "陈", "email": "chen@county.cn"}])
    enrol(world)
    world.until("2026-03-16 10:00")
    assert [row[1:3] for row in sent(world) if row[0] == "wang@kjj.cn"] == [("03-09 09:00", "03-16 09:00")]


def test_a_pack_that_does_not_say_so_sends_none(world: World) -> None:
    """N-74: the pack of before said so: what was due is over."""
    world.policy = POLICY
    world.until("2026-03-30 10:00")
    assert sent(world) == []
    assert {one.due_at for one in world.weeks.values()} == {None}


def waiting(world: World, unit_id: str) -> Notice:
    """Its mail of the first week, before it is sent."""
    world.until("2026-03-09 09:00")
    (found,) = [one for one in world.notices.values() if one.kind == "weekly" and one.unit_id == unit_id]
    return found


def planned(world: World, *notices: Notice, at: str = "2026-03-09 09:00") -> dict[str, Any]:
    """What becomes of them then: how many letters, what ends and why."""
    now = Situation(local(at), {}, world.registry, TOLD.sending, configured=True)
    plan = plan_sending(notices, now)
    return {
        "letters": [len(one.notices) for one in plan.deliveries],
        "held": [one.code for one in plan.held],
        "ended": [(one.state, one.code) for one in plan.ended],
    }


def test_it_goes_by_itself_and_only_while_it_holds(world: World) -> None:
    """N-74, N-75: a letter for each unit, though one person is told for two; not at night, not after the next one."""
    first = waiting(world, "kjj")
    second = replace_unit(first, "city")
    assert planned(world, first, second)["letters"] == [1, 1]
    assert planned(world, first, at="2026-03-09 23:00")["held"] == ["quiet_hours"]
    assert planned(world, first, at="2026-03-16 09:00")["ended"] == [("expired", "too_late")]
    world.unit("county", supervisor_id="city", contacts=[])
    assert planned(world, first)["ended"] == [("suppressed", "superseded")]


def replace_unit(notice: Notice, unit_id: str) -> Notice:
    """The same person's mail for another unit."""
    return notice._replace(notice_id="0" * 32, unit_id=unit_id)


def test_nobody_else_is_told_in_the_place_of_who_has_left(world: World) -> None:
    """N-49, N-74: to the same person's new address; to nobody when somebody else is there now."""
    mail = waiting(world, "kjj")
    registry = world.registry
    for name, address, told in (("王", "new@kjj.cn", True), ("孙", "sun@kjj.cn", False)):
        contact = registry.units["kjj"].contacts[0].model_copy(update={"name": name, "email": address})
        unit = registry.units["kjj"].model_copy(update={"contacts": (contact,)})
        changed = replace(registry, units={**registry.units, "kjj": unit})
        assert outdated(mail, changed)
        (other,) = readdressed([mail], changed, ())
        assert (other.address, other.code) == ((address, None) if told else (mail.address, "withdrawn"))
        now = Situation(local("2026-03-09 09:00"), {}, changed, TOLD.sending, configured=True)
        assert [(one.state, one.code) for one in plan_sending([other], now).ended] == (
            [] if told else [("suppressed", "withdrawn")]
        )
