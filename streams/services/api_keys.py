"""Keys of programs: `rk_<id>_<secret>`, of feeds `rf_<id>_<secret>`; made, listed, taken back, and recognised.

H-1  A key has scopes (`intake`, `read`, `act`), may be bound to producers and to a unit with all below it, and one that
     acts has a unit and a role. Of its secret only the SHA-256 is kept. It is taken from the header `Authorization:
     Bearer` alone, never from an address, and is good for nothing 5 seconds after it was revoked.
H-9  A feed has a key of its own, with a unit and no other scope, which stands in the feed's address and opens nothing
     else: what subscribes to calendars and news sends no headers.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex, token_urlsafe
from time import monotonic
from typing import Final, NamedTuple

from streams.ledger import Ledger
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.services.names import unit_named
from streams.services.registry import unit_names
from streams.settings.model import Settings
from streams.store.api_keys import ApiKey, ApiKeys
from streams.store.store import open_store


class Scope(StrEnum):
    """What a key is good for."""

    INTAKE = "intake"
    READ = "read"
    ACT = "act"
    FEED = "feed"


class KeyRole(StrEnum):
    """As what a key decides."""

    HANDLER = "handler"
    SUPERVISOR = "supervisor"


_MARK: Final = "rk"
_FEED_MARK: Final = "rf"
_KNOWN_SECONDS: Final = 5.0  # that a key is taken from memory
_KNOWN_MOST: Final = 5_000
_USED: Final = timedelta(minutes=1)  # how exactly it is kept when a key was used


class WantedKey(NamedTuple):
    """What a new key is to be good for."""

    name: str
    scopes: tuple[Scope, ...]
    sources: tuple[str, ...] = ()
    unit: str | None = None  # id or name
    role: KeyRole | None = None


class MadeKey(NamedTuple):
    """A new key; the token is shown once, and nobody can find it out afterwards."""

    key: ApiKey
    token: str


async def create(settings: Settings, wanted: WantedKey, by: str, at: datetime) -> MadeKey:
    """Makes a key. Raises Failure: a name in use, a unit that is not registered, an acting key without unit or role.

    A feed's key without a unit, or with another scope, is none either.
    """
    is_feed = Scope.FEED in wanted.scopes
    if is_feed and (len(wanted.scopes) > 1 or wanted.unit is None):
        msg = "feed 须单独建，并写 --unit · a feed has a key of its own, with --unit and no other scope"
        raise Failure(msg)
    if Scope.ACT in wanted.scopes and (wanted.unit is None or wanted.role is None):
        msg = "act 需要 --unit 和 --role · a key that acts needs --unit and --role handler or supervisor"
        raise Failure(msg)
    if wanted.role is not None and Scope.ACT not in wanted.scopes:
        msg = "--role 只用于 act · only a key that acts has a role"
        raise Failure(msg)
    if wanted.sources and Scope.INTAKE not in wanted.scopes:
        msg = "--source 只用于 intake · only a key for intake speaks for producers"
        raise Failure(msg)
    unit_id = None if wanted.unit is None else await _unit(settings, wanted.unit)
    secret, key_id = token_urlsafe(32), token_hex(5)
    key = ApiKey(
        key_id, wanted.name, _digest(secret), wanted.scopes, wanted.sources, unit_id, wanted.role, by, at
    )  # fmt: skip
    store = await open_store(settings.database_url.get_secret_value())
    try:
        if not await store.keys.add(key):
            msg = f"已有名为 {wanted.name} 的密钥 · a key of this name is in use; `rectify key revoke` ends it"
            raise Failure(msg)
    finally:
        await store.close()
    return MadeKey(key, f"{_FEED_MARK if is_feed else _MARK}_{key_id}_{secret}")


async def listed(settings: Settings) -> list[ApiKey]:
    """All keys, the oldest first, revoked ones too."""
    store = await open_store(settings.database_url.get_secret_value())
    try:
        return await store.keys.every()
    finally:
        await store.close()


async def revoke(settings: Settings, wanted: str, at: datetime) -> ApiKey:
    """Takes back the key of this id or name. Raises Failure where there is none that is not revoked."""
    store = await open_store(settings.database_url.get_secret_value())
    try:
        found = [key for key in await store.keys.every() if wanted in (key.key_id, key.name) and key.revoked_at is None]
        if not found:
            msg = f"没有有效的密钥 {wanted} · no such key, or it is revoked already; `rectify key list` lists them"
            raise Failure(msg)
        await store.keys.revoke(found[0].key_id, at)
    finally:
        await store.close()
    return found[0]._replace(revoked_at=at)


def read_token(token: str, wanted: str = _MARK) -> tuple[str, str] | None:
    """The id and the secret of a token with the mark that is wanted; None of what is none."""
    mark, _, rest = token.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if mark == wanted and key_id.isalnum() and secret else None


class _Known(NamedTuple):
    key: ApiKey
    until: float  # monotonic seconds


class KnownKeys:
    """Keys as a process of the pages knows them: asked of the store every few seconds, used a thousand times."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def whose(self, token: str, at: datetime) -> ApiKey | None:
        """The key of this token, if it is good; notes that it was used. `at`: the wall clock."""
        return await self._whose(read_token(token), at)

    async def whose_feed(self, token: str, at: datetime) -> ApiKey | None:
        """The same of a token in the address of a feed, which nothing else opens."""
        key = await self._whose(read_token(token, _FEED_MARK), at)
        return key if key is not None and Scope.FEED in key.scopes else None

    async def _whose(self, read: tuple[str, str] | None, at: datetime) -> ApiKey | None:
        if read is None:
            return None
        key_id, secret = read
        key = await self._named(key_id)
        if key is None or not compare_digest(key.digest, _digest(secret)) or key.revoked_at is not None:
            return None
        if key.used_at is None or at - key.used_at >= _USED:
            key = key._replace(used_at=at)
            self._known[key_id] = self._known[key_id]._replace(key=key)
            await self._keys.used(key_id, at)
        return key

    async def _named(self, key_id: str) -> ApiKey | None:
        known = self._known.get(key_id)
        if known is not None and known.until > monotonic():
            return known.key
        key = await self._keys.named(key_id)
        if key is None:
            return None
        self._known[key_id] = _Known(key, monotonic() + _KNOWN_SECONDS)
        self._known.move_to_end(key_id)
        if len(self._known) > _KNOWN_MOST:
            self._known.popitem(last=False)
        return key


async def _unit(settings: Settings, wanted: str) -> str:
    async def find(ledger: Ledger) -> str:
        names = await unit_names(ledger)
        found = unit_named(names, wanted)
        if found is None or found not in names:
            raise Failure(f"没有单位 {wanted} · no such unit; `rectify registry list --kind unit` lists them")
        return found

    async with reading_ledger(settings) as ledger:
        return await find(ledger)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
