"""Passwords: hashed with argon2id, two at a time, for each takes 64 MiB."""

from __future__ import annotations

import asyncio
from functools import cached_property
from secrets import token_urlsafe
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST: Final = 12  # characters
LONGEST: Final = 200
_DIFFERENT: Final = 5
_AT_ONCE: Final = 2


def password_fault(password: str, name: str) -> str:
    """What is wrong with a new password, in a sentence; empty: nothing."""
    if len(password) < SHORTEST:
        return f"密码至少{SHORTEST}位"
    if len(password) > LONGEST:
        return f"密码不超过{LONGEST}位"
    if len(set(password)) < _DIFFERENT:
        return f"密码至少要有{_DIFFERENT}个不同的字符"
    if name.casefold() in password.casefold():
        return "密码不能包含账号名称"
    return ""


class Passwords:
    """Hashes and compares, in threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Without a hasher, what RFC 9106 recommends where memory is scarce: 64 MiB, three passes, four lanes."""
        self._hasher = hasher or PasswordHasher()
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def hashed(self, password: str) -> str:
        """What is kept of a password."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def match(self, kept: str, password: str) -> bool:
        """Whether it is the one that was kept; where none was it takes as long to say no."""
        async with self._room:
            same = await asyncio.to_thread(self._verified, kept or self._nobodys, password)
        return same and bool(kept)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(token_urlsafe())

    def _verified(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
