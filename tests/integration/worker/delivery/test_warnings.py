"""Warnings on the ledger and on their way out: looked at again, one mail a morning, the ticket's past."""

from __future__ import annotations

from datetime import timedelta

from streams.ledger import Ledger
from streams.ledger.reading.queries import history_of
from streams.rules.state.records import HistoryEntry, Notice, Problem
from streams.rules.state.snapshot import Adopted, ChangeSet
from streams.rules.state.text import to_json
from tests.support.dispatching import Office, mail_post
from tests.support.ledger import START, asset_pk, at, key, notice, problem, save
from tests.support.smtp import SmtpServer

SINCE = START.isoformat()
MEMORY = to_json({"warned": {"since": SINCE, "told_at": SINCE, "times": 1}})


def warned(name: str, asset: int) -> Problem:
    """A warned problem."""
    return problem(name, asset, status="warned")._replace(suspicion_json=MEMORY, gone_at=None)


def warning(name: str, asset: int) -> Notice:
    """A notice that warns of it, due ten minutes after START."""
    subject = {"key": key(name).hex(), "since": SINCE, "times": 1, "name": "栏目不更新", "locator": f"/{name}/"}
    return notice(f"warned {name}", 0, asset, kind="warned")._replace(
        exempt=False, not_before=at(minutes=10), subject_json=to_json({**subject, "lines": []})
    )


def said(asset: int, number: int, fingerprint: str, moment: int) -> HistoryEntry:
    """An event `warned` that many minutes after START."""
    body = to_json({"type": "warned", "fingerprint": fingerprint})
    return HistoryEntry(f"{number:032x}", asset, None, at(minutes=moment), "warned", body)


async def test_the_problem_comes_with_its_notice(ledger: Ledger) -> None:
    """As it now stands; one that a recurrence has replaced does not, and no ticket is looked for."""
    asset = await asset_pk(ledger)
    old = warned("b", asset)._replace(current=False)
    await save(
        ledger, ChangeSet(problems=[warned("a", asset), old], notices=[warning("a", asset), warning("b", asset)])
    )
    async with ledger.transaction() as tx:
        due = await tx.notices.due(at(minutes=10), at(minutes=10), 10)
    (found,) = due.warned.values()
    assert (len(due.notices), due.tickets, due.problems) == (2, {}, {})
    assert (found.fingerprint, found.status, found.suspicion_json) == ("fp-a", "warned", MEMORY)


async def test_warnings_become_a_ticket_s_past(ledger: Ledger) -> None:
    """D-11: those of this fingerprint, since the first that still counts, of this very batch too; no others."""
    asset, other = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    name = "a \"%_'?\\ 一"
    await save(
        ledger,
        ChangeSet(
            history=[
                said(asset, 1, name, -5),
                said(asset, 2, name, 0),
                said(asset, 3, "another", 1),
                said(other, 4, name, 2),
            ]
        ),
    )
    adopted = [Adopted(asset, name, 7, START, b"")]
    await save(ledger, ChangeSet(history=[said(asset, 5, name, 3)], adopted=adopted))
    assert [int(entry.event_id, 16) for entry in await history_of(ledger, 7)] == [2, 5]


async def test_a_morning_is_one_mail(ledger: Ledger, smtp_server: SmtpServer) -> None:
    """N-8, N-14: the reminder of 09:00 takes the warnings along; what is a ticket by now is left out."""
    office = Office(ledger)
    ticket = await office.ticket("AAA", due_at=at(days=1))
    asset = ticket.asset_pk
    crossed = warned("c", asset)._replace(status="open", ticket_pk=ticket.pk, ordinal=1)
    rows = [warning(name, asset) for name in "abc"]
    await save(ledger, ChangeSet(problems=[warned("a", asset), warned("b", asset), crossed], notices=rows))
    reminder = await office.notice("reminder", ticket, kind="reminder")
    async with office.working(mail_post(smtp_server.url)):
        for row in (reminder, *rows[:2]):
            await office.state(row, "accepted")
        assert (await office.state(rows[2], "suppressed")).code == "superseded"
    (mail,) = smtp_server.mails
    body = mail.message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert [words in text for words in (ticket.ticket_id, "/a/", "/b/", "/c/")] == [True, True, True, False]
    assert "预警2处" in str(mail.message["Subject"])
    about = {one["notice_id"]: one["ticket_ids"] for one in await office.told(office.topics.receipts)}
    assert about == {reminder.notice_id: [ticket.ticket_id]} | {row.notice_id: [] for row in rows}


async def test_alone_they_are_a_mail_of_their_own(ledger: Ledger, smtp_server: SmtpServer) -> None:
    """N-12: at ten past nine, with a subject that says so and no thread."""
    office = Office(ledger)
    asset = await asset_pk(ledger)
    row = warning("a", asset)
    await office.register(row)
    await save(ledger, ChangeSet(problems=[warned("a", asset)], notices=[row]))
    async with office.working(mail_post(smtp_server.url)):
        office.clock.forward(minutes=9)
        assert (await office.stands(row)).state == "pending"
        office.clock.forward(seconds=timedelta(minutes=2).total_seconds())
        await office.state(row, "accepted")
    (mail,) = smtp_server.mails
    assert "【预警】1处内容即将超期" in str(mail.message["Subject"])
    assert mail.message["References"] is None
