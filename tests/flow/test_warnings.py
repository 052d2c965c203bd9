"""Before the line: who is warned, how often, and what becomes of it (rules D-7, D-11, D-12, N-12, N-13)."""

from __future__ import annotations

import json
from typing import Any

from tests.support.world import ZONE, World

COLUMN = "https://kjj.gov.cn/xwzx/"
NEWS = {"column_kind": "news", "stale_since": "2026-02-23"}


def world(at: str = "2026-03-05 10:00") -> World:
    """A Thursday; one site with a duty contact, a head and a phone."""
    made = World(at)
    contacts = [
        {"name": "李", "email": "li@kjj.gov.cn", "phone": "13800000001"},
        {"name": "王", "email": "wang@kjj.gov.cn", "role": "head"},
    ]
    made.unit("kjj", "市科技局", contacts=contacts)
    made.asset("site", "市科技局网站", unit_id="kjj")
    return made


def stale(world: World, level: str = "warning", *, run: str = "r1", **fields: Any) -> None:
    """A run finds the news column stale, now."""
    world.send(
        {
            "asset_id": "site",
            "check": "column.stale",
            "locator": COLUMN,
            "observed_at": world.now.isoformat(),
            "source": "crawler",
            "run_id": run,
            "level": level,
            "evidence": NEWS,
            **fields,
        }
    )


def warned(world: World) -> list[str]:
    """When the notices that warn are to be sent, local time."""
    return [
        notice.not_before.astimezone(ZONE).strftime("%m-%d %H:%M")
        for notice in world.notices.values()
        if notice.kind == "warned"
    ]


def absent(world: World, run: str) -> None:
    """A complete run of the crawler that does not see it."""
    message = {"type": "run", "asset_id": "site", "source": "crawler", "run_id": run, "status": "complete"}
    world.send({**message, "finished_at": world.now.isoformat(), "checks": ["column.stale"], "found": 0})
    world.wait(1)


def test_a_warning_is_told_the_next_morning_by_mail_to_the_duty_contact() -> None:
    """N-12: found on Thursday at 10:00; on Friday at 09:00, ten minutes later if no other mail takes it along."""
    story = world()
    stale(story)
    (notice,) = story.notices.values()
    assert (notice.kind, notice.channel, notice.name, notice.ticket_pk) == ("warned", "email", "李", 0)
    assert (warned(story), story.by_status()) == (["03-06 09:10"], {})
    subject = json.loads(notice.subject_json or "")
    assert (subject["name"], subject["locator"], subject["stale_since"]) == ("栏目不更新", COLUMN, "2026-02-23")
    assert [(line["kind"], line["amount"], line["unit"]) for line in subject["lines"]] == [("breach", 14, "day")]


def test_what_a_night_run_finds_is_told_the_same_morning() -> None:
    """N-12: and what is found on a Friday evening, on Monday."""
    night, friday = world("2026-03-05 03:00"), world("2026-03-06 18:00")
    stale(night)
    stale(friday)
    assert (warned(night), warned(friday)) == (["03-05 09:10"], ["03-09 09:10"])


def test_nobody_is_told_every_day() -> None:
    """N-13: run after run sees it; told once, and again after a week."""
    story = world()
    for day in range(5, 14):
        story.now = story.now.replace(day=day)
        stale(story, run=f"r{day}")
    assert (len(story.events("warned")), warned(story)) == (9, ["03-06 09:10", "03-13 09:10"])
    assert [json.loads(n.subject_json or "")["times"] for n in story.notices.values()] == [1, 2]


def test_two_warnings_of_a_batch_make_one_notice() -> None:
    """N-1, N-13: a producer's retry warns nobody twice."""
    story = world()
    stale(story)
    stale(story)
    stale(story, run="r2")
    assert len(story.notices) == 1


def test_nobody_is_told_of_what_nobody_owns() -> None:
    """N-12: and as soon as it has an owner, the next warning is told."""
    story = World("2026-03-05 10:00")
    stale(story)
    assert (len(story.events("warned")), warned(story)) == (1, [])
    story.unit("kjj", contacts=[{"name": "李", "email": "li@kjj.gov.cn"}])
    story.asset("site", unit_id="kjj")
    stale(story, run="r2")
    assert warned(story) == ["03-06 09:10"]


def test_a_crossed_line_begins_its_history_with_the_warnings() -> None:
    """D-11: warned on the 5th and 6th, stale for two weeks on the 9th."""
    story = world()
    stale(story, locator="https://kjj.gov.cn/other/")
    stale(story)
    story.until("2026-03-06 10:00")
    stale(story, run="r2")
    story.until("2026-03-09 10:00")
    stale(story, "breach", run="r3")
    past = [entry.type for entry in story.history if entry.ticket_pk == story.ticket().pk]
    assert past == ["warned", "warned", "opened"]
    assert story.events("opened")[0]["warned_at"] == "2026-03-05T10:00:00+08:00"
    assert [entry.type for entry in story.history if entry.ticket_pk is None] == ["warned"]


def test_a_crossed_line_may_join_a_ticket() -> None:
    """D-11: the event `joined` says it as well; a ticket without warnings says nothing of them."""
    story = world()
    stale(story, cause="改版")
    stale(story, "breach", locator="https://kjj.gov.cn/first/", cause="改版")
    stale(story, "breach", run="r2", cause="改版")
    assert "warned_at" not in story.events("opened")[0]
    assert story.events("joined")[0]["warned_at"] == "2026-03-05T10:00:00+08:00"


def test_the_warnings_of_a_bad_moment_wait_for_its_confirmation() -> None:
    """D-11, D-6: warned of, then suspected, then a ticket with its past."""
    story = world()
    site: dict[str, Any] = {"check": "site.unreachable", "locator": "", "evidence": {}}
    stale(story, **site)
    for minute in (15, 30, 45):
        story.now = story.now.replace(minute=minute)
        stale(story, "breach", **site)
    assert [entry.type for entry in story.history if entry.ticket_pk] == ["warned", "opened"]


def test_a_warned_problem_that_is_gone_is_simply_no_longer_warned_of() -> None:
    """D-12: no event, no mail; a late warning of the days before changes the record only, a new one begins afresh."""
    story = world()
    stale(story)
    story.until("2026-03-06 10:00")
    absent(story, "r2")
    events = len(story.events())
    late = {"observed_at": "2026-03-05T11:00:00+08:00"}
    stale(story, run="r0", **late)
    assert (len(story.events()), len(story.notices), story.problems[0].count) == (events, 1, 2)
    story.until("2026-03-09 10:00")
    stale(story, run="r3")
    assert (len(story.events("warned")), warned(story)) == (2, ["03-06 09:10", "03-10 09:10"])


def test_warnings_before_a_proof_of_absence_are_no_ticket_s_past() -> None:
    """D-11, D-12: fixed in between, so the new ticket has nothing to do with them."""
    story = world()
    stale(story)
    story.until("2026-03-06 10:00")
    absent(story, "r2")
    story.until("2026-03-30 10:00")
    stale(story, "breach", run="r3")
    assert "warned_at" not in story.events("opened")[0]
    assert [entry.type for entry in story.history if entry.ticket_pk] == ["opened"]


def test_an_old_recheck_does_not_end_a_warning() -> None:
    """D-12: it looked before the warning was seen."""
    story = world()
    stale(story)
    recheck = {"type": "recheck", "asset_id": "site", "check": "column.stale", "locator": COLUMN, "outcome": "absent"}
    story.send({**recheck, "observed_at": "2026-03-05T09:00:00+08:00"})
    story.until("2026-03-06 10:00")
    stale(story, run="r2")
    assert len(story.notices) == 1


def closed_once(at: str) -> World:
    """Stale in January, closed on the 13th; now it is later."""
    story = world("2026-01-12 10:00")
    stale(story, "breach", run="j1")
    story.until("2026-01-13 10:00")
    absent(story, "j2")
    story.until(at)
    return story


def test_what_was_a_ticket_once_is_warned_of_again() -> None:
    """D-12: closed in January, near its line in March: the closed ticket stays, and a run may prove it gone."""
    story = closed_once("2026-03-05 10:00")
    stale(story, run="m1")
    assert (warned(story), story.by_status()) == (["03-06 09:10"], {"closed": 1})
    story.until("2026-03-06 10:00")
    absent(story, "m2")
    story.until("2026-03-09 10:00")
    stale(story, run="m3")
    assert warned(story) == ["03-06 09:10", "03-10 09:10"]


def test_a_recurrence_has_the_warnings_before_it() -> None:
    """D-11, C-6: the new ticket, not the old one."""
    story = closed_once("2026-03-05 10:00")
    stale(story, run="m1")
    story.until("2026-03-09 10:00")
    stale(story, "breach", run="m2")
    old, new = story.tickets.values()
    assert (new.recurrence_of, story.events("opened")[-1]["warned_at"]) == (old.ticket_id, "2026-03-05T10:00:00+08:00")
    assert [entry.type for entry in story.history if entry.ticket_pk == new.pk] == ["warned", "opened"]


def test_a_relapse_has_the_warnings_before_it() -> None:
    """D-11, C-5: within 30 days the old ticket opens again, and says so."""
    story = closed_once("2026-01-26 10:00")
    stale(story, run="j3")
    story.until("2026-01-30 10:00")
    stale(story, "breach", run="j4")
    assert story.ticket().status == "open"
    assert story.events("reopened")[0]["warned_at"] == "2026-01-26T10:00:00+08:00"
