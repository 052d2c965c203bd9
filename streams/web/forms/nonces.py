"""The nonce of a form: that we made it for this page, when, and which submission it is. Nothing is kept of it.

U-3  Looking at a page does nothing and counts as nothing. What is submitted counts with a name that somebody has typed
     and the nonce of a form that was shown between 3 seconds and 12 hours ago: mail scanners follow links, run scripts
     and press buttons, and type nothing. The same form submitted twice acts once.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_bytes
from typing import Final, Literal

SOONEST: Final = timedelta(seconds=3)
LATEST: Final = timedelta(hours=12)
_LABEL: Final = b"rectify-form-1"
_TIME, _RANDOM, _MAC = 6, 6, 12  # bytes; the time in milliseconds
_LONGEST: Final = 64  # characters

Fault = Literal["too_soon", "too_old", "not_ours"]


class Nonces:
    """Made and read with the keys of the links; `now` is real time."""

    def __init__(self, keys: Sequence[str]) -> None:
        """The first key makes, all of them read."""
        self._keys = [key.encode() for key in keys]

    def make(self, page: str, now: datetime) -> str:
        """For a form on the page of this link."""
        body = int(now.timestamp() * 1000).to_bytes(_TIME, "big") + token_bytes(_RANDOM)
        return urlsafe_b64encode(body + _mac(self._keys[0], page, body)).decode().rstrip("=")

    def fault(self, page: str, nonce: str, now: datetime, soonest: timedelta = SOONEST) -> Fault | None:
        """What is wrong with it; None: nothing. `soonest`: how old it has to be."""
        try:
            text = nonce[:_LONGEST]
            both = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (ValueError, Error):
            return "not_ours"
        body, mac = both[: _TIME + _RANDOM], both[_TIME + _RANDOM :]
        ours = [hmac.compare_digest(_mac(key, page, body), mac) for key in self._keys]
        if not any(ours):
            return "not_ours"
        age = now - datetime.fromtimestamp(int.from_bytes(body[:_TIME], "big") / 1000, now.tzinfo)
        if age < soonest:
            return "too_soon"
        return "too_old" if age > LATEST else None


def form_id(nonce: str, act: str, content: Sequence[str]) -> str:
    """What is submitted: the same for the same form with the same content, however often it is sent."""
    parts = "\x1f".join((nonce, act, *content))
    return f"web-{sha256(parts.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


def _mac(key: bytes, page: str, body: bytes) -> bytes:
    return hmac.digest(key, _LABEL + page.encode() + b"\x00" + body, "sha256")[:_MAC]
