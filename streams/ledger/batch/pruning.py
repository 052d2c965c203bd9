"""One step of forgetting (rules O-1 to O-3, O-10), in a short transaction of its own; `upkeep/retention.py` takes all.

An asset is locked while its tickets are pruned, so that no finding reopens one meanwhile; one that a worker is busy
with is left for the next time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson

from streams.ledger.batch.assets import Assets
from streams.ledger.engines.weights import Row
from streams.ledger.moments import to_micros
from streams.ledger.part import Part, Work
from streams.ledger.past_tables import ticket_facts
from streams.ledger.tables import problems
from streams.rules.closing.retention import (
    end_without_words,
    is_personal,
    terms_without_people,
    without_people,
    without_words,
)
from streams.rules.scoring.slips import FACTS, kept_fact

_TEXTS: Final = ("pk", "facts_json", "gone_by_json")
STEP: Final = 100  # tickets in a transaction: a few milliseconds
ROWS: Final = 2_000  # history entries looked at in a transaction
_WAITING: Final = (
    "select pk, asset_pk from problems where ticket_pk = 0 and pk > ? and last_seen_at < ? "
    "and (check_code like 'message.%' or check_code like 'comment.%') order by pk limit ?"
)
_ENDED: Final = "('accepted', 'delivered', 'undelivered', 'uncertain', 'suppressed', 'expired', 'dead')"
_FORGET_PEOPLE: Final = (
    "update notices set name = '', address = '', inbox = '' "  # noqa: S608
    f"where ticket_pk = ? and address <> '' and state in {_ENDED}"
)
_WARNED: Final = (
    "select notice_id, subject_json from notices where ticket_pk = 0 and updated_at < ? "  # noqa: S608
    f"and (address <> '' or subject_json like '%\"title\"%') and state in {_ENDED} limit {STEP}"
)
_FORGET_WARNED: Final = "update notices set name = '', address = '', inbox = '', subject_json = ? where notice_id = ?"
_FACTS: Final = f"select at, type, body_json from history where ticket_pk = ? and type in {tuple(FACTS)!r} order by pk"  # noqa: S608
_WARNINGS: Final = (
    "select pk, body_json from history where ticket_pk is null and type = 'warned' and pk > ? and at < ? "
    "order by pk limit ?"
)


@dataclass(slots=True)
class Pruned:
    """How much was forgotten."""

    tickets: int = 0  # looked at
    problems: int = 0  # whose details were people's
    notices: int = 0  # whose names and addresses are gone
    history: int = 0  # entries
    numbers: int = 0  # of short messages that nobody has reported on

    def add(self, step: Pruned) -> None:
        """One step more."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(step, name))


class Pruning(Part):
    """One step, in the transaction of the caller."""

    def __init__(self, work: Work, assets: Assets) -> None:
        super().__init__(work)
        self._assets = assets

    async def tickets(self, after: int, personal: datetime, history: datetime, done: Pruned) -> int | None:
        """Prunes the next tickets closed before `personal` or `history`; the last one's number, None at the end."""
        oldest = to_micros(max(personal, history))
        rows = await self._session.rows(
            "select pk, asset_pk from tickets where pk > ? and closed_at < ? order by pk limit ?", after, oldest, STEP
        )
        if not rows:
            return None
        assets = await self._assets.lock_by_pk({row[1] for row in rows}, skip_locked=True)
        locked = {asset.pk for asset in assets.values()}
        for pk, asset_pk in rows:
            if asset_pk in locked:
                await self._prune_ticket(pk, to_micros(personal), to_micros(history), done)
        return int(rows[-1][0])

    async def _prune_ticket(self, pk: int, personal: int, history: int, done: Pruned) -> None:
        found = await self._session.rows(
            "select check_code, closed_at, cause, deadline_json from tickets where pk = ? and closed_at is not null", pk
        )
        if not found:
            return  # reopened a moment ago (O-3)
        ((check, closed_at, cause, terms),) = found
        forgets_people, done.tickets = closed_at < personal, done.tickets + 1
        await self._session.run("delete from asks where ticket_pk = ?", pk)  # it has none (O-12)
        if forgets_people:
            done.notices += await self._session.run(_FORGET_PEOPLE, pk)
        if forgets_people and is_personal(check):
            done.problems += await self._forget_texts(pk)
            if cause is not None or terms != terms_without_people(terms):
                sql = "update tickets set cause = null, deadline_json = ? where pk = ?"
                await self._session.run(sql, terms_without_people(terms), pk)
        if closed_at < history or (forgets_people and is_personal(check)):
            await self._keep_facts(pk)
            done.history += await self._session.run("delete from history where ticket_pk = ?", pk)

    async def _keep_facts(self, pk: int) -> None:
        rows = await self._session.rows(_FACTS, pk)
        kept = [(pk, at, kind, kept_fact(kind, body)) for at, kind, body in rows]
        await self._session.insert_many(ticket_facts, ("ticket_pk", "at", "type", "body_json"), kept)

    async def _forget_texts(self, pk: int) -> int:
        return await self._shorten(await self._session.match(problems, _TEXTS, ("ticket_pk",), [(pk,)]))

    async def _shorten(self, found: Sequence[Row]) -> int:
        """Of rows that begin with `_TEXTS`: how many had words."""
        shorter: list[Row] = [(without_people(facts), end_without_words(end), pk) for pk, facts, end, *_ in found]
        changed = [new for new, old in zip(shorter, found, strict=True) if new[:2] != tuple(old[1:3])]
        await self._session.update_many(problems, (*_TEXTS[1:], "pk"), changed)
        return len(changed)

    async def waiting(self, after: int, personal: datetime, done: Pruned) -> int | None:
        """Forgets what citizens wrote in problems without a ticket (O-10); the last one's number, None at the end."""
        rows = await self._session.rows(_WAITING, after, to_micros(personal), STEP)
        if not rows:
            return None
        assets = await self._assets.lock_by_pk({row[1] for row in rows}, skip_locked=True)
        locked = {asset.pk for asset in assets.values()}
        # Read again now that nobody else writes them.
        found = await self._session.match(
            problems, (*_TEXTS, "ticket_pk"), ("pk",), [(row[0],) for row in rows if row[1] in locked]
        )
        done.problems += await self._shorten([row for row in found if row[-1] == 0])
        return int(rows[-1][0])

    async def numbers(self, real: datetime) -> int:
        """Forgets short messages that were handed over before this real time, and never reported on (O-10)."""
        return await self._session.run("delete from provider_refs where sent_at < ?", to_micros(real))

    async def untold(self, after: int, history: datetime, done: Pruned) -> int | None:
        """Deletes history without a ticket (O-10), which is read in order of time; the last number, None at the end."""
        rows = await self._session.rows(
            "select pk, ticket_pk, at from history where pk > ? order by pk limit ?", after, ROWS
        )
        before = to_micros(history)
        gone = [(row[0],) for row in rows if row[1] is None and row[2] < before]
        await self._session.run_each("delete from history where pk = ?", gone)
        done.history += len(gone)
        return int(rows[-1][0]) if rows and rows[0][2] < before else None

    async def warned(self, personal: datetime) -> int:
        """Forgets whom warnings went to, that never had a ticket, and their words; how many, at most a step."""
        rows = await self._session.rows(_WARNED, to_micros(personal))
        shorter: list[Row] = [(without_words(subject), notice_id) for notice_id, subject in rows]
        await self._session.run_each(_FORGET_WARNED, shorter)
        return len(rows)

    async def warnings(self, after: int, personal: datetime, done: Pruned) -> int | None:
        """Deletes warnings of what citizens wrote, that never had a ticket (O-10); the last number, None at the end."""
        rows = await self._session.rows(_WARNINGS, after, to_micros(personal), STEP)
        gone = [(row[0],) for row in rows if is_personal(orjson.loads(row[1]).get("check") or "")]
        await self._session.run_each("delete from history where pk = ?", gone)
        done.history += len(gone)
        return int(rows[-1][0]) if rows else None
