"""A single notice once more, or not at all: decided on a real ledger, carried out by a real dispatcher."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.command import Command
from schemas.registry import Unit
from streams.files.policy.loading import load_policy
from streams.ledger import Ledger
from streams.rules.decide import decide
from streams.rules.needs import needs_of
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import Registry
from tests.support.dispatching import Office, mail_post
from tests.support.ledger import REGISTRY, at
from tests.support.smtp import SmtpServer


@pytest.fixture
def office(ledger: Ledger) -> Office:
    """An office on an empty ledger."""
    return Office(ledger)


async def command(office: Office, action: str, notice: Notice, **fields: Any) -> list[str]:
    """What a worker does with a command; the types of the events that it causes."""
    now = office.clock.now()
    about = {"notice_id": notice.notice_id, "asset_id": "asset-1", "reason": "未收到", "command_id": "c-1"}
    message = Command.model_validate({"action": action, "by": "张三", "at": now.at, **about, **fields})
    record = {"unit_id": "unit-1", "name": "市科技局", "contacts": [{"name": "王某", "email": notice.address}]}
    owner = Unit.model_validate_json(json.dumps(record))
    registry = Registry({"unit-1": owner}, REGISTRY.calendar, {}, REGISTRY.zone)
    async with office.ledger.transaction() as tx:
        snapshot = await tx.load(needs_of([message]), registry)
        change_set = decide(snapshot, [message], now, load_policy(), office.topics).change_set
        await tx.save(change_set, now)
    return [entry.type for entry in change_set.history]


async def test_a_dead_mail_once_more(office: Office, smtp_server: SmtpServer) -> None:
    """N-21: a letter of its own, with an id of its own; the same command again, and after its end, sends nothing."""
    dead = await office.notice("one", await office.ticket("AAA"))
    smtp_server.misbehave.refuse_all = "550 5.1.1 no such user"
    async with office.working(mail_post(smtp_server.url)):
        await office.state(dead, "dead")
        smtp_server.misbehave.refuse_all = ""
        assert await command(office, "resend_notice", dead) == ["notice_resent"]
        (mail,) = await smtp_server.wait_for(1)
        assert await command(office, "resend_notice", dead) == []
        other = await office.notice("two", await office.ticket("BBB"))
        await office.state(other, "accepted")
    assert len(smtp_server.mails) == 2
    assert dead.notice_id not in str(mail.message["Message-ID"])
    assert (await office.stands(dead)).state == "dead"


async def test_a_stopped_notice_has_its_receipt(office: Office, smtp_server: SmtpServer) -> None:
    """N-22: it waits for the morning, and ends now; what the dispatcher has already taken cannot be stopped."""
    waiting = await office.notice("one", await office.ticket("AAA"), not_before=at(days=1), kind="urge")
    assert await command(office, "suppress_notice", waiting) == ["notice_suppressed"]
    async with office.working(mail_post(smtp_server.url)):
        assert (await office.state(waiting, "suppressed")).code == "stopped"
    assert smtp_server.mails == []
    assert await office.receipts(waiting) == ["suppressed"]
    assert await command(office, "suppress_notice", waiting, command_id="c-2") == ["command_refused"]
