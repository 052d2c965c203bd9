"""The open recheck requests of a batch while it is decided: as loaded, changed, and over."""

from __future__ import annotations

from collections.abc import Mapping

from streams.rules.state.records import OpenRequest


class OpenRequests:
    """By the problem's key, of the assets that were loaded with theirs."""

    def __init__(self, loaded: Mapping[bytes, OpenRequest]) -> None:
        """As the ledger has them."""
        self._all = dict(loaded)
        self._loaded = loaded
        self._changed: dict[bytes, OpenRequest] = {}
        self._over: dict[bytes, int] = {}

    def get(self, key: bytes) -> OpenRequest | None:
        """The request about this problem, if there is one."""
        return self._all.get(key)

    def of_asset(self, asset_pk: int) -> list[OpenRequest]:
        """All of an asset, in an order that does not depend on the database."""
        mine = (one for one in self._all.values() if one.asset_pk == asset_pk)
        return sorted(mine, key=lambda one: (one.requested_at, one.key))

    def put(self, one: OpenRequest) -> OpenRequest:
        """A new request, or one as it now stands."""
        self._over.pop(one.key, None)
        self._all[one.key] = self._changed[one.key] = one
        return one

    def drop(self, one: OpenRequest) -> None:
        """Answered, or nobody waits for it any more."""
        self._all.pop(one.key, None)
        self._changed.pop(one.key, None)
        if one.key in self._loaded:
            self._over[one.key] = one.asset_pk

    def rename(self, former: bytes, key: bytes) -> None:
        """What is asked about a problem that has another identity now (rule D-14); the ledger renames its row too."""
        for requests in (self._all, self._changed):
            if (one := requests.pop(former, None)) is not None:
                requests.setdefault(key, one._replace(key=key))
        if former in self._loaded:
            self._loaded = {key if known == former else known: one for known, one in self._loaded.items()}
        if former in self._over:
            self._over[key] = self._over.pop(former)

    def changed(self) -> tuple[list[OpenRequest], list[tuple[int, bytes]]]:
        """What to save, and what to delete."""
        return list(self._changed.values()), [(asset_pk, key) for key, asset_pk in self._over.items()]
