"""A pack with steps of its own goes through a ticket's whole life; one that lacks what the rules need is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from notifiers.protocol import Recipient
from schemas.policy import Policy
from schemas.topics import Topics
from streams.files.faults import FileError
from streams.files.policy.loading import load_policy
from streams.presentation.letters.card import card
from streams.presentation.letters.kinds import called, kind_of, rank
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.render import render_calendar, render_mail, render_sms
from streams.presentation.letters.sms_variables import variables
from streams.presentation.ticket.letter_item import letter_item
from streams.rules.sending.also_due import takes_along
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import Now
from tests.support.world import ZONE, World

HEAD = "pack: ours\nversion: 1\ntitle: 本市\n"
LADDER = """
ladder:
  - {name: first_word, title: 交办, at: {anchor: opening}, to: [duty], channels: [email], gathered: true, sure: D}
  - {name: nudge, title: 提示, at: {anchor: due, working_days: -1, time: 09:00, half_below: 3}, to: [duty], channels: [email], late: skipped, sure: D}
  - {name: overdue, title: 逾期, at: {anchor: due, seconds: 1}, late: at_once, sure: D}
  - {name: press, title: 催促, at: {anchor: due, working_days: 1, time: 09:00}, to: [duty], channels: [email, sms], late: at_once, escalation: true, sure: D}
  - {name: interview, title: 约谈, at: {anchor: press, working_days: 2, time: 09:00}, to: [head, supervisor], channels: [email, sms], escalation: true, sure: D}
  - {name: account, title: 问责, at: {anchor: interview, working_days: 2, time: 09:00}, to: [supervisor], channels: [email], escalation: true, sure: D}
"""  # noqa: E501 - a step is a line
STEPS = {"first_word": "交办", "nudge": "提示", "press": "催促", "interview": "约谈", "account": "问责"}


def pack(folder: Path, *parts: str) -> Policy:
    """A pack in a file."""
    path = folder / "ours.yaml"
    path.write_text(HEAD + "".join(parts), encoding="utf-8")
    return load_policy(str(path))


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    """No step but `overdue` is called as in the default pack."""
    return pack(tmp_path, LADDER)


def letter(world: World, notice: Notice) -> Letter:
    """What a dispatcher would send of it."""
    ticket = world.tickets[notice.ticket_pk]
    asset = next(asset for asset in world.assets.values() if asset.pk == ticket.asset_pk)
    problems = [problem for problem in world.problems if problem.ticket_pk == ticket.pk]
    now = Now(world.now, world.real)
    item = letter_item(notice.kind, ticket, asset, problems, world.registry, world.policy, now, "")
    return Letter(Recipient(notice.name, notice.address, notice.role), (item,), world.now, ZONE)


def finding(place: int, run: str | None = None, at: str = "2026-03-02T10:00:00+08:00") -> dict[str, Any]:
    """A blank column."""
    found = {"asset_id": "site", "check": "column.blank", "locator": f"/{place}", "source": "crawler"}
    return {**found, "run_id": run, "observed_at": at}


def office(policy: Policy) -> World:
    """A unit with a duty contact, a head and a group, under a supervising unit."""
    world = World("2026-03-02 10:00", policy)
    people = [
        {"name": "值守", "email": "duty@a.gov.cn", "phone": "13800000001"},
        {"name": "局长", "email": "head@a.gov.cn", "phone": "13800000002", "role": "head"},
    ]
    world.unit("city", "市政府办", contacts=[{"name": "督查", "email": "city@a.gov.cn"}])
    world.unit("owner", "市科技局", supervisor_id="city", contacts=people, groups=["科技局群"])
    world.asset("site", "微信公众号：市科技局发布", unit_id="owner")
    return world


def test_its_whole_life(policy: Policy) -> None:
    """E-1 to E-4, N-53: everybody is told at every step, under the pack's words, on topics that there are."""
    world = office(policy)
    world.send(finding(1))
    world.until("2026-03-20 10:00")
    (ticket,) = world.tickets.values()
    assert ticket.rung == "account"
    told = {(n.kind, n.channel, n.name) for n in world.notices.values()}
    assert told == {
        ("opened", "email", "值守"), ("nudge", "email", "值守"), ("press", "email", "值守"), ("press", "sms", "值守"),
        ("press", "chat", "科技局群"), ("interview", "email", "局长"), ("interview", "sms", "局长"),
        ("interview", "email", "督查"), ("interview", "chat", "科技局群"), ("account", "email", "督查"),
        ("account", "chat", "科技局群"),
    }  # fmt: skip
    for notice in world.notices.values():
        what, title = letter(world, notice), STEPS.get(notice.kind, "交办")
        mail, sms = render_mail(what), render_sms(what)
        assert f"【{title}】" in mail.subject, mail.subject
        assert title in sms
        assert title in card(what)[0]
        assert variables(what)[1]["kind"] == title
        assert "督办" not in mail.text.replace("升级督办", "")
        assert (render_calendar(what, "a@b.cn") != b"") <= (notice.role == "duty")
    world.command(action="send_back", asset_id="site", ticket_id=ticket.ticket_id, reason="请补充")
    world.command(action="close", asset_id="site", ticket_id=ticket.ticket_id, reason="已核实")
    world.command(action="reopen", asset_id="site", ticket_id=ticket.ticket_id, reason="又有")
    assert [n.name for n in world.notices.values() if n.kind == "reopened"] == ["值守"]
    topics = {spec.name for spec in Topics().specs(policy.rungs)}
    assert {message.topic for message in world.outbox} <= topics
    assert [e["rung"] for e in world.events("escalated")] == ["press", "interview", "account"]
    assert "约谈" in world.events("escalated")[1]["summary"]


def test_the_order_and_the_company_of_its_letters(policy: Policy) -> None:
    """N-27, N-53: the later step says more, a closing most; those that tell the owner take along what else is due."""
    kinds = ["run_held", "opened", "nudge", "press", "interview", "account", "closed"]
    assert sorted(kinds, key=lambda kind: rank(kind, policy)) == kinds
    assert [kind_of(kind, policy) for kind in ("nudge", "press", "interview", "account")] == [
        "reminder", "urge", "supervise", "supervise",
    ]  # fmt: skip
    assert policy.reminders == {"nudge", "overdue"}
    world = office(policy)
    world.send(finding(1))
    world.until("2026-03-20 10:00")
    along = {n.kind for n in world.notices.values() if n.channel == "email" and takes_along([n], policy)}
    assert along == {"nudge", "press"}
    assert (called("interview", policy), called("opened", policy), called("gone", policy)) == ("约谈", "交办", "gone")
    assert kind_of("gone", policy) == "supervise"  # of a pack that was in force when the notice was made


def troubles(world: World) -> list[str]:
    """The topics on which supervisors hear of a held run, an orphan, and a request that nobody answers."""
    world.send(*(finding(place, "r1") for place in range(30)))
    world.now = world.real = world.now.replace(hour=5)
    done = {"type": "run", "asset_id": "site", "source": "crawler", "run_id": "r2", "status": "complete", "found": 0}
    world.send({**done, "finished_at": "2026-03-02T12:00:00+08:00", "checks": ["column.blank"]})
    world.wait(60)
    assert world.events("run_held")
    ticket = next(iter(world.tickets.values()))
    world.command(action="claim_fix", asset_id="site", ticket_id=ticket.ticket_id, measures="已改")
    world.until("2026-03-20 10:00")
    assert world.events("recheck_unanswered")
    world.delete_asset("site")
    kinds = {"run_held", "recheck_unanswered", "orphaned"}
    told = [(m.topic, json.loads(m.value or b"{}")) for m in world.outbox if "escalations" in m.topic]
    assert {message["type"] for _, message in told} >= kinds
    assert all(topic.endswith(f".{message['rung']}") for topic, message in told)
    return sorted({topic for topic, message in told if message["type"] in kinds})


@pytest.mark.parametrize(
    ("parts", "rung"),
    [
        ((), "supervise"),
        ((LADDER,), "account"),
        ((LADDER, "sending: {looking: {rung: press, sure: D, basis: 本市}}\n"), "press"),
    ],
)
def test_troubles_of_the_looking_are_heard(tmp_path: Path, parts: tuple[str, ...], rung: str) -> None:
    """P-8: on `supervise` where there is one, otherwise on the highest rung, or on the one that the pack names."""
    assert troubles(office(pack(tmp_path, *parts))) == [f"rectify.escalations.{rung}"]


def test_the_reason_is_whole_whatever_the_asset_is_called(policy: Policy) -> None:
    """An asset's name may have a colon in it; the sentence is carried beside it."""
    world = office(policy)
    troubles(world)
    for kind in ("run_held", "recheck_unanswered"):
        for event in world.events(kind):
            assert event["summary"] == f"微信公众号：市科技局发布：{event['why']}"


OPENING = "{name: opened, title: 立单, at: {anchor: opening}, to: [duty], channels: [email], sure: D}"
OVERDUE = "{name: overdue, title: 逾期, at: {anchor: due, seconds: 1}, sure: D}"
URGE = (
    "{name: urge, title: 催办, at: {anchor: due, hours: 2}, to: [duty], channels: [email], escalation: true, sure: D}"
)


def ladder(*steps: str) -> str:
    """The steps as YAML."""
    return "ladder:\n" + "".join(f"  - {step}\n" for step in steps)


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (ladder(OPENING, URGE), "a step 'overdue' is missing"),
        (ladder(OPENING, OVERDUE), "a rung is missing"),
        (ladder(OVERDUE, OPENING, URGE), "'opened' is the name of other notices"),
        (ladder(OPENING.replace("to: [duty], channels: [email], ", ""), OVERDUE, URGE), "tells the unit of its ticket"),
        (ladder(OPENING.replace("sure", "escalation: true, sure"), OVERDUE, URGE), "and is no rung"),
        (
            ladder(OPENING, OVERDUE, URGE.replace("channels: [email]", "channels: []")),
            "`to` and `channels` go together",
        ),
        (ladder(OPENING, OVERDUE, URGE.replace("to: [duty], ", "")), "`to` and `channels` go together"),
        (ladder(OPENING, OVERDUE, URGE.replace("[email]", "[pigeon]")), "'email' or 'sms'"),
        (ladder(OPENING, OVERDUE, URGE.replace("name: urge", "name: closed")), "'closed' is the name of other notices"),
        (ladder(OPENING, OVERDUE, URGE.replace("name: urge", "name: run_held")), "is the name of other notices"),
        (ladder(OPENING, OVERDUE, URGE.replace("name: urge", f"name: {'u' * 300}")), "at most 40 characters"),
        ("sending: {looking: {rung: interview, sure: D}}\n", "'interview' is none of the pack's rungs urge, supervise"),
    ],
)
def test_a_pack_that_lacks_what_the_rules_need_is_refused(tmp_path: Path, part: str, sentence: str) -> None:
    """P-8: by name, before any worker takes it up."""
    with pytest.raises(FileError) as caught:
        pack(tmp_path, part)
    assert sentence in str(caught.value)


def test_a_pack_may_tell_of_the_passed_deadline_too(tmp_path: Path) -> None:
    """E-3: `overdue` is said in any case; where it names somebody, they are told, and as a rung it has its topic."""
    told = OVERDUE.replace("sure", "to: [duty], channels: [sms], escalation: true, sure")
    world = office(pack(tmp_path, ladder(OPENING, told, URGE)))
    world.send(finding(1))
    world.until("2026-03-10 00:30")
    assert [event["type"] for event in world.events() if event["type"] in ("overdue", "escalated")] == [
        "overdue", "escalated",
    ]  # fmt: skip
    assert [(n.kind, n.channel) for n in world.notices.values() if n.kind == "overdue"] == [
        ("overdue", "sms"), ("overdue", "chat"),
    ]  # fmt: skip
    assert [m.topic for m in world.outbox if "escalations" in m.topic] == ["rectify.escalations.overdue"]
