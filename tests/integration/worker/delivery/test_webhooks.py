"""Webhooks on both databases: recorded with the decision, posted in order, repeated after a crash, given up at last."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import orjson
import pytest

from notifiers.protocol import Outcome
from schemas.escalation import Escalation
from schemas.event import Event
from streams.ledger import Ledger
from streams.ledger.reading.webhook_queues import WebhookQueue, webhook_queues
from streams.rules.intake.seal import sealed
from streams.rules.notices.webhooks import NewPost, Subscriber
from streams.rules.sending.webhooks import GIVEN_UP_AFTER
from streams.worker.delivery.webhooks import KnownWebhook, WebhookDispatcher
from streams.worker.metrics import Metrics
from streams.worker.relay import Outgoing
from tests.support.notice_figures import Notice
from tests.support.processors import TOPICS, ProcessorOnLedger, StillClock
from tests.support.world import ZONE, local

AT = "2026-03-02 10:00"
OK, AWAY, BAD = Outcome("accepted", "ok"), Outcome("retry", "connect"), Outcome("dead", "rejected:400")
Behaviour = Callable[[str], Outcome]


class Killed(BaseException):
    """The worker is no more; nothing of it runs on."""


class Address:
    """A supervising unit's server: what it has got, in order; it answers, or the worker dies before or after it has."""

    def __init__(self, answer: Behaviour = lambda _: OK) -> None:
        self.answer = answer
        self.got: list[tuple[str, bytes]] = []

    async def send(self, event_id: str, body: bytes) -> Outcome:
        """An attempt."""
        outcome = self.answer(event_id)
        await asyncio.sleep(0)
        if outcome.state == "accepted":
            self.got.append((event_id, body))
        if outcome.code.startswith("killed"):
            if outcome.code == "killed_after":
                self.got.append((event_id, body))
            raise Killed
        return outcome

    @property
    def ids(self) -> list[str]:
        """Of what it has got."""
        return [event_id for event_id, _ in self.got]


class Posting:
    """A worker's loop, by hand."""

    def __init__(self, ledger: Ledger, **addresses: Address) -> None:
        self.ledger, self.clock = ledger, StillClock(AT)
        self.addresses = addresses
        self.events: list[Event] = []
        self._start()

    def _start(self) -> None:
        webhooks = {name: KnownWebhook(Subscriber(name, name), one) for name, one in self.addresses.items()}
        self.dispatcher = WebhookDispatcher(
            self.ledger, self.clock, ZONE, TOPICS, webhooks, offer=self._offer, metrics=Metrics()
        )

    async def _offer(self, outgoing: Outgoing) -> None:
        self.events += [Event.model_validate_json(one.value or b"") for one in outgoing.messages]

    async def record(self, webhook: str, *event_ids: str) -> None:
        """What a decision has recorded."""
        async with self.ledger.transaction() as tx:
            posts = [NewPost(webhook, one, orjson.dumps({"id": one}).decode()) for one in event_ids]
            await tx.webhooks.add(posts, self.clock.real)

    async def round(self, **span: float) -> None:
        """Time passes, and what is due is tried; a worker that was killed is followed by another."""
        self.clock.real += timedelta(**span)
        await self.dispatcher.begin()
        with suppress(Killed):
            await asyncio.gather(*self.dispatcher._at_work.values())
            return
        await asyncio.gather(*self.dispatcher._at_work.values(), return_exceptions=True)
        self._start()

    async def queues(self) -> dict[str, WebhookQueue]:
        """What is left."""
        return {one.webhook: one for one in await webhook_queues(self.ledger)}


async def decided(ledger: Ledger, subscribers: Sequence[Subscriber]) -> tuple[ProcessorOnLedger, dict[str, list[Any]]]:
    """A ticket of the science office becomes overdue, another of nobody too; what was recorded, by webhook."""
    desk = ProcessorOnLedger(ledger, AT, subscribers=subscribers)
    await desk.register("unit:szf", unit_id="szf", name="省政府办公厅")
    await desk.register("unit:gov", unit_id="gov", name="市政府办公室", supervisor_id="szf")
    await desk.register("unit:kjj", unit_id="kjj", name="市科技局", supervisor_id="gov", contacts=[{"name": "李值守"}])
    await desk.register("asset:kjj-site", asset_id="kjj-site", name="市科技局网站", kind="website", unit_id="kjj")
    seen = {"check": "column.stale", "observed_at": desk.clock.now().at.isoformat(), "source": "crawler"}
    await desk.send({"asset_id": "kjj-site", **seen}, {"asset_id": "stranger", **seen})
    for day in range(7, 25):
        desk.clock.set(local(f"2026-03-{day:02} 10:00"))
        await desk.due()
    async with ledger.transaction() as tx:
        rows = await tx._session.rows("select webhook, body from webhook_posts order by pk")
    found: dict[str, list[Any]] = {one.webhook: [] for one in subscribers}
    for webhook, body in rows:
        found[webhook].append(orjson.loads(body))
    return desk, found


async def test_who_gets_what(ledger: Ledger) -> None:
    """N-71: each unit those of itself and of what is below it, whoever is bound to none also nobody's; as published."""
    units = {"kjj": "kjj", "gov": "gov", "szf": "szf", "jyj": "jyj", "all": None}
    desk, found = await decided(ledger, [Subscriber(name, unit_id) for name, unit_id in units.items()])
    published = [one for rung in ("urge", "supervise", "bulletin") for one in desk.published(TOPICS.escalation(rung))]
    of_unit = [one["id"] for one in published if one["unit_id"] == "kjj"]
    assert len(of_unit) == 3
    for name in ("kjj", "gov", "szf"):
        assert [one["id"] for one in found[name]] == of_unit
    assert found["jyj"] == []
    assert sorted(one["id"] for one in found["all"]) == sorted(one["id"] for one in published)
    assert len(published) > len(of_unit)
    for one in found["all"]:
        assert (one["specversion"], one["type"]) == ("1.0", "rectify.escalation.v1")
        Escalation.model_validate(one["data"])
        assert one["data"] in published
        assert one["subject"] == one["data"]["ticket_id"]
        assert "李值守" not in orjson.dumps(one).decode()


async def test_an_issued_bulletin(ledger: Ledger) -> None:
    """It shows every unit, so it goes to whoever is bound to none."""
    subscribers = [Subscriber("gov", "gov"), Subscriber("all")]
    desk = ProcessorOnLedger(ledger, AT, subscribers=subscribers)
    bulletin = sealed({**Notice().figures(), "number": "1号", "date": "2023-04-03", "issued_by": "张三"})
    await desk.issue(bulletin)
    async with ledger.transaction() as tx:
        ((webhook, body),) = await tx._session.rows("select webhook, body from webhook_posts")
    event = orjson.loads(body)
    assert (webhook, event["type"], event["id"]) == ("all", "rectify.bulletin.v1", bulletin["bulletin_id"])
    assert event["data"] == orjson.loads(orjson.dumps(bulletin))


async def test_one_that_is_away_holds_up_nobody_else(ledger: Ledger) -> None:
    """N-72: its own posts wait in their order, with ever longer pauses; the others go out; then it gets all of them."""
    away, there = Address(lambda _: AWAY), Address()
    posting = Posting(ledger, away=away, there=there)
    await posting.record("away", "a", "b")
    await posting.record("there", "a", "b")
    await posting.round()
    assert (away.got, there.ids) == ([], ["a", "b"])
    tried: list[str] = []

    def refuse(event_id: str) -> Outcome:
        tried.append(event_id)
        return AWAY

    away.answer = refuse
    for _ in range(120):
        await posting.round(minutes=1)
    assert set(tried) == {"a"}
    assert 3 <= len(tried) <= 20
    assert (await posting.queues())["away"].code == "connect"
    away.answer = lambda _: OK
    await posting.round(hours=1)
    assert away.ids == ["a", "b"]
    assert away.got[0][1] == b'{"id":"a"}'
    assert await posting.queues() == {}
    assert posting.events == []


async def test_given_up_said_and_tried_again(ledger: Ledger) -> None:
    """After seven days, or at once where the body is refused: one event, listed, and put back in its place."""
    picky = Address(lambda event_id: BAD if event_id == "bad" else AWAY)
    posting = Posting(ledger, picky=picky)
    await posting.record("picky", "bad", "old")
    await posting.round()
    assert [(one.type, one.rule, one.provider, one.code) for one in posting.events] == [
        ("webhook_given_up", "N-72", "picky", "rejected:400")
    ]
    await posting.round(seconds=GIVEN_UP_AFTER.total_seconds())
    await posting.record("picky", "new")
    await posting.round(hours=2)
    queue = (await posting.queues())["picky"]
    assert (queue.waiting, queue.given_up) == (1, 2)
    assert len(posting.events) == 1
    picky.answer = lambda _: OK
    async with ledger.transaction() as tx:
        assert await tx.webhooks.put_back("picky", posting.clock.real) == 2
    await posting.round()
    assert picky.ids == ["bad", "old", "new"]
    picky.answer = lambda _: BAD
    await posting.record("picky", "worse")
    await posting.round()
    assert len(posting.events) == 2
    assert (await posting.queues())["picky"].given_up == 1
    async with ledger.transaction() as tx:
        assert await tx.webhooks.oldest() == {}
        assert await tx.webhooks.forget(posting.clock.real) == 0
        assert await tx.webhooks.forget(posting.clock.real + timedelta(seconds=1)) == 1


async def test_one_of_no_file_any_more_is_given_up_too(ledger: Ledger) -> None:
    """What was recorded for a webhook that was taken out of the file waits a week for its return."""
    posting = Posting(ledger, there=Address())
    await posting.record("gone", "a")
    await posting.round(days=6)
    assert (await posting.queues())["gone"].waiting == 1
    await posting.round(days=1)
    assert (await posting.queues())["gone"].given_up == 1


@pytest.mark.on_sqlite("twelve histories of deaths; what a queue holds is on both databases")
@pytest.mark.parametrize("seed", range(12))
async def test_whatever_dies_nothing_is_lost_and_the_order_holds(ledger: Ledger, seed: int) -> None:
    """Workers die before and after the address has a post, addresses come and go: each event arrives, in its order.

    What arrives twice is what a worker that died had posted, under the same id; the address beside it never notices.
    """
    chance = random.Random(seed)  # noqa: S311 - a test's
    ends = {
        "ok": OK,
        "away": AWAY,
        "before": Outcome("retry", "killed_before"),
        "after": Outcome("retry", "killed_after"),
    }
    killed_after = []

    def any_end(event_id: str) -> Outcome:
        end = chance.choice(list(ends))
        if end == "after":
            killed_after.append(event_id)
        return ends[end]

    shaky, calm = Address(any_end), Address()
    posting = Posting(ledger, shaky=shaky, calm=calm)
    recorded: list[str] = []
    for number in range(30):
        if chance.random() < 0.5:
            new = [f"{number}-{one}" for one in range(chance.randrange(1, 4))]
            recorded += new
            await posting.record("shaky", *new)
            await posting.record("calm", *new)
        await posting.round(seconds=chance.choice((1, 30, 130, 1_800)))
    shaky.answer = lambda _: OK
    for _ in range(3):
        await posting.round(hours=1)
    assert await posting.queues() == {}
    assert list(dict.fromkeys(shaky.ids)) == recorded
    assert calm.ids == recorded
    assert len(shaky.ids) == len(recorded) + len(killed_after)
    assert all(body == orjson.dumps({"id": event_id}) for event_id, body in shaky.got)
