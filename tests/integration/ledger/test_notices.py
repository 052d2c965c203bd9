"""Notices are picked once, their states only move forward, and what was sent is counted."""

from datetime import timedelta

from sqlalchemy import select

from streams.ledger import Ledger
from streams.ledger.reading.counts import counts
from streams.ledger.reading.polling import anything_to_send
from streams.ledger.reading.queries import notices_of
from streams.ledger.tables import meta
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import ChangeSet
from tests.support.ledger import NOW, asset_pk, at, key, notice, open_ticket, problem, save

REAL = NOW.real
STATES = ("pending", "sending", "accepted", "delivered", "undelivered", "uncertain", "suppressed", "expired", "dead")


async def _with(ledger: Ledger, *notices: Notice) -> None:
    asset = await asset_pk(ledger)
    change_set = ChangeSet(
        problems=[problem("a", asset, 1, 1), problem("b", asset, 1, 2)._replace(current=False)],
        new_tickets=[open_ticket(1, "a", asset)],
        notices=[n._replace(asset_pk=asset, ticket_pk=1) for n in notices],
    )
    await save(ledger, change_set)


async def _pick(ledger: Ledger, limit: int = 10) -> list[str]:
    async with ledger.transaction() as tx:
        return [n.code or n.notice_id for n in (await tx.notices.due(at(), REAL, limit)).notices]


async def _state(ledger: Ledger) -> str:
    (found,) = await notices_of(ledger, 1)
    return found.state


def _other(name: str, **fields: object) -> Notice:
    return notice(name, 1, 1)._replace(code=name, **fields)  # type: ignore[arg-type]


async def test_due_ones_come_with_their_contents(ledger: Ledger) -> None:
    """The ticket, its asset and its current problems; what is not due yet stays."""
    await _with(ledger, _other("now"), _other("later", not_before=at(seconds=1), kind="urge"))
    async with ledger.transaction() as tx:
        due = await tx.notices.due(at(), REAL, 10)
    assert [n.code for n in due.notices] == ["now"]
    assert due.tickets[1].ticket_id == "ZG20260302-a"
    assert [asset.asset_id for asset in due.assets.values()] == ["asset-1"]
    assert [p.fingerprint for p in due.problems[1]] == ["fp-a"]


async def test_one_address_gets_one_letter(ledger: Ledger) -> None:
    """With one due notice come all others of the address that are due or still gathering, whatever the limit."""
    await _with(
        ledger,
        _other("first", not_before=at(minutes=-5)),
        _other("due", kind="urge"),
        _other("gathering", not_before=at(minutes=5)),
        _other("future", kind="reminder", not_before=at(minutes=5)),
        _other("elsewhere", address="li@unit.gov.cn"),
        _other("by-phone", channel="sms"),
        _other("sent", state="accepted"),
    )
    assert sorted(await _pick(ledger, limit=1)) == ["due", "first", "gathering"]


async def test_one_mailbox_in_two_spellings_gets_one_letter(ledger: Ledger) -> None:
    """N-52: gathered and counted together; each notice keeps the address as it was written."""
    written = ["Office@Unit.gov.cn", "office@unit.gov.cn"]
    both = [_other(name, address=address) for name, address in zip("ab", written, strict=True)]
    await _with(ledger, *both)
    async with ledger.transaction() as tx:
        due = await tx.notices.due(at(), REAL, 1)
        await tx.notices.mark_sending([(both[0].notice_id, "letter-1")], at(days=201), at())
        sent = await tx.notices.sent_since("email", ["office@unit.gov.cn"], at())
    assert sorted(one.address for one in due.notices) == written
    assert sent == {"office@unit.gov.cn": 1}


async def test_what_another_worker_holds_is_left_out(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Two dispatchers never pick the same notice, marked or not."""
    first, second = postgres_ledgers
    await _with(first, *(_other(f"n{number}", address=f"{number}@unit.gov.cn") for number in range(6)))
    async with first.transaction() as one:
        due = await one.notices.due(at(), REAL, 4)
        await one.notices.mark_sending([(n.notice_id, None) for n in due.notices], at(days=201), at())
    rest = await _pick(second)
    assert sorted([n.code for n in due.notices if n.code] + rest) == [f"n{number}" for number in range(6)]


async def test_a_crashed_dispatcher_leaves_a_lease(ledger: Ledger) -> None:
    """While it lasts nobody picks the notice; afterwards it is picked, still `sending`."""
    await _with(ledger, _other("a"))
    (mine,) = await notices_of(ledger, 1)
    async with ledger.transaction() as tx:
        await tx.notices.mark_sending([(mine.notice_id, None)], at(days=200, minutes=5), at())
    assert await _pick(ledger) == []
    async with ledger.transaction() as tx:
        (left,) = (await tx.notices.due(at(), at(days=200, minutes=6), 10)).notices
    assert (left.state, left.attempts, left.lease_until) == ("sending", 1, at(days=200, minutes=5))


async def test_states_only_move_forward(ledger: Ledger) -> None:
    """What has been said once is never taken back, for every pair of states."""
    forward = {
        "pending": {"pending", "suppressed", "expired", "dead"},
        "sending": set(STATES) - {"sending"},
        "accepted": {"delivered", "undelivered"},
        "uncertain": {"accepted", "delivered", "undelivered"},
    }
    pairs = [(before, after) for before in STATES for after in STATES if after != "sending"]
    await _with(ledger, *(notice(f"{before} {after}", 1, 1)._replace(state=before) for before, after in pairs))
    expected = {}
    async with ledger.transaction() as tx:
        for before, after in pairs:
            mine = key(f"{before} {after}").hex()
            may = after in forward.get(before, set())
            assert await tx.notices.finish([mine], after, "smtp", "250", at(minutes=1)) == ([mine] if may else [])
            expected[mine] = after if may else before
    assert {n.notice_id: n.state for n in await notices_of(ledger, 1)} == expected


async def test_what_finish_records(ledger: Ledger) -> None:
    """Provider, code and time; a retry keeps its attempts and gets a new time, and nobody holds it any more."""
    await _with(ledger, _other("a"))
    (mine,) = await notices_of(ledger, 1)
    async with ledger.transaction() as tx:
        await tx.notices.mark_sending([(mine.notice_id, None)], at(days=201), at(seconds=1))
        await tx.notices.finish([mine.notice_id], "pending", "smtp", "451", at(seconds=2), at(minutes=5))
    expected = mine._replace(
        attempts=1, provider="smtp", code="451", updated_at=at(seconds=2), not_before=at(minutes=5)
    )
    assert await notices_of(ledger, 1) == [expected]


async def test_reports_come_in_any_order(ledger: Ledger) -> None:
    """Before the sending was recorded, repeated, contradictory: the first final word stands."""
    await _with(ledger, _other("a"))
    (mine,) = await notices_of(ledger, 1)
    async with ledger.transaction() as tx:
        assert not await tx.notices.report(mine.notice_id, "delivered", "0", at())
        await tx.notices.mark_sending([(mine.notice_id, None)], at(days=201), at())
        assert await tx.notices.report(mine.notice_id, "delivered", "0", at(seconds=1))
        assert await tx.notices.finish([mine.notice_id], "accepted", "kannel", "0", at(seconds=2)) == []
        assert not await tx.notices.report(mine.notice_id, "delivered", "0", at(seconds=3))
        assert not await tx.notices.report(mine.notice_id, "undelivered", "16", at(seconds=3))
        assert not await tx.notices.report("00" * 16, "delivered", "0", at())
    assert await _state(ledger) == "delivered"


async def test_short_messages_of_a_day_are_counted(ledger: Ledger) -> None:
    """From the moment the provider is called, whatever becomes of it; a retry that was not sent does not count."""
    sms = [notice(f"s{number}", 1, 1, channel="sms") for number in range(3)]
    await _with(ledger, *sms, notice("mail", 1, 1), notice("other", 1, 1, channel="sms")._replace(address="139"))
    number = sms[0].address
    async with ledger.transaction() as tx:
        assert await tx.notices.sent_since("sms", [number], at(days=-1)) == {}
        await tx.notices.mark_sending([(sms[0].notice_id, "letter-1")], at(days=201), at())
        assert await tx.notices.sent_since("sms", [number], at()) == {number: 1}
        assert await tx.notices.sent_since("sms", [number], at(microseconds=1)) == {}
        await tx.notices.finish([sms[0].notice_id], "uncertain", "kannel", None, at(hours=9))
        assert await tx.notices.sent_since("sms", [number], at()) == {number: 1}
        assert await tx.notices.sent_since("sms", [number], at(hours=1)) == {}
        await tx.notices.mark_sending([(sms[1].notice_id, "letter-2")], at(days=201), at())
        await tx.notices.finish([sms[1].notice_id], "pending", "kannel", "503", at(), at(hours=1))
        assert await tx.notices.sent_since("sms", [number], at()) == {number: 1}


async def test_a_notice_is_written_once(ledger: Ledger) -> None:
    """The same cause and recipient again changes nothing of the one that is there."""
    asset = await asset_pk(ledger)
    await save(ledger, ChangeSet(new_tickets=[open_ticket(1, "a", asset)], notices=[notice("n", 1, asset)]))
    await save(ledger, ChangeSet(notices=[notice("n", 1, asset)._replace(state="dead", name="李某")]))
    assert await notices_of(ledger, 1) == [notice("n", 1, asset)]


async def test_withdrawn_notices_fall_away(ledger: Ledger) -> None:
    """Only pending ones, only the ticket's, and not those that the same decision adds."""
    asset = await asset_pk(ledger)
    notices = [
        notice("a", 1, asset),
        notice("b", 1, asset)._replace(state="accepted", created_at=at(minutes=-19)),
        notice("c", 2, asset),
    ]
    tickets = [open_ticket(1, "a", asset), open_ticket(2, "b", asset)]
    await save(ledger, ChangeSet(new_tickets=tickets, notices=notices))
    added = notice("closed", 1, asset, kind="closed")._replace(created_at=at(minutes=-18))
    await save(ledger, ChangeSet(withdrawn=[1], notices=[added]))
    first, second, third = await notices_of(ledger, 1)
    assert (first.state, first.code, first.updated_at) == ("pending", "withdrawn", NOW.at)
    assert (second.state, third.state) == ("accepted", "pending")
    assert [n.state for n in await notices_of(ledger, 2)] == ["pending"]


async def test_the_oldest_due_unsent(ledger: Ledger) -> None:
    """The first metric: since when something that may be sent has been waiting."""
    await _with(ledger, _other("a", not_before=at(minutes=-5)), _other("b", not_before=at(minutes=5)))
    async with ledger.transaction() as tx:
        assert await tx.notices.oldest_due_unsent(at()) == at(minutes=-5)
        assert await tx.notices.oldest_due_unsent(at(hours=-1)) is None
    assert (await counts(ledger, at())).notices == {"pending": 2}


async def test_exempt_notices_are_picked_first(ledger: Ledger) -> None:
    """N-20: with room for one letter, what is urgent leaves behind what has waited longer."""
    await _with(
        ledger,
        _other("old", not_before=at(days=-1), exempt=False),
        _other("urgent", address="li@unit.gov.cn", exempt=True),
    )
    assert await _pick(ledger, limit=1) == ["urgent"]
    assert sorted(await _pick(ledger, limit=2)) == ["old", "urgent"]


async def test_a_look_tells_whether_there_is_something_to_send(ledger: Ledger) -> None:
    """By channel, by the domain's clock; a crash's leavings by the wall clock. It takes no turn and writes nothing."""
    await _with(ledger, _other("later", not_before=at(seconds=1)))
    assert not await anything_to_send(ledger, at(), REAL, "email")
    assert await anything_to_send(ledger, at(seconds=1), REAL, "email")
    assert not await anything_to_send(ledger, at(seconds=1), REAL, "sms")
    assert await ledger.read(select(meta.c.key).where(meta.c.key.like("picking:%"))) == []
    async with ledger.transaction() as tx:
        (picked,) = (await tx.notices.due(at(seconds=1), REAL, 10, "email")).notices
        await tx.notices.mark_sending([(picked.notice_id, None)], REAL + timedelta(seconds=120), at())
    assert not await anything_to_send(ledger, at(seconds=1), REAL, "email")
    assert await anything_to_send(ledger, at(seconds=1), REAL + timedelta(seconds=121), "email")
