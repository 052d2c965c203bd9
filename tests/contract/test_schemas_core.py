"""The core emits plain dictionaries, the models describe them: every message of a long story fits both."""

from __future__ import annotations

import inspect
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from pydantic import BaseModel

import schemas
from schemas.base import Model
from schemas.escalation import AssetShown, Escalation, UnitShown
from schemas.event import BODIES, Event
from schemas.recheck_request import RecheckRequest
from schemas.ticket import TicketDocument
from schemas.vocabulary import EVENT_LABELS
from streams.rules.deadlines.calendar_watch import calendar_missing
from streams.rules.intake.dead_letter_limits import dead_letters_limited, weigh
from streams.rules.notices.webhooks import Subscriber
from streams.rules.sending.alarms import provider_alarm
from streams.rules.sending.webhooks import webhook_given_up
from streams.rules.state.snapshot import Now
from streams.rules.state.workdays import Calendar
from tests.support.json_schemas import faults
from tests.support.world import TOPICS, ZONE, World

SITE = "kjj-site"
CHECKS = ["link.dead", "column.stale", "text.typo"]


def world() -> World:
    """One owned asset, one that nobody has registered, and a supervisor."""
    made = World("2026-03-02 09:00")
    made.unit("zwgk", "市政务公开办", region="咸宁", contacts=[{"name": "赵", "email": "zhao@xn.gov.cn"}])
    made.unit(
        "kjj", "市科技局", supervisor_id="zwgk", contacts=[{"name": "李", "phone": "13800000001"}], grade="正县级"
    )
    made.unit("dsj", "市大数据局", supervisor_id="zwgk")
    made.asset(SITE, "市科技局网站", unit_id="kjj", **{"class": "service"}, icp="鄂ICP备05000001号")
    return made


def finding(world: World, place: str, check: str = "column.stale", **fields: Any) -> dict[str, Any]:
    """A finding that is made now."""
    return {
        "asset_id": SITE,
        "check": check,
        "locator": place,
        "observed_at": world.now.isoformat(),
        "source": "crawler",
        "run_id": "r1",
        "title": "栏目不更新",
        "evidence": {"http_status": 404},
        "round": 3,
        **fields,
    }


def run(world: World, run_id: str, **fields: Any) -> dict[str, Any]:
    """A run that ends now."""
    return {
        "type": "run",
        "asset_id": SITE,
        "source": "crawler",
        "run_id": run_id,
        "status": "complete",
        "finished_at": world.now.isoformat(),
        "checks": CHECKS,
        **fields,
    }


def recheck(world: World, outcome: str, **fields: Any) -> dict[str, Any]:
    """A recheck that is answered now."""
    now = world.now.isoformat()
    return {"type": "recheck", "asset_id": SITE, "outcome": outcome, "observed_at": now, "evidence": {"x": 1}, **fields}


def command(world: World, action: str, number: int = 0, **fields: Any) -> None:
    """A command on the ticket that was opened as the so-and-so-many-th."""
    ticket_id = list(world.tickets.values())[number].ticket_id
    world.command(action=action, asset_id=SITE, ticket_id=ticket_id, **fields)


def a_ticket_by_command() -> World:
    """Everything that people can do to a ticket, and what the ladder does meanwhile."""
    story = world()
    story.send(finding(story, "a"), finding(story, "w", level="warning"))
    story.send(finding(story, "a"), finding(story, "a", run_id="r2"))
    command(story, "acknowledge", command_id="c-1")
    story.until("2026-03-09 10:00")
    command(story, "extend", working_days=2, reason="招标中")
    command(story, "extend", working_days=900, reason="x")
    story.until("2026-03-20 10:00")
    command(story, "claim_fix", measures="已更新", evidence={"url": "https://kjj/"})
    ticket_id = story.ticket().ticket_id
    story.send(recheck(story, "unverifiable", ticket_id=ticket_id, request_id="q"))
    command(story, "send_back", reason="未见更新")
    command(story, "claim_fix")
    story.send(recheck(story, "present", ticket_id=ticket_id))
    command(story, "reassign", unit_id="dsj")
    command(story, "waive", until="2026-04-01", reason="改版")
    story.until("2026-04-02 10:00")
    command(story, "reopen", reason="未改版")
    command(story, "dismiss", reason="误报")
    command(story, "reopen", reason="不是误报")
    story.now += timedelta(minutes=1)
    story.send(recheck(story, "absent", check="column.stale", locator="nowhere"))
    story.send(recheck(story, "absent", ticket_id=ticket_id))
    story.until("2026-04-03 10:00")
    story.send(finding(story, "a", run_id="r9"))
    command(story, "close", reason="已核实")
    story.until("2026-06-03 10:00")
    story.send(finding(story, "a", run_id="r10"))
    return story


def runs() -> World:
    """Runs that close, are held, judged by a person, incomplete, surplus, and disproved by a late finding."""
    story = world()
    story.send(*(finding(story, str(n), CHECKS[n % 3], evidence={}) for n in range(60)))
    story.now += timedelta(hours=1)
    for run_id, action in (("r2", "reject_run"), ("r3", "accept_run")):
        story.send(run(story, run_id))
        story.wait(31)
        story.command(action=action, asset_id=SITE, source="crawler", run_id=run_id, reason="已核")
    story.wait(1)
    story.send(finding(story, "0", CHECKS[0], run_id="r3", evidence={}))
    story.send(run(story, "r4", found=7))
    story.wait(301)
    story.send(finding(story, "0", CHECKS[0], run_id="r5", evidence={}), run(story, "r5", found=0))
    return story


def groups() -> World:
    """Problems of one cause, and an exploding check."""
    story = world()
    story.send(*(finding(story, str(n), "link.dead", evidence={"target": "https://gone/"}) for n in range(60)))
    story.send(*(finding(story, str(n), "text.typo", evidence={}) for n in range(40)))
    story.send(*(finding(story, str(n), "text.typo", evidence={}) for n in range(30, 60)))
    story.now += timedelta(hours=1)
    story.send(recheck(story, "absent", fingerprint=story.problems[0].fingerprint, source="crawler"))
    story.now += timedelta(hours=1)
    story.send(finding(story, "0", "link.dead", evidence={"target": "https://gone/"}, run_id="r2"))
    command(story, "split", fingerprints=[problem.fingerprint for problem in story.problems[1:3]], reason="另有原因")
    part, whole = list(story.tickets.values())[-1], next(iter(story.tickets.values()))
    into = {"ticket_id": part.ticket_id, "into": whole.ticket_id}
    story.command(action="merge", asset_id=SITE, reason="误拆", **into)
    return story


def nobodys() -> World:
    """An asset that is registered late, and a deadline that nobody can count for certain."""
    story = world()
    story.send(finding(story, "a", asset_id="unknown"), finding(story, "dark", "link.dark", asset_id="unknown"))
    story.until("2026-03-20 10:00")
    story.asset("unknown", unit_id="kjj")
    story.outbox.append(calendar_missing(TOPICS, 2027, story.now.date(), Now(story.now, story.real), ZONE))
    story.outbox.append(provider_alarm(TOPICS, "aliyun", "sms", "balance:isv.AMOUNT_NOT_ENOUGH", story.now))
    story.outbox.append(webhook_given_up(TOPICS, Subscriber("szfb", "szfb"), "connect", story.now))
    (limited,) = weigh({}, [("crawler", "time_ahead")] * 60, story.real).began
    story.outbox.append(dead_letters_limited(TOPICS, TOPICS.findings, limited, story.now))
    return story


def a_late_calendar() -> World:
    """A deadline in a year that is published only after the ticket was opened."""
    story = world()
    known = story.registry.calendar
    years = {year: days for year, days in known.arrangements.items() if year < 2026}
    story.registry = replace(story.registry, calendar=Calendar(years))
    story.send(finding(story, "a"))
    story.registry = replace(story.registry, calendar=known)
    story.until("2026-03-20 10:00")
    return story


def a_message() -> World:
    """A citizen's message that is answered after the month, and judged poor."""
    story = world()
    content = {"content_hash": "h1"}
    story.send(finding(story, "zc-1", "message.zhaocuo", received_at=story.now.isoformat(), evidence=content))
    story.until("2026-04-03 10:00")
    story.send(recheck(story, "absent", ticket_id=story.ticket().ticket_id))
    command(story, "reopen", reason="答复质量差")
    command(story, "dismiss", reason="无效留言")
    story.until("2026-04-07 10:00")
    story.send(finding(story, "zc-1", "message.zhaocuo", run_id="r2", evidence={"content_hash": "h2"}))
    return story


def a_crossed_line() -> World:
    """Warned of, then two tickets that had warnings: one opens, one joins."""
    story = world()
    for level, run_id in (("warning", "r1"), ("breach", "r2")):
        for place in ("a", "b"):
            story.send(finding(story, place, level=level, run_id=run_id, cause="改版"))
        story.now += timedelta(days=1)
    return story


def flapping() -> World:
    """Often gone and back, of a site that moves and is deleted, of a unit that is merged."""
    story = world()
    story.send(finding(story, "a"))
    answer = {"check": "column.stale", "locator": "a", "evidence": {"url": "http://a/"}}
    for _ in range(4):
        for source in ("one", "two"):
            story.now += timedelta(hours=1)
            story.send(recheck(story, "absent", **answer, source=source))
        story.now += timedelta(hours=1)
        story.send(recheck(story, "present", **answer))
    story.send(recheck(story, "present", **answer))
    story.asset("kjj-site", unit_id="kjj", replaced_by="new-site")
    story.unit("kjj", replaced_by="dsj")
    story.delete_asset("kjj-site")
    command(story, "dismiss", reason="网站已迁移", reason_code="withdrawn")
    story.send(recheck(story, "present", **answer))
    return story


def notices() -> World:
    """One that is stopped, and then sent after all."""
    story = world()
    story.unit("kjj", "市科技局", contacts=[{"name": "李", "email": "li@xn.gov.cn"}])
    story.send(finding(story, "a"))
    notice = next(iter(story.notices.values()))
    about = {"asset_id": SITE, "notice_id": notice.notice_id}
    story.command(action="suppress_notice", reason="已电话告知", command_id="n-1", **about)
    story.notices[notice.notice_id] = notice._replace(state="suppressed", code="stopped")
    story.command(action="resend_notice", reason="仍需书面通知", command_id="n-2", **about)
    return story


def nobody_looks() -> World:
    """A claim that no producer answers, and one that none can."""
    story = world()
    story.producer("blind", checks=[])
    story.send(finding(story, "a"), finding(story, "b", source="blind", run_id="b1"))
    for number in (0, 1):
        command(story, "claim_fix", number, measures="已更新")
    command(story, "send_back", reason="未见更新")
    command(story, "claim_fix")
    story.until("2026-03-20 10:00")
    return story


def asks() -> World:
    """Of each kind: granted, refused, not answered in time, ended with its ticket; and a note."""
    story = world()
    story.unit("office", "市政府办")
    story.unit("kjj", "市科技局", supervisor_id="office", contacts=[{"name": "李", "email": "li@xn.gov.cn"}])
    story.send(finding(story, "a"), finding(story, "b"))
    for number in (0, 1):
        command(story, "ask", number, kind="extension", working_days=3, reason="系统迁移", progress="已清理七成",
                evidence={"url": "https://www.xn.gov.cn/"}, via="account:li")  # fmt: skip
    command(story, "ask", kind="not_ours", unit_id="office", reason="职能已划转")
    command(story, "ask", 1, kind="false_alarm", reason="页面可以访问")
    command(story, "ask", 1, kind="false_alarm", reason="再次申诉")
    command(story, "extend", working_days=2, reason="同意")
    (refused,) = [one.ask_id for one in story.asks.values() if one.kind == "not_ours"]
    command(story, "refuse_ask", ask_id=refused, reason="职能未划转")
    story.until("2026-03-05 10:00")
    command(story, "dismiss", 1, reason="确系误报", reason_code="false_alarm")
    command(story, "note", 1, text="已电话告知")
    return story


STORIES = (
    asks,
    a_ticket_by_command,
    runs,
    groups,
    nobodys,
    a_late_calendar,
    a_message,
    a_crossed_line,
    flapping,
    notices,
    nobody_looks,
)


def model_of(topic: str) -> tuple[type[Model], str]:
    """The model and the schema of a topic."""
    if topic.startswith(TOPICS.escalation("")):
        return Escalation, "escalation"
    models: dict[str, tuple[type[Model], str]] = {
        TOPICS.events: (Event, "event"),
        TOPICS.tickets: (TicketDocument, "ticket"),
        TOPICS.recheck_requests: (RecheckRequest, "recheck-request"),
    }
    return models[topic]


def undeclared(model: Model) -> list[str]:
    """Fields that the core emits and the models do not know; registry records bring their own."""
    found = [] if isinstance(model, AssetShown | UnitShown) else list(model.extra)
    for part in (getattr(model, name) for name in type(model).model_fields):
        for item in part if isinstance(part, tuple) else (part,):
            if isinstance(item, Model):
                found += undeclared(item)
    return found


@pytest.mark.parametrize("story", STORIES)
def test_every_message_fits(story: Any) -> None:
    """By topic, against the model and against the exported schema; no field is missing and none undeclared."""
    told = story()
    assert told.refused == []
    for message in told.outbox:
        model, name = model_of(message.topic)
        read = model.model_validate_json(message.value or b"")
        assert undeclared(read) == [], message
        assert faults(name, json.loads(message.value or b"")) == []


def test_the_stories_tell_of_everything() -> None:
    """Each type of event occurs, so that the test above means something."""
    told = [event for story in STORIES for event in story().events()]
    assert {event["type"] for event in told} >= set(BODIES)
    assert {event["type"] for event in told} <= set(EVENT_LABELS)


def test_every_body_belongs_to_a_labelled_type() -> None:
    """A type without a Chinese label could not be shown; a field without a place in the model not read."""
    assert set(BODIES) <= set(EVENT_LABELS)
    assert {name for names in BODIES.values() for name in names} <= set(Event.model_fields)


def _models() -> Iterator[type[BaseModel]]:
    for module in pkgutil.iter_modules(schemas.__path__, "schemas."):
        for _, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(kind, BaseModel) and kind.__module__ == module.name:
                yield kind


@pytest.mark.parametrize("model", list(_models()), ids=lambda model: model.__name__)
def test_limits_are_enforced_where_they_are_written(model: type[BaseModel]) -> None:
    """A limit that a field adds to a type with a validator would be neither enforced nor exported."""
    for name, field in model.model_fields.items():
        limits = [limit for part in field.metadata if (limit := getattr(part, "max_length", None)) is not None]
        assert len(limits) <= 1, f"{name}: {limits}, of which only the first counts"
