"""What became of the last message to an address, and of the last one that did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, literal, select, union_all

from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros
from streams.ledger.notice_tables import notices

FAILED: Final = ("undelivered", "dead")
_AT_ONCE: Final = 50  # addresses of one statement


class InboxOf(NamedTuple):
    """An address as the ledger compares it (rule N-52), over a channel."""

    channel: str
    inbox: str


class LetterEnd(NamedTuple):
    """What became of one message."""

    at: datetime  # when that became known
    state: str
    code: str


class LastLetters(NamedTuple):
    """Of one address; None: there was none."""

    last: LetterEnd | None = None
    failed: LetterEnd | None = None  # the last that did not arrive


async def last_letters(ledger: Ledger, wanted: Sequence[InboxOf]) -> dict[InboxOf, LastLetters]:
    """Of each of these addresses, whoever was told there."""
    found = dict.fromkeys(wanted, LastLetters())
    every = list(found)
    for first in range(0, len(every), _AT_ONCE):
        some = every[first : first + _AT_ONCE]
        branches = [select(_last(one, failed=failed).subquery()) for one in some for failed in (False, True)]
        for channel, inbox, failed, *end in await ledger.read(select(union_all(*branches).subquery())):
            one, (updated_at, state, code) = InboxOf(channel, inbox), end
            ended = LetterEnd(from_micros(updated_at), state, code or "")
            found[one] = found[one]._replace(failed=ended) if failed else found[one]._replace(last=ended)
    return found


def _last(one: InboxOf, *, failed: bool) -> Select[Any]:
    query = select(
        notices.c.channel, notices.c.inbox, literal(int(failed)).label("failed"), notices.c.updated_at,
        notices.c.state, notices.c.code,
    ).where(notices.c.inbox == one.inbox, notices.c.channel == one.channel, notices.c.sent_at.is_not(None))  # fmt: skip
    if failed:
        query = query.where(notices.c.state.in_(FAILED))
    return query.order_by(notices.c.sent_at.desc(), notices.c.notice_id).limit(1)
