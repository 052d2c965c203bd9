"""Assets as a process that lives on knows them: whose they are, and whether anybody has registered them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, NamedTuple

from streams.ledger import Ledger
from streams.ledger.reading.asset_owners import AssetOwner, owners_of

_KNOWN_SECONDS: Final = 60.0  # that a registered one is taken from memory; others are asked for each time
_KNOWN_MOST: Final = 50_000
_DAY: Final = timedelta(days=1)
_KEYS: Final = 10_000


class _Known(NamedTuple):
    owner: AssetOwner
    until: float  # monotonic seconds


class KnownAssets:
    """Asked of the ledger once a minute, used for every message."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def __call__(self, asset_ids: Collection[str]) -> dict[str, AssetOwner]:
        """Of these assets those that the ledger has heard of. Raises LedgerUnavailable."""
        now = monotonic()
        found = {
            asset_id: known.owner
            for asset_id in asset_ids
            if (known := self._known.get(asset_id)) is not None and known.until > now
        }
        if len(found) < len(asset_ids):
            asked = await owners_of(self._ledger, [one for one in asset_ids if one not in found])
            found |= asked
            for asset_id, owner in asked.items():
                if owner.is_registered:
                    self._known[asset_id] = _Known(owner, now + _KNOWN_SECONDS)
                    self._known.move_to_end(asset_id)
        while len(self._known) > _KNOWN_MOST:
            self._known.popitem(last=False)
        return found


class Unregistered:
    """How many assets that nobody has registered a key may name in a day (H-5), counted by this process."""

    def __init__(self, most: int = 200) -> None:
        self.most = most
        self._named: OrderedDict[str, tuple[datetime, set[str]]] = OrderedDict()  # key -> since when, which

    def allows(self, key_id: str, asset_id: str, at: datetime) -> bool:
        """Whether this one may be named; it counts."""
        since, named = self._named.get(key_id, (at, set()))
        if not since <= at < since + _DAY:
            since, named = at, set()
        if asset_id not in named and len(named) >= self.most:
            return False
        named.add(asset_id)
        self._named[key_id] = (since, named)
        if len(self._named) > _KEYS:
            self._named.popitem(last=False)
        return True
