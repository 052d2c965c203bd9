"""The journal of notices: what is written before a letter is sent and after, with a receipt for every state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.channels import NoticeChannel
from schemas.topics import Topics
from streams.ledger import DueNotices, Transaction
from streams.presentation.masking import masked
from streams.rules.notices.receipts import receipt
from streams.rules.sending.sending import Delivery, Plan
from streams.rules.state.records import Notice, OutMessage
from streams.rules.state.snapshot import Now, Registry


@dataclass(frozen=True, slots=True)
class Leased:
    """What one round of the dispatcher has taken up, when, and until when it is its own."""

    due: DueNotices
    now: Now
    registry: Registry
    lease: datetime  # real time


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What became of a letter; `pending` (until then) is a retry, or one put back, of which nobody is told."""

    delivery: Delivery
    leased: Leased
    state: str
    code: str | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoticeJournal:
    """The entries of one channel. `provider` is None while it is not set up."""

    channel: NoticeChannel
    topics: Topics
    provider: str | None

    async def before(self, tx: Transaction, leased: Leased, plan: Plan, chosen: Iterable[Delivery]) -> list[OutMessage]:
        """Writes down all that was decided, and that the chosen letters are about to be sent; the receipts."""
        at, messages = leased.now.at, []
        for notice, state, code in plan.ended:
            if await tx.notices.finish([notice.notice_id], state, None, code, at):
                messages.append(self._receipt(leased, notice, state, code, at))
        held: defaultdict[tuple[datetime, str], list[str]] = defaultdict(list)
        for waiting in plan.held:
            held[waiting.until, waiting.code].append(waiting.notice.notice_id)
        for (until, code), notice_ids in held.items():
            await tx.notices.finish(notice_ids, "pending", None, code, at, until)
        letters = [(notice.notice_id, letter.delivery_id) for letter in chosen for notice in letter.notices]
        await tx.notices.mark_sending(letters, leased.lease, at)
        for delivery in chosen:
            messages += [self._receipt(leased, attempted(notice), "sending", None, at) for notice in delivery.notices]
        return messages

    async def after(
        self, tx: Transaction, entries: Sequence[OutcomeRow], at: datetime
    ) -> list[tuple[OutcomeRow, list[OutMessage]]]:
        """Writes down what became of letters; each with the receipts of the notices that moved."""
        alike: defaultdict[tuple[str, str | None, datetime | None], list[str]] = defaultdict(list)
        for entry in entries:
            alike[entry.state, entry.code, entry.until] += [notice.notice_id for notice in entry.delivery.notices]
        moved: set[str] = set()
        for (state, code, until), notice_ids in alike.items():
            moved.update(await tx.notices.finish(notice_ids, state, self.provider, code, at, until))
        return [(entry, self._receipts(entry, moved, at)) for entry in entries]

    def _receipts(self, entry: OutcomeRow, moved: Collection[str], at: datetime) -> list[OutMessage]:
        if entry.state == "pending":
            return []
        told = [attempted(notice) for notice in entry.delivery.notices if notice.notice_id in moved]
        return [self._receipt(entry.leased, notice, entry.state, entry.code, at) for notice in told]

    def _receipt(self, leased: Leased, notice: Notice, state: str, code: str | None, at: datetime) -> OutMessage:
        ticket = leased.due.tickets.get(notice.ticket_pk)
        ticket_id = ticket.ticket_id if ticket is not None else None
        local = at.astimezone(leased.registry.zone)
        return receipt(self.topics, notice, ticket_id, masked(notice), state, local, provider=self.provider, code=code)


def attempted(notice: Notice) -> Notice:
    """The notice after one more attempt."""
    return notice._replace(attempts=notice.attempts + 1)
