"""What a finding does: identity, bad moments, warnings, verdicts, causes, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from streams.rules.state.terms import deadline_of
from tests.support.world import World

AT = "2026-03-02 10:00"


def seen(at: str = AT, **fields: Any) -> dict[str, Any]:
    """One finding of one page."""
    observed_at = f"{at.replace(' ', 'T')}:00+08:00"
    return {
        "asset_id": "site",
        "check": "text.typo",
        "locator": "https://a.gov.cn/1",
        "observed_at": observed_at,
        **fields,
    }


def dead(at: str = AT, **fields: Any) -> dict[str, Any]:
    """A dead link that may be a bad moment."""
    return seen(at, check="link.dead", evidence={"http_status": 503}, **fields)


def test_severity_texts_and_producer_are_no_identity() -> None:
    """D-3: the same place found otherwise is the same problem."""
    world = World(AT)
    world.send(seen(), seen(severity="critical", title="错字", detail="第三段", source="linter", run_id="r1"))
    assert [problem.count for problem in world.problems] == [2]
    assert world.by_status() == {"open": 1}


def test_first_and_last_sighting_are_the_extremes() -> None:
    """D-5: whatever order they arrive in."""
    world = World("2026-03-02 12:00")
    world.send(seen("2026-03-02 10:00"), seen("2026-03-02 11:00"), seen("2026-03-02 09:00"))
    (problem,) = world.problems
    times = [moment.strftime("%H") for moment in (problem.first_seen_at, problem.last_seen_at)]
    assert (times, problem.count) == (["01", "03"], 3)


def test_a_bad_moment_waits_for_three_spaced_sightings() -> None:
    """D-6: two within ten minutes are one; at the third apart a ticket opens, and all have counted."""
    world = World("2026-03-02 12:00")
    world.send(dead("2026-03-02 10:00"), dead("2026-03-02 10:05"), dead("2026-03-02 10:10"))
    assert (world.by_status(), world.events()) == ({}, [])
    world.send(dead("2026-03-02 10:20"))
    assert (world.ticket().occurrences, world.ticket().status) == (4, "open")


@pytest.mark.parametrize(
    "written",
    [503, 503.0, "503", " 503 ", "503.0", "5.03e2", "503 Service Unavailable", "HTTP/1.1 503", "５０３", 429.0, "0"],
)
def test_a_bad_moment_in_any_spelling(written: object) -> None:
    """D-15, D-6: as pandas, checkers and tables write the status."""
    world = World(AT)
    world.send(seen(check="link.dead", evidence={"http_status": written}))
    assert (world.by_status(), world.events()) == ({}, [])


def test_the_home_page_in_any_spelling() -> None:
    """D-15: a table's 是 has the home page's deadline."""
    world = World(AT)
    world.send(seen(check="link.dead", evidence={"http_status": "404 Not Found", "home_page": "是"}))
    assert deadline_of(world.ticket()).row == "link.dead/home_page=true"


def test_a_second_source_confirms() -> None:
    """D-6: at once."""
    world = World(AT)
    world.send(dead(source="crawler"), dead(source="linter"))
    assert world.by_status() == {"open": 1}


def test_what_is_no_bad_moment_opens_at_once() -> None:
    """D-6: a 404 is not a bad moment."""
    world = World(AT)
    world.send(seen(check="link.dead", evidence={"http_status": 404}))
    assert world.by_status() == {"open": 1}


def test_a_warning_opens_nothing_and_is_said_once_a_run() -> None:
    """D-7: it becomes the problem's past when the line is crossed."""
    world = World(AT)
    for run in ("r1", "r1", "r2"):
        world.send(seen(level="warning", run_id=run))
    assert (len(world.events("warned")), world.by_status()) == (2, {})
    world.send(seen(run_id="r3"))
    assert (world.ticket().occurrences, world.ticket().status) == (4, "open")


@pytest.mark.parametrize("action", ["dismiss", "waive"])
def test_a_verdict_outlives_repeats(action: str) -> None:
    """D-8: they count, and nothing is said."""
    world = World(AT)
    world.send(seen())
    until = {"until": "2026-06-30"} if action == "waive" else {}
    ticket_id = world.ticket().ticket_id
    world.command(action=action, asset_id="site", ticket_id=ticket_id, reason="引文，原文如此", **until)
    said = len(world.outbox)
    world.send(seen("2026-03-02 10:05"))
    assert (world.ticket().status, world.problems[0].count, len(world.outbox)) == ("dismissed", 2, said)


def test_a_named_cause_is_one_ticket() -> None:
    """G-1: per asset and check; another check or no cause stands alone."""
    world = World(AT)
    pages = [seen(locator=f"https://a.gov.cn/{i}", cause="页脚模板") for i in range(3)]
    world.send(*pages, seen(check="footer.missing", cause="页脚模板"), seen(locator="https://a.gov.cn/9"))
    assert sorted(ticket.problem_count for ticket in world.tickets.values()) == [1, 1, 3]
    assert {event["rule"] for event in world.events("joined")} == {"G-1"}


def test_a_broken_target_is_one_ticket() -> None:
    """G-2: ten pages that link to one missing file are one thing to put right."""
    world = World(AT)
    target = {"target": "https://a.gov.cn/logo.png", "http_status": 404}
    world.send(*(seen(check="link.dead", locator=f"https://a.gov.cn/{i}", evidence=target) for i in range(10)))
    assert (world.ticket().problem_count, world.ticket().cause) == (10, "target:https://a.gov.cn/logo.png")


def test_who_joins_does_not_move_the_deadline() -> None:
    """T-4: the first of a cause sets it."""
    world = World(AT)
    world.send(seen(cause="模板"))
    due = world.ticket().due_at
    world.until("2026-03-04 10:00")
    world.send(seen("2026-03-04 10:00", locator="https://a.gov.cn/2", cause="模板"))
    assert (world.ticket().due_at, world.ticket().problem_count) == (due, 2)


def again(world: World) -> list[str]:
    """The runs of which it was said that they still see it."""
    return [event["run_id"] for event in world.events("seen_again")]


def test_that_it_is_still_there_is_said_after_somebodys_word() -> None:
    """T-3: what nobody has taken up is counted; after 签收, and after 反馈整改, the next run that sees it is news."""
    world = World(AT)
    world.send(seen(run_id="r1"), seen(run_id="r2"))
    assert again(world) == []
    for action, runs in (("acknowledge", ("r2", "r3", "r3", "r4")), ("claim_fix", ("r4", "r5", "r6"))):
        said = {"measures": "已改正错别字"} if action == "claim_fix" else {}
        world.command(action=action, asset_id="site", ticket_id=world.ticket().ticket_id, **said)
        for run in runs:
            world.send(seen(run_id=run))
    assert again(world) == ["r3", "r5"]
    assert world.published("rectify.tickets")[-1]["occurrences"] == 8  # as of the last news; r6 is counted since


def test_an_acknowledgement_that_has_expired_waits_for_no_sighting() -> None:
    """T-3, E-5: nobody takes care of it any more."""
    world = World(AT)
    world.send(seen(run_id="r1"))
    world.command(action="acknowledge", asset_id="site", ticket_id=world.ticket().ticket_id)
    world.until("2026-03-06 10:00")
    assert world.events("acknowledgement_expired")
    world.send(seen("2026-03-06 10:00", run_id="r2"))
    assert again(world) == []


def test_counters_are_published_within_a_day() -> None:
    """T-2: mere repeats wait for the next change, a day of real time at most; what was published since is not again."""
    world = World(AT)
    world.send(seen())
    world.send(seen("2026-03-02 10:05"))
    world.wait(86_399)
    assert [ticket["occurrences"] for ticket in world.published("rectify.tickets")] == [1]
    world.wait(1)
    assert [ticket["occurrences"] for ticket in world.published("rectify.tickets")] == [1, 2]
    world.send(seen("2026-03-02 10:06"))
    world.command(action="acknowledge", asset_id="site", ticket_id=world.ticket().ticket_id)
    world.wait(86_400)
    published = [(ticket["version"], ticket["occurrences"]) for ticket in world.published("rectify.tickets")]
    assert published == [(1, 1), (2, 2), (3, 3)]


def test_a_run_that_is_judged_is_said_once() -> None:
    """R-22: what it has seen, what of it is new, and what it has proved gone."""
    world = World(AT)
    for at, run_id, places in ((AT, "r1", (0, 1, 2, 3)), ("2026-03-02 12:00", "r2", (2, 3, 4))):
        world.until(at)
        pages = [f"https://a.gov.cn/{number}" for number in places]
        world.send(*(seen(at, locator=page, source="crawler", run_id=run_id) for page in pages))
    run = {"type": "run", "asset_id": "site", "source": "crawler", "status": "complete", "found": 3}
    ended = {"started_at": "2026-03-02T11:55:00+08:00", "finished_at": "2026-03-02T12:00:00+08:00"}
    world.send({**run, "run_id": "r2", "checks": ["text.typo"], **ended})
    world.wait(301)
    (said,) = world.events("run_settled")
    assert (said["seen"], said["new"], said["gone"]) == (3, 1, 2)
    assert len(world.events("closed")) == 2


def test_a_problem_back_in_an_open_ticket() -> None:
    """C-5: one of two was proved gone and is seen again; the ticket was never closed."""
    world = World(AT)
    world.send(seen(cause="模板"), seen(locator="https://a.gov.cn/2", cause="模板"))
    place = {"check": "text.typo", "locator": "https://a.gov.cn/2"}
    observed = {"outcome": "absent", "observed_at": "2026-03-02T10:05:00+08:00"}
    world.send({"type": "recheck", "asset_id": "site", **place, **observed})
    assert (world.ticket().status, world.ticket().open_problem_count) == ("open", 1)
    world.send(seen("2026-03-02 10:08", locator="https://a.gov.cn/2", cause="模板"))
    assert (world.ticket().reopen_count, world.ticket().open_problem_count) == (0, 2)
    assert world.events("seen_again")[-1]["reason"] == "problem_back"


@pytest.mark.parametrize(("at", "tickets"), [("2026-04-01 11:00", 1), ("2026-04-01 11:01", 2)])
def test_the_last_moment_of_the_window_is_a_relapse(at: str, tickets: int) -> None:
    """C-5, C-6: thirty days after the proof to the minute; a minute later it is a new ticket."""
    world = World("2026-03-02 11:00")
    world.send(seen())
    absent = {"type": "recheck", "asset_id": "site", "check": "text.typo", "locator": "https://a.gov.cn/1"}
    world.send({**absent, "outcome": "absent", "observed_at": "2026-03-02T11:00:00+08:00"})
    world.until("2026-04-02 10:00")
    world.send(seen(at))
    assert len(world.tickets) == tickets
