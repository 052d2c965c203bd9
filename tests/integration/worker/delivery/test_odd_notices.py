"""Notices that fail for their own sake (O-14): set aside, and neither the others nor the channel wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from notifiers.protocol import Outcome, Sent, Sms
from schemas.channels import NoticeChannel
from streams.ledger import HandedOver, Ledger
from streams.ledger.batch.set_aside import SetAside
from streams.presentation.letters.letter import Letter
from streams.rules.state.records import Notice, Ticket
from streams.worker.delivery.senders import SmsPost
from streams.worker.delivery.status_poller import StatusPoller
from streams.worker.faults import FROM_ONE
from tests.support.dispatching import Gateway, Office, mail_post, sms_post
from tests.support.smtp import SmtpServer

TOO_FAR = 10**18  # microseconds: no calendar reaches so far, and reading it fails


class BatchProcessor(Office):
    """An office that looks at rows which cannot be read."""

    async def sql(self, statement: str, *args: object) -> Any:
        """Straight to the tables."""
        async with self.ledger.transaction() as tx:
            if statement.startswith("select"):
                return await tx._session.rows(statement, *args)
            return await tx._session.run(statement, *args)

    async def stand(self, row: Notice) -> tuple[str, str | None]:
        """State and code of a notice."""
        ((state, code),) = await self.sql(
            "select state, code from notices where notice_id = ?", bytes.fromhex(row.notice_id)
        )
        return state, code

    async def comes_to(self, row: Notice, *states: str) -> tuple[str, str | None]:
        """The same once it is in one of these states."""
        end = monotonic() + 20
        while (found := await self.stand(row))[0] not in states:
            assert monotonic() < end, found
            await asyncio.sleep(0.01)
        return found

    async def noted(self) -> list[SetAside]:
        """What is set aside."""
        async with self.ledger.transaction() as tx:
            return await tx.set_aside.all()

    async def retry(self) -> None:
        """As `rectify db retry --all`."""
        async with self.ledger.transaction() as tx:
            for note in await tx.set_aside.all():
                await tx.set_aside.put_back(note.number, self.clock.now())

    async def several(self, number: int, **changes: Any) -> list[Notice]:
        """So many notices, each about a ticket of its own, two to an address."""
        return [
            await self.notice(f"n{one}", await self.ticket(f"T{one}"), address=f"u{one // 2}@unit.gov.cn", **changes)
            for one in range(number)
        ]


@pytest.fixture
def processor(ledger: Ledger) -> BatchProcessor:
    """An office on an empty ledger."""
    return BatchProcessor(ledger)


async def of_its_ticket(processor: BatchProcessor, row: Notice) -> None:
    """Its ticket cannot be read."""
    await processor.sql("update tickets set opened_at = ? where pk = ?", TOO_FAR, row.ticket_pk)


async def of_itself(processor: BatchProcessor, row: Notice) -> None:
    """The notice itself cannot be read."""
    await processor.sql("update notices set created_at = ? where notice_id = ?", TOO_FAR, bytes.fromhex(row.notice_id))


async def of_its_letter(processor: BatchProcessor, row: Notice) -> None:
    """Its letter cannot be written."""
    await processor.sql("update tickets set deadline_json = ? where pk = ?", "{", row.ticket_pk)


async def mended(processor: BatchProcessor, row: Notice) -> None:
    """What a release or a person does."""
    at_ = 1_772_000_000_000_000
    good = '{"row":"link.dead","amount":5,"calendar":"CN","basis":"x","policy":"default@1"}'
    await processor.sql("update tickets set opened_at = ?, deadline_json = ? where pk = ?", at_, good, row.ticket_pk)
    await processor.sql("update notices set created_at = ? where notice_id = ?", at_, bytes.fromhex(row.notice_id))


@pytest.mark.on_sqlite("nine cases of what is read into a letter; what is recorded of one is on both databases")
@pytest.mark.parametrize("odd", [0, 5, 8])
@pytest.mark.parametrize("bend", [of_its_ticket, of_itself, of_its_letter])
async def test_one_that_cannot_be_loaded_or_written(
    processor: BatchProcessor, smtp_server: SmtpServer, bend: Callable[[BatchProcessor, Notice], Any], odd: int
) -> None:
    """It ends as `dead` with a word about where, and is listed; all others are sent; tried again it is sent too."""
    rows = await processor.several(9)
    await bend(processor, rows[odd])
    with capture_logs() as said:
        async with processor.working(mail_post(smtp_server.url)):
            together = {row for row in rows if row.address == rows[odd].address} if bend is of_its_letter else set()
            for row in set(rows) - {rows[odd]} - together:
                assert await processor.comes_to(row, "accepted", "dead") == ("accepted", "accepted"), row
            state, code = await processor.comes_to(rows[odd], "accepted", "dead")
            assert (state, (code or "").partition(":")[0]) == ("dead", "fault")
            noted = await processor.noted()
            assert {note.kind for note in noted} == {"notice"}
            assert [line["kind"] for line in said if line["event"] == "set_aside"] == ["notice"] * len(noted)
            await mended(processor, rows[odd])
            await processor.retry()
            for row in rows:
                await processor.comes_to(row, "accepted")
            assert await processor.noted() == []


async def test_a_release_that_can_write_nothing(processor: BatchProcessor, smtp_server: SmtpServer) -> None:
    """After some in a row the channel stands and the rest stays pending; another channel goes on."""
    rows = await processor.several(FROM_ONE + 20)
    for row in rows:
        await of_its_ticket(processor, row)
    text = await processor.notice("sms", await processor.ticket("S"), channel="sms")
    async with Gateway().serving() as gateway, processor.working(mail_post(smtp_server.url), sms_post(gateway)):
        await processor.comes_to(text, "accepted")
        with capture_logs() as said:
            while "due_work_stands" not in {line["event"] for line in said}:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        more = await processor.notice("more", await processor.ticket("M"), channel="sms", address="13800000002")
        await processor.comes_to(more, "accepted")
    states = [(await processor.stand(row))[0] for row in rows]
    assert (states.count("dead"), states.count("pending")) == (FROM_ONE, 20)


class Broken:
    """A provider's client with a fault of ours, after the provider has the message."""

    def __init__(self) -> None:
        self.taken = 0

    async def send(self, sms: Sms) -> Outcome:
        """Hands it over, and cannot read the answer."""
        assert sms.text
        self.taken += 1
        raise KeyError("answer")

    async def close(self) -> None:
        """Nothing to let go of."""


async def test_a_short_message_that_may_be_out_is_not_sent_again(processor: BatchProcessor) -> None:
    """A fault of ours when the provider's answer is read: `uncertain`, as if there had been none (N-9)."""
    row = await processor.notice("one", await processor.ticket("A"), channel="sms")
    broken = Broken()
    with capture_logs():
        async with processor.working(SmsPost(broken, "cloud")):
            assert await processor.comes_to(row, "uncertain", "dead") == ("uncertain", "fault")
            processor.clock.forward(minutes=10)
            await asyncio.sleep(0)
    assert broken.taken == 1


class Bending:
    """A way out that takes the letter; what belongs to recording it cannot be read from then on."""

    channel: NoticeChannel = "email"
    provider = "smtp"
    lost = Outcome("retry", "timeout")

    def __init__(self, processor: BatchProcessor, ticket: Ticket) -> None:
        self._processor = processor
        self._ticket = ticket
        self.sent = 0

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """Refused for its address: another one would be told (N-25), if the ticket could be read."""
        assert delivery_id
        assert letter.items
        self.sent += 1
        await self._processor.sql("update tickets set opened_at = ? where pk = ?", TOO_FAR, self._ticket.pk)
        return Outcome("dead", "bad_address")


async def test_what_became_of_a_letter_is_recorded_whatever_else_fails(processor: BatchProcessor) -> None:
    """Alone, and noted: otherwise the letter would go out again every two minutes."""
    ticket = await processor.ticket("A")
    row = await processor.notice("one", ticket)
    sender = Bending(processor, ticket)
    with capture_logs():
        async with processor.working(sender):
            assert await processor.comes_to(row, "dead") == ("dead", "bad_address")
            processor.clock.forward(minutes=10)
    assert sender.sent == 1
    (note,) = await processor.noted()
    assert note.kind == "notice"
    await processor.retry()
    assert await processor.noted() == []
    assert await processor.stand(row) == ("dead", "bad_address")


class Forgetful:
    """Can be asked about every message but one."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ask(self, sent: Sent) -> Outcome | None:
        """What became of it."""
        self.asked.append(sent.to.address)
        if sent.to.address == "1":
            raise KeyError("status")
        return None


async def test_one_that_cannot_be_asked_about(processor: BatchProcessor) -> None:
    """The others are asked about in the same round, and it is asked about again at its next time."""
    forgetful = Forgetful()
    now = processor.clock.now().real
    async with processor.ledger.transaction() as tx:
        for number in ("0", "1", "2"):
            await tx.provider_refs.remember(
                HandedOver("cloud", number, number * 32, number, now, now + timedelta(minutes=2))
            )
    status_poller = StatusPoller(processor.ledger, processor.clock, processor.reports, "cloud", cast("Any", forgetful))
    processor.clock.forward(minutes=3)
    with capture_logs() as said:
        await status_poller.round()
        processor.clock.forward(minutes=10)
        await status_poller.round()
    assert sorted(forgetful.asked) == ["0", "0", "1", "1", "2", "2"]
    assert [line["event"] for line in said] == ["inquiry_failed"] * 2
