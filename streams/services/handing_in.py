"""Findings, runs and rechecks handed in by programs: checked whole as a worker will, then published and acknowledged.

H-2  What is handed in is read as it would be from Kafka, all of it before anything is published: one bad item, and
     nothing is, unless the sender asks for the good ones. It is accepted once the brokers have acknowledged every
     message; what they have not within 10 seconds was not, and may be sent again.
H-5  A key that is bound to producers or to a unit hands in for them alone. One that is not may name at most 200 assets
     a day that nobody has registered.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from schemas.policy import Policy
from schemas.recheck import Recheck
from schemas.run import Run
from streams.files.findings.strangers import Strangers
from streams.kafka.gathered_publishing import GatheredPublishing
from streams.kafka.publisher import OutMessage
from streams.rules.intake.cloudevents import Headers
from streams.rules.intake.intake import DatedFinding, Refusal, facts_json, read_seen
from streams.rules.state.owners import units_below
from streams.services.known_owners import KnownOwners, Unregistered
from streams.services.known_registry import KnownRegistry
from streams.store.api_keys import ApiKey

TURN: Final = 50  # items between two turns of the event loop


class HandedItem(NamedTuple):
    """One message as it came, with what an envelope says in headers."""

    value: bytes
    headers: Headers = ()


class ItemFault(NamedTuple):
    """Why an item is not taken; `index` from 0."""

    index: int  # type: ignore[assignment]  # nobody asks a fault for tuple.index()
    code: str
    field: str
    detail: str


class Checked(NamedTuple):
    """What can be published, what cannot, and what of it nobody knows (checks and fields), in sentences."""

    messages: list[OutMessage]
    faults: list[ItemFault]
    warnings: list[str]


class _Good(NamedTuple):
    index: int  # type: ignore[assignment]
    item: HandedItem
    message: DatedFinding | Run | Recheck
    asset_id: str
    source: str | None


class HandingIn:
    """What programs hand in, of all keys."""

    def __init__(
        self, topic: str, max_bytes: int, policy: Policy, assets: KnownOwners, registry: KnownRegistry,
        publishing: GatheredPublishing,
    ) -> None:  # fmt: skip
        self._topic, self._max_bytes, self._policy = topic, max_bytes, policy
        self._assets, self._registry, self._publishing = assets, registry, publishing
        self._unregistered = Unregistered()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one request of a key is read at once

    async def check(self, key: ApiKey, items: Sequence[HandedItem], at: datetime) -> Checked:
        """Reads every item; `at`: the domain's clock."""
        strangers = Strangers(self._policy)
        good: list[_Good] = []
        faults: list[ItemFault] = []
        async with self._turns[key.key_id]:
            for index, item in enumerate(items):
                if index % TURN == TURN - 1:
                    await asyncio.sleep(0)
                read = self._read(index, item, at)
                if isinstance(read, Refusal):
                    faults.append(_fault(index, read))
                else:
                    good.append(read)
                    strangers.see(read.message.finding if isinstance(read.message, DatedFinding) else read.message)
        refused = await self._not_theirs(key, good, at)
        faults = sorted([*faults, *refused.values()])
        messages = [
            OutMessage(self._topic, one.asset_id.encode(), one.item.value, tuple(one.item.headers))
            for one in good
            if one.index not in refused
        ]
        return Checked(messages, faults, list(strangers.said()))

    async def publish(self, key: ApiKey, messages: Sequence[OutMessage]) -> list[str | None]:
        """The ids of the messages, once all are acknowledged; raises NotAcknowledged.

        An id says where a message lies (`<topic>-<partition>-<offset>`); None where the broker does not say it.
        """
        places = await self._publishing.publish(key.key_id, messages)
        return [None if place is None else f"{place.topic}-{place.partition}-{place.offset}" for place in places]

    def _read(self, index: int, item: HandedItem, at: datetime) -> _Good | Refusal:
        read = read_seen(item.value, item.headers, at, self._max_bytes)
        if isinstance(read, DatedFinding):
            facts = facts_json(read.finding)
            if isinstance(facts, Refusal):
                return facts
            return _Good(index, item, read, read.finding.asset_id, read.finding.source)
        if isinstance(read, Run | Recheck):
            return _Good(index, item, read, read.asset_id, read.source)
        return read if isinstance(read, Refusal) else Refusal("unknown_type", "type: commands are not handed in here")

    async def _not_theirs(self, key: ApiKey, good: Sequence[_Good], at: datetime) -> dict[int, ItemFault]:
        """H-5."""
        assets = await self._assets({one.asset_id for one in good})
        units = frozenset[str]() if key.unit_id is None else units_below((await self._registry()).units, key.unit_id)
        faults: dict[int, ItemFault] = {}
        for one in good:
            asset = assets.get(one.asset_id)
            if key.sources and one.source not in key.sources:
                words = f"source: {str(one.source)[:80]!r}; this key speaks for {', '.join(key.sources)}"
                faults[one.index] = ItemFault(one.index, "source_not_allowed", "source", words)
            elif key.unit_id is not None and (asset is None or asset.unit_id not in units):
                words = f"asset_id: {one.asset_id[:80]!r} is none of unit {key.unit_id}, for which this key is"
                faults[one.index] = ItemFault(one.index, "asset_not_allowed", "asset_id", words)
            elif (asset is None or not asset.is_registered) and not self._unregistered.allows(
                key.key_id, one.asset_id, at
            ):
                words = (
                    f"asset_id: {one.asset_id[:80]!r} is not registered, and this key has named "
                    f"{self._unregistered.most} such assets today; register it first (`rectify registry import`)"
                )
                faults[one.index] = ItemFault(one.index, "too_many_unregistered", "asset_id", words)
        return faults


def _fault(index: int, refusal: Refusal) -> ItemFault:
    field, colon, _ = refusal.detail.partition(": ")
    return ItemFault(index, refusal.code, field if colon and " " not in field else "value", refusal.detail)
