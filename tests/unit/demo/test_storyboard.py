"""The storyboard on the pure core: what it promises is what the rules make of it, and what differs is noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from streams.demo.director import act_message
from streams.demo.notices import Item, expected, items, notices
from streams.demo.outcome import NO_TICKET, Account, beside, follows, judge
from streams.demo.registry import records
from streams.demo.scenario import BROKEN, END, START, Cue, cues
from streams.demo.topic_reader import Rejected, TopicReader
from tests.support.world import POLICY, TOPICS, ZONE, World

LATE = timedelta(minutes=20)  # what a message takes at the demonstration's speed


def at_local(at: datetime) -> str:
    """As the world takes its times."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def registered(world: World) -> None:
    """Everything that the demonstration registers."""
    for key, fields in records(notices()):
        register: dict[str, Callable[..., None]] = {
            "unit": world.unit, "asset": world.asset, "guarded": world.guarded,
        }  # fmt: skip
        register[key.partition(":")[0]](**fields)


def played(left_out: Iterable[datetime] = ()) -> Account:
    """The whole scenario without the cues of these moments, as the witness of the world's outbox tells it."""
    world = World(at_local(START - LATE))
    registered(world)
    for cue in cues():
        world.until(at_local(cue.at + LATE))
        if cue.at in left_out:
            continue
        if cue.messages:
            world.send(*cue.messages)
            world.wait(0.1)
        if cue.item is not None:
            act(world, cue, cue.item)
    world.until(at_local(END))
    return account(world)


def act(world: World, cue: Cue, item: Item) -> None:
    """Somebody acts on the ticket of an item."""
    topic_reader = witness_of(world)
    ticket = topic_reader.ticket_of(item.key)
    assert ticket is not None
    assert cue.act is not None
    answered = topic_reader.called_for(ticket["ticket_id"], cue.act.action)
    message = act_message(cue, item, ticket["ticket_id"], answered[-1] if answered else {})
    if "action" in message:
        world.command(**message, **({"via": f"link:{'0' * 32}"} if cue.by_link else {}))
    else:
        world.send(message)


def witness_of(world: World) -> TopicReader:
    """Who reads what the world has published."""
    topic_reader = TopicReader(TOPICS, POLICY.rungs, lambda _: None)
    for message in world.outbox:
        if message.topic in topic_reader.reads:
            topic_reader.take(message.topic, message.value, message.headers)
    return topic_reader


def account(world: World) -> Account:
    """The world keeps no deliveries: everything is as if it had been sent once."""
    topic_reader = witness_of(world)
    tickets = {ticket.ticket_id: ticket for ticket in world.tickets.values()}
    sent = [notice._replace(state="delivered") for notice in world.notices.values()]
    return Account(
        events=topic_reader.events,
        tickets=topic_reader.tickets,
        ledger=tickets,
        history={t.ticket_id: [e.event_id for e in world.history if e.ticket_pk == t.pk] for t in tickets.values()},
        notices={t.ticket_id: [n for n in sent if n.ticket_pk == t.pk] for t in tickets.values()}
        | {NO_TICKET: [n for n in sent if n.ticket_pk == 0]},
        dead_letters=[Rejected(BROKEN, {"rectify-error": refusal.code}) for refusal in world.refused],
        mails=[notice.notice_id for notice in sent if notice.channel == "email"],
        short_messages=sum(notice.channel == "sms" for notice in sent),
    )


@pytest.fixture(scope="module")
def whole() -> Account:
    """The scenario, played to its end."""
    return played()


def test_every_ticket_goes_as_its_notice_says(whole: Account) -> None:
    """Forty-four findings of six notices and the three vetoes that they amount to: each on its path."""
    verdicts = judge(expected(), whole)
    assert [(v.item.asset_name, v.differences) for v in verdicts if v.differences] == []
    assert len(verdicts) == len(whole.tickets) == 47
    assert beside(list(expected()), whole, BROKEN) == []


def test_the_notice_of_xianning_to_the_day(whole: Account) -> None:
    """Due on 03-06: reminder on 03-03, overdue and urged on 03-07, supervised on 03-09, closed that day."""
    (verdict,) = (v for v in judge(expected(), whole) if v.item.asset_name == "市科技局网站")
    assert verdict.path == (
        "opened 02-24", "reminded 03-03", "overdue 03-07", "urge 03-07", "supervise 03-09", "claimed 03-09",
        "closed 03-09",
    )  # fmt: skip
    assert verdict.ticket is not None
    assert verdict.ticket["deadline"]["basis"] == "2023年第一季度政府网站及政务新媒体抽查情况的通报"


def test_a_patrol_that_does_not_come_is_noticed() -> None:
    """Without the second round in 上海, four accounts are overdue instead of closed, and the check says so."""
    second_round = next(cue.at for cue in cues() if cue.title.startswith("上海第二轮"))
    wrong = {v.item.asset_name for v in judge(expected(), played([second_round])) if v.differences}
    assert wrong == {"上海公安出入境管理", "上海卫生健康监督", "上海金山", "上海戒毒"}


def test_what_is_not_done_on_the_page_is_noticed(whole: Account) -> None:
    """Two signatures, nineteen reports and two asks come by the links of letters; one that does not is missed."""
    acts = [cue.act.action for cue in cues() if cue.by_link and cue.act is not None]
    assert Counter(acts) == {"acknowledge": 2, "claim_fix": 19, "ask": 2}
    by_link = [event for event in whole.events if event.get("via")]
    account = replace(whole, events=[event for event in whole.events if event is not by_link[0]])
    assert beside(list(expected()), account, BROKEN) == ["信中链接应办理 23 次，实有 22 次"]


def test_what_is_done_within_hours_is_no_form(whole: Account) -> None:
    """A ticket opened at 06:00 and reported at 14:30: the unit's own system does it, no form is so old."""
    (claimed,) = (e for e in whole.events if e["asset_id"] == "shanshui-hutang" and e["type"] == "fix_claimed")
    assert claimed.get("via") is None


def test_of_two_asks_one_is_granted(whole: Account) -> None:
    """Each answer names its ask: more time for the application, none for the blank columns."""
    asks = {event["ask_id"]: event["asset_id"] for event in whole.events if event["type"] == "asked"}
    answers = [(e["type"], asks[e.get("answers") or e["ask_id"]]) for e in whole.events
               if e["type"] in ("extended", "ask_refused")]  # fmt: skip
    assert answers == [("extended", "nhc-app"), ("ask_refused", "jingning-site")]


def test_the_original_period_is_kept(whole: Account) -> None:
    """A finding is re-dated into 2023; when it was really found is kept as `extra`."""
    (ticket,) = (t for t in whole.tickets.values() if t["asset_id"] == "yongkang-jiaojing")
    facts = ticket["problems"][0]["facts"]
    assert facts["extra"]["period"] == {"from": "2021-10-01", "to": "2021-12-31"}


def test_findings_without_an_asset_get_one_named_after_the_unit() -> None:
    """The notice names 省建设厅 and no asset; the asset is named after it."""
    names = {value["name"] for key, value in records(notices()) if key.startswith("asset:")}
    assert "省建设厅网站" in names


def with_ticket(account: Account, asset_id: str, **changes: Any) -> Account:
    """The account with another ticket for this asset."""
    tickets = {
        ticket_id: {**ticket, **changes} if ticket["asset_id"] == asset_id else ticket
        for ticket_id, ticket in account.tickets.items()
    }
    return replace(account, tickets=tickets)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "open", "close_reason": None}, "应为 closed recheck_absent；实为 open"),
        ({"due_at": "2023-03-08T23:59:59+08:00"}, "时限应为 03-06"),
        ({"check": "column.blank"}, "应有一张整改单，实有 0 张"),
    ],
)
def test_a_ticket_that_differs_is_noticed(whole: Account, changes: dict[str, Any], said: str) -> None:
    """Another status, another deadline, no ticket at all: each is named."""
    verdicts = judge(expected(), with_ticket(whole, "xn-kjj-site", **changes))
    (verdict,) = (v for v in verdicts if v.differences)
    assert verdict.item.asset_id == "xn-kjj-site"
    assert any(difference.startswith(said) for difference in verdict.differences)


def test_a_lost_mail_a_repeated_one_and_a_silent_rung_are_noticed(whole: Account) -> None:
    """What people were told is part of the check."""
    assert beside(list(expected()), replace(whole, mails=whole.mails[1:]), BROKEN)
    assert beside(list(expected()), replace(whole, mails=[*whole.mails, whole.mails[0]]), BROKEN)
    assert beside(list(expected()), replace(whole, short_messages=0), BROKEN)
    assert beside(list(expected()), replace(whole, dead_letters=[]), BROKEN)
    silent = judge(expected(), replace(whole, notices={}))
    assert "supervise 没有通知到人" in next(v.differences for v in silent if v.item.asset_id == "xn-kjj-site")


@pytest.mark.parametrize(
    ("expected", "path", "good"),
    [
        ("opened 02-24, urge 03-07", "opened 02-24, urge 03-07", True),
        ("opened 02-24, urge 03-07", "opened 02-24, urge 03-08", False),
        ("opened 02-24, urge 03-07", "opened 02-24", False),
        ("opened 02-24", "opened 02-24, urge 03-07", False),
        ("opened 02-24, urge?, supervise 03-07", "opened 02-24, supervise 03-07", True),
        ("opened 02-24, urge?, supervise 03-07", "opened 02-24, urge 03-06, supervise 03-07", True),
        ("opened 02-24, urge? 03-07", "opened 02-24, urge 03-06", False),
    ],
)
def test_a_path_is_followed_step_by_step(*, expected: str, path: str, good: bool) -> None:
    """In order and on the day; a step with a question mark may fall away."""
    assert follows(expected.split(", "), path.split(", ")) is good


def test_a_problem_comes_and_goes() -> None:
    """A patrol sees what is there when it looks, and a relapse when it is back."""
    (item,) = (i for i in items() if i.check == "site.intermittent")
    seen = [item.fate.is_there(datetime(2023, *day, 12, tzinfo=ZONE)) for day in ((2, 25), (2, 27), (3, 1), (3, 2))]
    assert seen == [True, False, True, False]


def test_messages_come_at_least_once() -> None:
    """A repeated event is heard once, and an older ticket does not replace a newer one."""
    heard: list[dict[str, Any]] = []
    topic_reader = TopicReader(TOPICS, POLICY.rungs, heard.append)
    for _ in range(2):
        topic_reader.take(TOPICS.events, b'{"id": "e1", "type": "opened"}', ())
    for version in (2, 1):
        topic_reader.take(TOPICS.tickets, b'{"ticket_id": "t", "version": %d}' % version, ())
    assert (len(heard), topic_reader.tickets["t"]["version"]) == (1, 2)
