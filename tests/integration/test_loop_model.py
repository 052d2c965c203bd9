"""Generated histories of the loop on the pure core, beside its naive model, and on the real pipeline: one outcome."""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

import pytest

from tests.support.histories import Chapter, history
from tests.support.loop import Loop
from tests.support.loop_oracle import Place
from tests.support.pipeline import Pipeline
from tests.support.world import POLICY, TOPICS

SEEDS = range(6)
OF_A_TICKET = ("status", "due_at", "problem_count", "open_problem_count", "reopen_count", "close_reason", "rung")
OF_A_PROBLEM = ("status", "count", "first_seen_at", "last_seen_at")
Outcome = dict[str, Any]


def outcome(tickets: list[dict[str, Any]], events: list[dict[str, Any]]) -> Outcome:
    """What other programs can see of an asset at the end, without the numbers of its tickets."""
    seen = []
    for ticket in tickets:
        problems = [(p["locator"], *(p[name] for name in OF_A_PROBLEM)) for p in ticket["problems"]]
        seen.append(
            (ticket["check"], *(ticket[name] for name in OF_A_TICKET), problems, ticket["recurrence_of"] is None)
        )
    return {"tickets": sorted(map(repr, seen)), "events": Counter((e["type"], e["reason"]) for e in events)}


def on_the_core(chapters: list[Chapter]) -> Outcome:
    """Played step by step, and compared with the model at each."""
    loop = Loop(POLICY)
    for chapter in chapters:
        loop.world.until(chapter.at)
        for act in chapter.acts:
            mine = [p for p in loop.world.problems if p.current and loop.place(p) == act.place]
            if mine:
                loop.act((act.action, loop.world.tickets[mine[0].ticket_pk].ticket_id))
        loop.deliver(chapter.messages)
        loop.wait(0)
        loop.check()
    loop.wait(31)
    loop.check_publication()
    last = {document["ticket_id"]: document for document in loop.world.published(TOPICS.tickets)}
    events = {event["id"]: event for event in loop.world.events()}
    return outcome(list(last.values()), list(events.values()))


def ticket_of(pipeline: Pipeline, place: Place) -> dict[str, Any] | None:
    """The latest ticket that has this place's problem, as last published."""
    mine = [
        ticket
        for ticket in pipeline.seen.tickets.values()
        if (ticket["asset_id"], ticket["check"]) == (place.asset_id, place.check)
        and place.locator in {problem["locator"] for problem in ticket["problems"]}
    ]
    return max(mine, key=lambda ticket: str(ticket["opened_at"]), default=None)


async def play(pipeline: Pipeline, chapters: list[Chapter]) -> None:
    """One chapter of every history."""
    await pipeline.run_until(chapters[0].at)
    for act in [act for chapter in chapters for act in chapter.acts]:
        ticket = ticket_of(pipeline, act.place)
        if ticket is not None:
            await pipeline.command(act.action, ticket, reason="核实")
    await pipeline.settled()
    await pipeline.send(*(message for chapter in chapters for message in chapter.messages))
    await pipeline.settled()


def told_of(pipeline: Pipeline, asset_id: str) -> Outcome:
    """What the topics say of an asset."""
    tickets = [ticket for ticket in pipeline.seen.tickets.values() if ticket["asset_id"] == asset_id]
    return outcome(tickets, [event for event in pipeline.seen.events() if event["asset_id"] == asset_id])


@pytest.mark.timeout(600)
async def test_the_real_pipeline_ends_where_the_core_does(pipeline: Pipeline) -> None:
    """Six histories side by side through Kafka, one worker and the ledger: the same tickets, problems and events."""
    histories = {f"site-{seed}": history(seed) for seed in SEEDS}
    expected = {asset_id: on_the_core(chapters) for asset_id, chapters in histories.items()}
    async with pipeline.working():
        for chapters in zip(*histories.values(), strict=True):
            await play(pipeline, list(chapters))
        with contextlib.suppress(AssertionError):  # counters are published within 30 s; what differs is told below
            await pipeline.until(lambda: all(told_of(pipeline, one) == expected[one] for one in histories), 45)
    for asset_id, wanted in expected.items():
        told = told_of(pipeline, asset_id)
        assert told["tickets"] == wanted["tickets"], asset_id
        assert told["events"] == wanted["events"], asset_id
