"""Commands end to end: what people decide, as published on the commands topic."""

from __future__ import annotations

from typing import Any

from tests.support.pipeline import Pipeline

CHECKS = [f"check.kind{n}" for n in range(50)]


def finding(locator: str, **fields: Any) -> dict[str, Any]:
    """One finding of Monday morning."""
    return {
        "asset_id": "site",
        "check": "column.stale",
        "locator": locator,
        "observed_at": "2026-03-02T09:00:00+08:00",
        "source": "crawler",
        **fields,
    }


async def status(pipeline: Pipeline, locator: str) -> dict[str, Any]:
    """The ticket of a place as it stands."""
    await pipeline.settled()
    (found,) = [t for t in pipeline.seen.tickets.values() if t["problems"] and t["problems"][0]["locator"] == locator]
    return found


async def test_a_unit_works_on_its_ticket(pipeline: Pipeline) -> None:
    """Acknowledged, extended twice within the limit and refused beyond it, claimed, sent back; each answered by id."""
    async with pipeline.working():
        await pipeline.send(finding("要闻"))
        ticket = await status(pipeline, "要闻")
        due = ticket["due_at"]

        await pipeline.command("acknowledge", ticket, command_id="k-1")
        assert (await status(pipeline, "要闻"))["status"] == "acknowledged"

        await pipeline.command("extend", ticket, working_days=60, reason="改版", command_id="k-2")
        refused = await status(pipeline, "要闻")
        assert (refused["due_at"], refused["extension_count"]) == (due, 0)
        await pipeline.command("extend", ticket, working_days=2, reason="改版", command_id="k-3")
        await pipeline.command("extend", ticket, working_days=1, reason="改版未完", command_id="k-4")
        extended = await status(pipeline, "要闻")
        assert (due[:10], extended["due_at"][:10], extended["extension_count"]) == ("2026-03-09", "2026-03-12", 2)
        await pipeline.command("extend", ticket, working_days=1, reason="还没好", command_id="k-5")
        assert (await status(pipeline, "要闻"))["due_at"] == extended["due_at"]

        await pipeline.command("claim_fix", ticket, measures="已更新", command_id="k-6")
        assert (await status(pipeline, "要闻"))["status"] == "claimed"
        await pipeline.command("send_back", ticket, reason="仍为旧内容", command_id="k-7")
        assert (await status(pipeline, "要闻"))["status"] == "acknowledged"

    answers = {event["command_id"]: event for event in pipeline.seen.events() if event.get("command_id")}
    assert {key: (event["type"], event["reason"], event["by"]) for key, event in answers.items() if key != "k-6"} == {
        "k-1": ("acknowledged", "acknowledge", "张三"),
        "k-2": ("command_refused", "extension_too_long", "张三"),
        "k-3": ("extended", "extend", "张三"),
        "k-4": ("extended", "extend", "张三"),
        "k-5": ("command_refused", "extension_limit", "张三"),
        "k-7": ("sent_back", "send_back", "张三"),
    }
    assert [r["ticket_id"] for r in pipeline.seen.requests] == [ticket["ticket_id"]]


async def test_a_false_alarm_stays_dismissed(pipeline: Pipeline) -> None:
    """Dismissed by a person: seen again it counts, and opens nothing."""
    async with pipeline.working():
        await pipeline.send(finding("通知"))
        await pipeline.command("dismiss", await status(pipeline, "通知"), reason="误报", command_id="k-1")
        assert (await status(pipeline, "通知"))["status"] == "dismissed"
        await pipeline.send(finding("通知", observed_at="2026-03-02T09:55:00+08:00"))
        assert (await status(pipeline, "通知"))["status"] == "dismissed"
    assert await pipeline.problems() == (1, 2)
    assert len(pipeline.seen.events("opened")) == 1


async def test_the_same_command_id_acts_once(pipeline: Pipeline) -> None:
    """Sent twice together, and once more when the ticket has moved on: one act, one answer."""
    async with pipeline.working():
        await pipeline.send(finding("要闻"))
        ticket = await status(pipeline, "要闻")
        await pipeline.command("acknowledge", ticket, command_id="k-1")
        await pipeline.command("acknowledge", ticket, command_id="k-1")
        await pipeline.settled()
        await pipeline.command("acknowledge", ticket, command_id="k-1")
        await pipeline.settled()
    answers = [event["type"] for event in pipeline.seen.events() if event.get("command_id") == "k-1"]
    assert answers == ["acknowledged"]
    assert pipeline.ticket()["version"] == ticket["version"] + 1


async def test_a_held_run_is_accepted(pipeline: Pipeline) -> None:
    """A complete run that sees nothing of 40 problems closes none; a supervisor accepts it, and all are closed."""
    run = {
        "type": "run",
        "asset_id": "site",
        "run_id": "r2",
        "source": "crawler",
        "status": "complete",
        "started_at": "2026-03-02T09:30:00+08:00",
        "finished_at": "2026-03-02T09:50:00+08:00",
        "checks": CHECKS,
        "found": 0,
    }
    async with pipeline.working():
        await pipeline.send(*(finding(f"p{n}", check=CHECKS[n], run_id="r1") for n in range(40)))
        await pipeline.settled()
        await pipeline.send(run)
        await pipeline.until(lambda: pipeline.seen.events("run_held"))
        await pipeline.settled()
        assert await pipeline.by_status() == {"open": 40}
        (told,) = pipeline.seen.escalations["supervise"]
        assert (told["type"], told["would_close"]) == ("run_held", 40)

        which = {"asset_id": "site", "source": "crawler", "run_id": "r2"}
        await pipeline.command("accept_run", **which, reason="栏目已下线", command_id="k-1")
        await pipeline.until(lambda: len(pipeline.seen.events("closed")) == 40)
        await pipeline.settled()
    assert await pipeline.by_status() == {"closed": 40}
    assert [event["command_id"] for event in pipeline.seen.events("run_accepted")] == ["k-1"]
