"""What was known before it changed, and by which pack was decided: figures of a day stand still (rule S-5)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from schemas.policy import Policy
from streams.ledger.moments import to_micros
from streams.ledger.part import Part
from streams.ledger.past_tables import looks
from streams.ledger.rows import PAST_PROBLEM, PAST_RECORD
from streams.rules.state.snapshot import ChangeSet, Renamed

KEPT: Final = frozenset({"unit", "calendar"})
"""Of registry records that nothing is decided about, the kinds of which figures are made."""
_RECORD: Final = (
    "insert into past_records (kind, record_id, until, document) "
    "select wanted.kind, wanted.id, wanted.at, known.document "
    "from (select cast(? as text) as kind, cast(? as text) as id, cast(? as bigint) as at) as wanted "
    "left join registry as known on known.kind = wanted.kind and known.id = wanted.id"
)


class Past(Part):
    """Only ever added to."""

    async def save(self, change_set: ChangeSet, at: int) -> None:
        """What a decision changes, as it was known; `at`: microseconds."""
        for codec, records in ((PAST_PROBLEM, change_set.past_problems), (PAST_RECORD, change_set.past_records)):
            await self._session.insert_many(codec.table, codec.columns, [codec.every.encode(one) for one in records])
        days = [(asset_pk, day, at) for asset_pk, day in change_set.looks]
        await self._session.upsert_many(looks, ("asset_pk", "day", "recorded_at"), days, overwrite=False)

    async def rename(self, renamed: list[Renamed]) -> None:
        """Of problems that have another identity (D-14), the past has it too."""
        known = [(one.key, one.asset_pk, one.former) for one in renamed if one.pk]
        await self._session.run_each("update past_problems set key = ? where asset_pk = ? and key = ?", known)

    async def record(self, kind: str, record_id: str, at: datetime) -> None:
        """A registry record is about to change."""
        if kind in KEPT:
            await self._session.run(_RECORD, kind, record_id, to_micros(at))

    async def pack(self, policy: Policy, at: datetime) -> None:
        """A worker decides by this pack from now on; one that is in force already is not noted again."""
        document = policy.model_dump_json(by_alias=True)
        last = await self._session.rows("select document from packs order by pk desc limit 1")
        if not last or last[0][0] != document:
            row = (to_micros(at), policy.ref, document)
            await self._session.run("insert into packs (recorded_at, ref, document) values (?, ?, ?)", *row)
