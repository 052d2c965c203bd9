"""The link of a unit's page: a token that names a notice and cannot be made without the key. Pure.

    full   <number of the key> base64url(notice_id, 16 bytes ‖ HMAC-SHA256(key, "rectify-link-1" ‖ notice_id)[:10])
           36 characters, in letters
    short  base64url(notice_id[:8] ‖ HMAC-SHA256(key, "rectify-link-short-1" ‖ notice_id[:8])[:7])
           20 characters, in short messages

The token proves that we wrote it and says nothing of what it may still do: that is the notice's, looked up at each
request. It has no sign that mail gateways rewrite (`?`, `&`, `=`, `%`), and exactly one spelling. Two keys are known
while one is exchanged for another: the first signs, both are read; what a withdrawn key has signed is nobody's.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

PATH: Final = "/u/"
GUIDE: Final = "/guide"
FEEDS: Final = "/feeds/"
DEADLINES, ESCALATIONS = "deadlines.ics", "escalations.atom"
SHORTEST: Final = 32  # characters of a key
_MOST: Final = 2  # keys at a time
_FULL: Final = re.compile(r"[A-Za-z0-9_-]{36}", re.ASCII)
_SHORT: Final = re.compile(r"[A-Za-z0-9_-]{20}", re.ASCII)
_NOTICE_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_ID_BYTES, _MAC_BYTES = 16, 10
_SHORT_ID_BYTES, _SHORT_MAC_BYTES = 8, 7
_LABEL, _SHORT_LABEL, _NUMBER_LABEL = b"rectify-link-1", b"rectify-link-short-1", b"rectify-link-key"


def keys(setting: str) -> tuple[str, ...]:
    """The keys of the setting RECTIFY_LINK_KEY: `new`, or `new,old` while one is exchanged; empty without any.

    Raises:
        ValueError: one is shorter than 32 characters, or there are more than two.
    """
    found = tuple(key.strip() for key in setting.split(",")) if setting.strip() else ()
    if len(found) > _MOST:
        msg = "最多两个密钥（新,旧）· two keys at most: new,old"
        raise ValueError(msg)
    if any(len(key) < SHORTEST for key in found):
        msg = f"须 {SHORTEST} 个字符以上 · {SHORTEST} characters or more, as `openssl rand -hex 24` makes them"
        raise ValueError(msg)
    return found


def token(key: str, notice_id: str) -> str:
    """The token of a notice (32 hexadecimal digits), in 36 characters of `[A-Za-z0-9_-]`.

    Raises:
        ValueError: this is no id of a notice.
    """
    named = _bytes(notice_id)
    return _number(key) + _text(named + _mac(key, _LABEL, named, _MAC_BYTES))


def short_token(key: str, notice_id: str) -> str:
    """The same in 20 characters, for short messages.

    Raises:
        ValueError: this is no id of a notice.
    """
    named = _bytes(notice_id)[:_SHORT_ID_BYTES]
    return _text(named + _mac(key, _SHORT_LABEL, named, _SHORT_MAC_BYTES))


def read(keys: Sequence[str], text: str) -> str | None:
    """The id of the notice that a token names; None if none of the keys has made it."""
    if not _FULL.fullmatch(text):
        return None
    said = _signed(text[1:], _ID_BYTES)
    if said is None:
        return None
    named, mac = said
    ours = [hmac.compare_digest(_mac(key, _LABEL, named, _MAC_BYTES), mac) & (_number(key) == text[0]) for key in keys]
    return named.hex() if any(ours) else None


def read_short(keys: Sequence[str], text: str) -> str | None:
    """The first 16 hexadecimal digits of the notice's id; None if none of the keys has made it."""
    if not _SHORT.fullmatch(text):
        return None
    said = _signed(text, _SHORT_ID_BYTES)
    if said is None:
        return None
    named, mac = said
    ours = [hmac.compare_digest(_mac(key, _SHORT_LABEL, named, _SHORT_MAC_BYTES), mac) for key in keys]
    return named.hex() if any(ours) else None


def page(url: str, token: str) -> str:
    """The address of the unit's page; `url`: where the pages are reached."""
    return f"{url.rstrip('/')}{PATH}{token}"


def guide(url: str) -> str:
    """The address of the units' guide, which is for everybody."""
    return f"{url.rstrip('/')}{GUIDE}"


def ticket_page(url: str, ticket_id: str) -> str:
    """The address of a ticket on the desk."""
    return f"{url.rstrip('/')}/tickets/{ticket_id}"


def feed_links(url: str, token: str) -> list[str]:
    """The addresses of a feed's calendar and news; `url`: where the pages are reached, empty where nobody said."""
    return [f"{url.rstrip('/')}{FEEDS}{token}/{name}" for name in (DEADLINES, ESCALATIONS)]


def _number(key: str) -> str:
    """One character that follows from the key, so that nobody has to number keys."""
    return _text(sha256(_NUMBER_LABEL + key.encode()).digest())[0]


def _mac(key: str, label: bytes, named: bytes, size: int) -> bytes:
    return hmac.digest(key.encode(), label + named, "sha256")[:size]


def _bytes(notice_id: str) -> bytes:
    if not _NOTICE_ID.fullmatch(notice_id):
        msg = f"no id of a notice: {notice_id!r}"
        raise ValueError(msg)
    return bytes.fromhex(notice_id)


def _signed(text: str, size: int) -> tuple[bytes, bytes] | None:
    """What is named and its MAC; None for a second spelling of the same bytes."""
    padded = text + "=" * (-len(text) % 4)
    both = urlsafe_b64decode(padded)
    return (both[:size], both[size:]) if _text(both) == text else None


def _text(both: bytes) -> str:
    return urlsafe_b64encode(both).decode().rstrip("=")
