"""What providers call our short messages, until it is known how they ended; and which providers are in alarm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from streams.ledger.moments import from_micros, to_micros
from streams.ledger.notice_tables import provider_refs
from streams.ledger.part import Part

_ALARM: Final = "alarm:"


class HandedOver(NamedTuple):
    """A delivery that a provider has, or may have. Times are real."""

    provider: str
    ref: str
    delivery_id: str
    address: str
    sent_at: datetime
    next_ask_at: datetime


class ProviderRefs(Part):
    """Small and short-lived: a row leaves with the final report, or when there is nothing more to ask."""

    async def remember(self, handed: HandedOver) -> None:
        """Keeps what a provider calls a delivery; the same again changes nothing."""
        await self._session.run(
            "insert into provider_refs (provider, ref, delivery_id, address, sent_at, next_ask_at) "
            "values (?, ?, ?, ?, ?, ?) on conflict do nothing",
            *handed[:4],
            to_micros(handed.sent_at),
            to_micros(handed.next_ask_at),
        )

    async def rename(self, provider: str, delivery_id: str, ref: str) -> None:
        """The provider has said what it calls a delivery; a name that it has used before stays the first one's."""
        await self._session.run(
            "update provider_refs set ref = ? where provider = ? and ref = ? "
            "and not exists (select 1 from provider_refs as other where other.provider = ? and other.ref = ?)",
            ref,
            provider,
            delivery_id,
            provider,
            ref,
        )

    async def deliveries(self, provider: str, refs: Sequence[str]) -> dict[str, str]:
        """Which of these names are a delivery's of ours, and whose."""
        rows = await self._session.match(
            provider_refs, ("ref", "delivery_id"), ("provider", "ref"), [(provider, ref) for ref in sorted(set(refs))]
        )
        return {str(row[0]): str(row[1]) for row in rows}

    async def to_ask(self, provider: str, real: datetime, limit: int) -> list[HandedOver]:
        """The deliveries of which it is time to ask."""
        rows = await self._session.rows(
            "select provider, ref, delivery_id, address, sent_at, next_ask_at from provider_refs "
            "where provider = ? and next_ask_at <= ? order by next_ask_at limit ?",
            provider,
            to_micros(real),
            limit,
        )
        return [HandedOver(row[0], row[1], row[2], row[3], from_micros(row[4]), from_micros(row[5])) for row in rows]

    async def ask_again(self, handed: HandedOver, next_ask_at: datetime) -> bool:
        """Moves the next asking by compare-and-set; False when another worker has done so."""
        changed = await self._session.run(
            "update provider_refs set next_ask_at = ? where provider = ? and ref = ? and next_ask_at = ?",
            to_micros(next_ask_at),
            handed.provider,
            handed.ref,
            to_micros(handed.next_ask_at),
        )
        return changed == 1

    async def forget(self, delivery_id: str) -> None:
        """The end of a delivery is known."""
        await self._session.run("delete from provider_refs where delivery_id = ?", delivery_id)

    async def raise_alarm(self, provider: str) -> bool:
        """Notes that a provider refuses our account; False when that is known already."""
        changed = await self._session.run(
            "insert into meta (key, value) values (?, '') on conflict do nothing", f"{_ALARM}{provider}"
        )
        return changed == 1

    async def end_alarm(self, provider: str) -> bool:
        """Notes that it works; whether it was in alarm."""
        return await self._session.run("delete from meta where key = ?", f"{_ALARM}{provider}") == 1
