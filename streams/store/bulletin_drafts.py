"""Bulletins on the desk's pages: fields that were typed by hand, kept for a period; numbers that were just issued.

What is typed belongs to a period and an area, so that every new draft of it has it again. A number that somebody has
just issued under stands here until the ledger has the bulletin.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.moments import from_micros, to_micros

HELD: Final = timedelta(minutes=2)
"""For so long a number that was issued is another's; by then the ledger has the bulletin."""
_NUMBER: Final = "number, bulletin_id, form, account, at"


class DraftKey(NamedTuple):
    """Of what something was typed: days as 2023-02-20; an empty area: all that is registered."""

    first_day: str
    last_day: str
    area: str


class TypedDraft(NamedTuple):
    """What was typed last, as JSON; who did it, and when (real time)."""

    fields: str
    account: str
    at: datetime


class IssuedNumber(NamedTuple):
    """A number under which somebody has issued; `at`: real time."""

    number: str
    bulletin_id: str
    form: str
    account: str
    at: datetime


class BulletinDrafts:
    """A part of `Store`."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def typed(self, key: DraftKey) -> TypedDraft | None:
        """What was typed for this period and area."""
        async with self._connector.session() as session:
            rows = await session.rows(
                "select fields, account, at from bulletin_drafts where first_day = ? and last_day = ? and area = ?",
                *key,
            )
        return TypedDraft(rows[0][0], rows[0][1], from_micros(rows[0][2])) if rows else None

    async def keep(self, key: DraftKey, draft: TypedDraft, base: str) -> bool:
        """Keeps it in the place of `base` (empty: of nothing); False where somebody has typed something else since."""
        at = to_micros(draft.at)
        async with self._connector.session() as session:
            if base:
                return bool(
                    await session.run(
                        "update bulletin_drafts set fields = ?, account = ?, at = ? "
                        "where first_day = ? and last_day = ? and area = ? and fields in (?, ?)",
                        draft.fields, draft.account, at, *key, base, draft.fields,
                    )
                )  # fmt: skip
            return bool(
                await session.run(
                    "insert into bulletin_drafts (first_day, last_day, area, fields, account, at) "
                    "values (?, ?, ?, ?, ?, ?) on conflict (first_day, last_day, area) do update set at = excluded.at "
                    "where bulletin_drafts.fields = excluded.fields",
                    *key, draft.fields, draft.account, at,
                )
            )  # fmt: skip

    async def claim(self, issued: IssuedNumber) -> IssuedNumber | None:
        """Keeps that this bulletin has the number; returns another one that took it a moment ago."""
        async with self._connector.session() as session:
            taken = await session.run(
                f"insert into bulletin_numbers ({_NUMBER}) values (?, ?, ?, ?, ?) "  # noqa: S608
                "on conflict (number) do update set bulletin_id = excluded.bulletin_id, form = excluded.form, "
                "account = excluded.account, at = excluded.at "
                "where bulletin_numbers.bulletin_id = excluded.bulletin_id or bulletin_numbers.at < ?",
                *issued[:-1],
                to_micros(issued.at),
                to_micros(issued.at - HELD),
            )
            if taken:
                return None
            rows = await session.rows(f"select {_NUMBER} from bulletin_numbers where number = ?", issued.number)  # noqa: S608
        return IssuedNumber._make((*rows[0][:-1], from_micros(rows[0][-1])))

    async def of_form(self, form: str) -> IssuedNumber | None:
        """What was issued with a form."""
        async with self._connector.session() as session:
            rows = await session.rows(f"select {_NUMBER} from bulletin_numbers where form = ?", form)  # noqa: S608
        return IssuedNumber._make((*rows[0][:-1], from_micros(rows[0][-1]))) if rows else None
