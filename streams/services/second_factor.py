"""The second factor of an account: codes by time of an authenticator app (RFC 6238), with what every app can do.

W-9  Who has turned it on needs, beside the password, the code of now, or of half a minute ago or ahead; each code is
     good once. It is turned on and off with the password, and off by a new link from whoever runs the machine.
"""

from __future__ import annotations

import hmac
from base64 import b32decode, b32encode
from binascii import Error
from datetime import datetime
from secrets import token_bytes
from typing import Final
from urllib.parse import quote

_SECONDS: Final = 30  # a step
_DIGITS: Final = 6
_BYTES: Final = 20  # as long as the hash, as RFC 4226 recommends
_ISSUER: Final = "整改闭环"


def new_secret() -> str:
    """A secret, in base 32."""
    return b32encode(token_bytes(_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Whether it is one that `new_secret` might have made."""
    try:
        return len(b32decode(text)) == _BYTES
    except (Error, ValueError):
        return False


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is; None: of none of now. `now`: real time."""
    current = int(now.timestamp()) // _SECONDS
    for step in (current, current - 1, current + 1):
        if hmac.compare_digest(_code(secret, step).encode(), code.encode("utf-8", "surrogatepass")):
            return step
    return None


def address(secret: str, name: str) -> str:
    """What apps take it over from."""
    return f"otpauth://totp/{quote(_ISSUER)}:{quote(name)}?secret={secret}&issuer={quote(_ISSUER)}"


def _code(secret: str, step: int) -> str:
    digest = hmac.digest(b32decode(secret), step.to_bytes(8, "big", signed=True), "sha1")
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**_DIGITS).zfill(_DIGITS)
