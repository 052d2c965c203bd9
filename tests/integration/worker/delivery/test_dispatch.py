"""Notices on their way out: crash, retry, quiet hours, caps and breakers, with a real ledger, SMTP and HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from streams.ledger import Ledger
from streams.rules.state.records import HistoryEntry
from streams.rules.state.snapshot import ChangeSet
from streams.worker.delivery.breaker import Breaker
from streams.worker.pages import Observer
from tests.support.dispatching import Gateway, MovableClock, Office, ReviewRequests, mail_post, sms_post
from tests.support.ledger import START, at, save
from tests.support.smtp import SmtpServer
from tests.support.smtp_script import ScriptedSmtp

pytestmark = pytest.mark.on_sqlite("what letters say: the database shows in leases and counts, which are on both")
NIGHT = at(hours=14)  # 23:00 on Monday; START is 09:00
MORNING = datetime(2026, 3, 3, tzinfo=UTC)  # 08:00 on Tuesday


@pytest.fixture
def office(ledger: Ledger) -> Office:
    """An office on an empty ledger."""
    return Office(ledger)


async def test_openings_to_one_contact_are_one_mail(office: Office, smtp_server: SmtpServer) -> None:
    """One is due, the other still gathering: one mail names both tickets, each notice has its receipts."""
    first, second = await office.ticket("AAA"), await office.ticket("BBB")
    due = await office.notice("due", first)
    gathering = await office.notice("gathering", second, not_before=at(minutes=8))
    async with office.working(mail_post(smtp_server.url)):
        await office.state(due, "accepted")
        assert (await office.stands(gathering)).state == "accepted"
    (mail,) = smtp_server.mails
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert first.ticket_id in body.get_content()
    assert second.ticket_id in body.get_content()
    assert await office.receipts(due) == await office.receipts(gathering) == ["sending", "accepted"]
    await office.all_offered()


async def test_a_ticket_is_told_once_in_a_letter(office: Office, smtp_server: SmtpServer) -> None:
    """Opened past its due: opening and urging are one mail about one ticket, and both notices are accepted."""
    ticket = await office.ticket("AAA", rung="urge", due_at=at(days=-1))
    opened, urged = await office.notice("opened", ticket), await office.notice("urged", ticket, kind="urge")
    async with office.working(mail_post(smtp_server.url)):
        await office.state(opened, "accepted")
        await office.state(urged, "accepted")
    (mail,) = smtp_server.mails
    assert "催办" in str(mail.message["Subject"])


@pytest.mark.on_both
async def test_a_crash_repeats_a_mail_under_its_id(office: Office, smtp_server: SmtpServer) -> None:
    """Killed before the answer: the same letter again with the same Message-ID; what came later does not join it."""
    first, second, third = [await office.ticket(name) for name in ("AAA", "BBB", "CCC")]
    one, two = await office.notice("one", first), await office.notice("two", second)
    async with office.crashing(mail_post(smtp_server.url, ReviewRequests)):
        await smtp_server.wait_for(1)
    late = await office.notice("late", third)
    async with office.working(mail_post(smtp_server.url)):
        await office.state(late, "accepted")
        assert (await office.stands(one)).state == "sending"
        office.clock.forward(minutes=3)
        await office.state(one, "accepted")
        await office.state(two, "accepted")
    ids = [str(mail.message["Message-ID"]) for mail in smtp_server.mails]
    assert ids[0] == ids[2] != ids[1]
    assert len(ids) == 3
    assert await office.receipts(one) == ["sending", "sending", "accepted"]


async def test_a_drop_after_data_is_tried_again_under_its_id(office: Office, smtp_server: SmtpServer) -> None:
    """The server kept the mail and hung up: pending with a later time, then the same Message-ID once more."""
    notice = await office.notice("one", await office.ticket("AAA"))
    smtp_server.misbehave.drop_after_data = 1
    async with office.working(mail_post(smtp_server.url)):
        waiting = await office.until(notice, lambda found: found.attempts == 1 and found.state == "pending")
        assert waiting.not_before > START
        assert waiting.code == "dropped"
        office.clock.forward(hours=1)
        await office.state(notice, "accepted")
    assert len({str(mail.message["Message-ID"]) for mail in smtp_server.mails}) == 1
    assert len(smtp_server.mails) == 2


@pytest.mark.on_both
async def test_a_short_message_is_never_sent_twice(office: Office) -> None:
    """Killed while the gateway was silent: uncertain, whatever the time, until its report settles it."""
    notice = await office.notice("one", await office.ticket("AAA"), channel="sms")
    async with Gateway().serving() as gateway:
        gateway.hanging = True
        async with office.crashing(sms_post(gateway, office.reports)):
            await office.state(notice, "sending")
            await office.asked(gateway, 1)
        gateway.hanging = False
        office.clock.forward(minutes=3)
        async with office.working(sms_post(gateway, office.reports)):
            assert (await office.state(notice, "uncertain")).code == "interrupted"
            office.clock.forward(days=9)
            await asyncio.sleep(0.1)
        assert len(gateway.requests) == 1
        query = {name: values[0] for name, values in parse_qs(urlsplit(gateway.requests[0]["dlr-url"]).query).items()}
    assert await office.reports.kannel(query | {"type": "1"}) == 200
    assert (await office.stands(notice)).state == "delivered"
    assert await office.reports.kannel(query | {"type": "8"}) == 200
    assert (await office.stands(notice)).state == "delivered"
    assert await office.receipts(notice) == ["sending", "uncertain", "delivered"]


@pytest.mark.on_both
async def test_a_stranger_cannot_report(office: Office) -> None:
    """Without our token, with that of another message, for a message that nobody sent: refused, nothing changes."""
    notice = await office.notice("one", await office.ticket("AAA"), channel="sms")
    async with Gateway().serving() as gateway, office.working(sms_post(gateway, office.reports)):
        await office.state(notice, "accepted")
    query = {"notice": notice.notice_id, "type": "1"}
    assert await office.reports.kannel(query) == 403
    assert await office.reports.kannel(query | {"token": office.reports.token("0" * 32)}) == 403
    unknown = {"notice": "0" * 32, "type": "1", "token": office.reports.token("0" * 32)}
    assert await office.reports.kannel(unknown) == 404
    assert await office.reports.kannel(query | {"type": "7"}) == 400
    assert (await office.stands(notice)).state == "accepted"


async def test_a_dead_gateway_delays_no_mail(office: Office, smtp_server: SmtpServer) -> None:
    """While four short messages hang, mails pass."""
    ticket = await office.ticket("AAA")
    for number in range(8):
        await office.notice(f"sms {number}", ticket, channel="sms", address=f"1380000000{number}")
    async with Gateway().serving() as gateway:
        gateway.hanging = True
        async with office.crashing(mail_post(smtp_server.url), sms_post(gateway)):
            await office.asked(gateway, 4)
            mail = await office.notice("mail", ticket)
            await office.state(mail, "accepted")
        assert len(gateway.requests) == 4


async def test_a_closed_ticket_is_not_written_about(office: Office, smtp_server: SmtpServer) -> None:
    """The ticket is looked at again when its notice is due."""
    ticket = await office.ticket("AAA")
    notice = await office.notice("one", ticket)
    await office.close(ticket)
    async with office.working(mail_post(smtp_server.url)):
        assert (await office.state(notice, "suppressed")).code == "ticket_closed"
    assert smtp_server.mails == []
    assert await office.receipts(notice) == ["suppressed"]


async def test_quiet_hours_hold_and_let_go(ledger: Ledger, smtp_server: SmtpServer) -> None:
    """At 23:00 an ordinary mail waits for 08:00, an exempt one goes at once."""
    office = Office(ledger, MovableClock(NIGHT))
    ticket = await office.ticket("AAA")
    ordinary = await office.notice("ordinary", ticket)
    exempt = await office.notice("exempt", ticket, exempt=True, address="li@unit.gov.cn")
    async with office.working(mail_post(smtp_server.url)):
        await office.state(exempt, "accepted")
        held = await office.until(ordinary, lambda found: found.code == "quiet_hours")
        assert held.state == "pending"
        assert held.not_before == MORNING
        office.clock.forward(hours=9)
        await office.state(ordinary, "accepted")
    assert len(smtp_server.mails) == 2


@pytest.mark.on_both
async def test_one_short_message_a_day(office: Office) -> None:
    """The second and third wait for the next morning, and then are one; an exempt one goes at once."""
    tickets = [await office.ticket(name) for name in ("AAA", "BBB", "CCC", "DDD")]
    async with Gateway().serving() as gateway, office.working(sms_post(gateway)):
        first = await office.notice("first", tickets[0], channel="sms")
        await office.state(first, "accepted")
        second = await office.notice("second", tickets[1], channel="sms")
        third = await office.notice("third", tickets[2], channel="sms")
        for notice in (second, third):
            held = await office.until(notice, lambda found: found.code == "sms_cap")
            assert held.not_before == MORNING
        urgent = await office.notice("urgent", tickets[3], channel="sms", exempt=True)
        await office.state(urgent, "accepted")
        assert len(gateway.requests) == 2
        office.clock.forward(hours=24)
        await office.state(second, "accepted")
        await office.state(third, "accepted")
        assert len(gateway.requests) == 3
        assert "2" in gateway.requests[2]["text"]


@pytest.mark.on_both
async def test_a_day_holds_so_many_mails(office: Office, smtp_server: SmtpServer) -> None:
    """N-51: ten, one after the other; two more wait for the next morning, and then are one."""
    tickets = [await office.ticket(f"T{number}") for number in range(12)]
    async with office.working(mail_post(smtp_server.url)):
        for number in range(10):
            await office.state(await office.notice(f"n{number}", tickets[number]), "accepted")
        over = [await office.notice(f"over{number}", tickets[10 + number]) for number in range(2)]
        for notice in over:
            held = await office.until(notice, lambda found: found.code == "mail_cap")
            assert held.not_before == MORNING
        assert len(smtp_server.mails) == 10
        office.clock.forward(hours=24)
        for notice in over:
            await office.state(notice, "accepted")
    assert len(smtp_server.mails) == 11


async def test_a_wrong_password_stops_a_channel_and_loses_nothing(office: Office) -> None:
    """After one refused login the provider is left alone; once it works again everything goes out."""
    ticket = await office.ticket("AAA")
    notices = [await office.notice(f"{n}", ticket, channel="sms", address=f"1380000000{n}") for n in range(9)]
    async with Gateway().serving() as gateway:
        gateway.status = 403
        rested: list[float] = [0.0]
        async with office.working(sms_post(gateway), breaker=lambda: Breaker(clock=lambda: rested[0])):
            await office.until(notices[0], lambda found: found.code == "auth:403")
            await asyncio.sleep(0.1)
            refused = len(gateway.requests)
            assert refused <= 4
            gateway.status = 202
            office.clock.forward(hours=1)
            await asyncio.sleep(0.1)
            assert len(gateway.requests) == refused
            rested[0] = 61.0
            for notice in notices:
                await office.state(notice, "accepted")


async def test_a_refused_sender_stops_the_mails_and_loses_nothing(office: Office) -> None:
    """What 163 and QQ answer to a foreign sender: one try, nobody is told in another's place; mended, all go."""
    ticket = await office.ticket("AAA")
    notices = [await office.notice(f"{n}", ticket, address=f"w{n}@unit.gov.cn") for n in range(9)]
    async with ScriptedSmtp({"MAIL": "553 Mail from must equal authorized user"}) as server:
        rested: list[float] = [0.0]
        async with office.working(mail_post(server.url), breaker=lambda: Breaker(clock=lambda: rested[0])):
            await office.until(notices[0], lambda found: found.code == "sender:553")
            await asyncio.sleep(0.1)
            refused = len(server.named("MAIL"))
            assert refused <= 4
            server.answers.clear()
            office.clock.forward(hours=1)
            rested[0] = 61.0
            for notice in notices:
                await office.state(notice, "accepted")
    assert len(server.mails) == 9


async def test_a_channel_that_is_not_set_up(office: Office) -> None:
    """Its notices are suppressed with the reason, which others are told."""
    notice = await office.notice("one", await office.ticket("AAA"))
    async with office.working():
        assert (await office.state(notice, "suppressed")).code == "channel_not_configured"
    assert await office.receipts(notice) == ["suppressed"]


@pytest.mark.on_both
async def test_an_expired_notice_is_not_sent(office: Office, smtp_server: SmtpServer) -> None:
    """Whoever comes back after two weeks does not send old news."""
    notice = await office.notice("one", await office.ticket("AAA"))
    office.clock.forward(days=14)
    async with office.working(mail_post(smtp_server.url)):
        assert (await office.state(notice, "expired")).code == "too_late"
    assert smtp_server.mails == []


async def test_a_refused_mail_is_dead(office: Office, smtp_server: SmtpServer) -> None:
    """5xx is final, and says why."""
    smtp_server.misbehave.refuse_all = "550 5.1.1 no such user"
    notice = await office.notice("one", await office.ticket("AAA"))
    async with office.working(mail_post(smtp_server.url)):
        assert (await office.state(notice, "dead")).code == "rejected:550"
    assert await office.receipts(notice) == ["sending", "dead"]


async def test_two_dispatchers_send_each_notice_once(
    postgres_ledgers: tuple[Ledger, Ledger], smtp_server: SmtpServer
) -> None:
    """On one PostgreSQL, with mails to forty people and short messages to ten."""
    first, second = postgres_ledgers
    office = Office(first)
    ticket = await office.ticket("AAA")
    mails = [await office.notice(f"m{n}", ticket, address=f"u{n}@unit.gov.cn") for n in range(40)]
    texts = [await office.notice(f"s{n}", ticket, channel="sms", address=f"138000000{n % 10:02}") for n in range(20)]
    async with Gateway().serving() as gateway:
        senders = [(mail_post(smtp_server.url), sms_post(gateway)) for _ in range(2)]
        dispatchers = [
            office.dispatcher(*mine, ledger=ledger) for mine, ledger in zip(senders, (first, second), strict=True)
        ]
        tasks = [asyncio.create_task(dispatcher.run()) for dispatcher in dispatchers]
        for notice in (*mails, *texts):
            await office.state(notice, "accepted")
        for dispatcher in dispatchers:
            await dispatcher.stop()
        await asyncio.gather(*tasks)
        assert sorted(Counter(request["to"] for request in gateway.requests).values()) == [1] * 10
    assert len(smtp_server.mails) == 40
    assert len({mail.recipients for mail in smtp_server.mails}) == 40


@pytest.mark.on_both
async def test_the_gauges_show_the_database(office: Office) -> None:
    """Tickets, overdue ones, notices, and since when the oldest due one waits."""
    late = await office.ticket("AAA", due_at=at(days=-1))
    await office.ticket("BBB")
    await office.notice("one", late, not_before=at(minutes=-2))
    await Observer(office.ledger, office.clock, office.metrics)()
    lines = office.metrics.text().decode().splitlines()
    assert 'rectify_tickets{status="open"} 2.0' in lines
    assert "rectify_tickets_overdue 1.0" in lines
    assert 'rectify_notices{state="pending"} 1.0' in lines
    (age,) = [line for line in lines if line.startswith("rectify_notice_oldest_due_seconds ")]
    assert 120 <= float(age.split()[1]) < 180


async def test_letters_that_go_late_are_counted(office: Office, smtp_server: SmtpServer) -> None:
    """Taken five minutes after their time, or not at the first try: that is not what is promised."""
    ticket = await office.ticket("AAA")
    planned = ((at(minutes=-1), 0), (at(minutes=-6), 0), (at(minutes=-1), 1))
    rows = [
        await office.notice(f"n{number}", ticket, not_before=not_before, attempts=attempts)
        for number, (not_before, attempts) in enumerate(planned)
    ]
    async with office.working(mail_post(smtp_server.url)):
        for row in rows:
            await office.state(row, "accepted")
    assert office.metrics.registry.get_sample_value("rectify_notices_late_total", {"channel": "email"}) == 2


async def test_a_reason_reaches_who_must_do_it_again(office: Office, smtp_server: SmtpServer) -> None:
    """A ticket sent back says why, in the words of who sent it back."""
    ticket = await office.ticket("AAA")
    entry = HistoryEntry("e" * 32, ticket.asset_pk, ticket.pk, START, "sent_back", '{"said":"截图看不清"}')
    await save(office.ledger, ChangeSet(history=[entry]))
    notice = await office.notice("one", ticket, kind="sent_back")
    async with office.working(mail_post(smtp_server.url)):
        await office.state(notice, "accepted")
    body = smtp_server.mails[0].message.get_body(("plain",))
    assert body is not None
    assert "已退回：截图看不清" in body.get_content()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ('{"reason":"command","said":"答复质量差"}', "【保障期重新整改】答复质量差"),
        ('{"reason":"content_changed"}', "【保障期重新整改】内容已变化，原判定不再适用"),
        ('{"reason":"relapse"}', "销号后再次出现"),
    ],
)
async def test_a_reopened_ticket_says_why(office: Office, smtp_server: SmtpServer, event: str, words: str) -> None:
    """M-6: in the words of who reopened it; only what is back by itself is called a relapse."""
    ticket = await office.ticket("AAA")
    entry = HistoryEntry("e" * 32, ticket.asset_pk, ticket.pk, START, "reopened", event)
    await save(office.ledger, ChangeSet(history=[entry]))
    notice = await office.notice("one", ticket, kind="reopened")
    async with office.working(mail_post(smtp_server.url)):
        await office.state(notice, "accepted")
    body = smtp_server.mails[0].message.get_body(("plain",))
    assert body is not None
    assert words in body.get_content()
    assert ("再次出现" in body.get_content()) is ("relapse" in event)


async def test_a_closing_is_told_with_its_proof(office: Office, smtp_server: SmtpServer) -> None:
    """C-39: who no longer saw it, in which run."""
    ticket = (await office.ticket("AAA"))._replace(status="closed", close_reason="run_absent", closed_at=START)
    proof = '{"kind":"run","source":"巡检一号","run_id":"r-7"}'
    event = f'{{"reason":"run_absent","proof":{proof}}}'
    entry = HistoryEntry("e" * 32, ticket.asset_pk, ticket.pk, START, "closed", event)
    await save(office.ledger, ChangeSet(tickets=[ticket], history=[entry]))
    await office.notice("opened", ticket, state="accepted")
    notice = await office.notice("one", ticket, kind="closed")
    async with office.working(mail_post(smtp_server.url)):
        await office.state(notice, "accepted")
    body = smtp_server.mails[0].message.get_body(("plain",))
    assert body is not None
    assert "巡检一号的巡检 r-7 覆盖该位置，未再发现该问题" in body.get_content()


@pytest.mark.parametrize(
    ("kind", "why", "words"),
    [
        ("run_held", "一次巡检将使 42 处问题销号，数量异常，待人工核实", "一次巡检将使 42 处问题销号"),
        ("recheck_unanswered", "申请复查 3 次，均未答复", "【复查逾期未反馈】申请复查 3 次"),
    ],
)
async def test_what_is_wrong_with_the_looking_is_told(
    office: Office, smtp_server: SmtpServer, kind: str, why: str, words: str
) -> None:
    """R-39: in the words of the event, and without a calendar entry: nobody owes anything by then."""
    ticket = await office.ticket("AAA")
    entry = HistoryEntry("e" * 32, ticket.asset_pk, ticket.pk, START, kind, f'{{"why":"{why}"}}')
    await save(office.ledger, ChangeSet(history=[entry]))
    notice = await office.notice("one", ticket, kind=kind)
    async with office.working(mail_post(smtp_server.url)):
        await office.state(notice, "accepted")
    message = smtp_server.mails[0].message
    body = message.get_body(("plain",))
    assert body is not None
    assert words in body.get_content()
    assert [part for part in message.walk() if part.get_filename()] == []


async def test_a_closing_of_what_nobody_knew_is_told_to_nobody(office: Office, smtp_server: SmtpServer) -> None:
    """N-66: its opening was withdrawn before it was sent."""
    ticket = (await office.ticket("AAA"))._replace(status="closed", close_reason="run_absent", closed_at=START)
    await save(office.ledger, ChangeSet(tickets=[ticket]))
    await office.notice("opened", ticket, state="suppressed", code="withdrawn")
    notice = await office.notice("one", ticket, kind="closed")
    async with office.working(mail_post(smtp_server.url)):
        assert (await office.state(notice, "suppressed")).code == "never_told"
    assert not smtp_server.mails


@pytest.mark.on_both
async def test_workers_share_the_reports_secret(ledger: Ledger) -> None:
    """Made once, however often it is asked for."""
    async with ledger.transaction() as tx:
        first = await tx.deliveries.shared_secret("a")
        assert len(first) == 64
        assert await tx.deliveries.shared_secret("a") == first != await tx.deliveries.shared_secret("b")


async def test_what_comes_at_night_says_why(office: Office, smtp_server: SmtpServer) -> None:
    """An exempt mail at 23:00, and the same in the morning (N-28)."""
    hours = await office.ticket("AAA", due_unit="hour")
    office.clock.forward(hours=14)
    night = await office.notice("night", hours, exempt=True)
    async with office.working(mail_post(smtp_server.url)):
        await office.state(night, "accepted")
        office.clock.forward(hours=10)
        day = await office.notice("day", hours, exempt=True, not_before=at(hours=20))
        await office.state(day, "accepted")
    bodies = [mail.message.get_body(("plain",)) for mail in smtp_server.mails]
    assert ["夜间和休息日照常" in body.get_content() for body in bodies if body is not None] == [True, False]
