"""What nobody may read: the one place that hides secrets in every text which leaves the program.

By its look: user information in URLs, also in those that nobody can read, and values called password, token, key ...
By its value: what the settings keep secret, and what files and the environment keep for them, whole and in pieces, for
a library that fails over a password tells the piece that it failed over.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

HIDDEN: Final = "********"
_PLAIN: Final = frozenset({"postgresql", "postgres", "smtp", "smtps"})  # their user alone is no secret
_WEB: Final = frozenset({"http", "https"})
_IN_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<user>[^/:\s]*)(?P<password>:\S*)?@(?=[^@/?\s]*(?:[/?\s'\"),;]|$))"
)
_NAMED: Final = re.compile(
    r"(?P<name>[?&][\w.-]*(?:pass(?:word|wd)?|secret|token|key|credential|sign)=)(?P<value>[^&#\s'\"]+)", re.IGNORECASE
)
_APART: Final = re.compile(r"[\s:/?#@%&=\[\]]+")  # where a URL is cut
_PIECE, _SHORT, _LONG, _KEY = 4, 6, 8, 16  # characters
_EVERYDAY: Final = frozenset(
    {"rectify", "kafka", "postgres", "postgresql", "password", "secret", "database", "localhost", "username"}
)
"""Defaults of tutorials: to hide the word wherever it stands would tell the password."""


class _Known:
    """The values that are secret in this process."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.pattern: re.Pattern[str] | None = None

    def set(self, values: set[str]) -> None:
        self.values = values
        longest_first = sorted(values, key=len, reverse=True)
        self.pattern = re.compile("|".join(map(_bounded, longest_first))) if values else None


_known: Final = _Known()


def keep(*secrets: str) -> None:
    """From now on these values are hidden, whole and in pieces; of a URL its user information."""
    new = {part for secret in secrets for part in _parts(secret.strip())}
    if not new <= _known.values:
        _known.set(_known.values | new)


def forget() -> None:
    """The settings are read anew: what was known of others no longer counts."""
    _known.set(set())


def hide(text: str) -> str:
    """Any text, without what is secret."""
    if _known.pattern is not None:
        text = _known.pattern.sub(HIDDEN, text)
    if "://" not in text:
        return text
    return _NAMED.sub(rf"\g<name>{HIDDEN}", _IN_URL.sub(_without_password, text))


def hide_url(url: str) -> str:
    """A text that is one URL, blanks and all; any other as it is."""
    scheme, slashes, rest = url.partition("://")
    before, at, after = rest.rpartition("@")
    if slashes and at:
        user, colon, _ = before.partition(":")
        named = f"{user}:{HIDDEN}" if colon and "/" not in user else before if scheme in _PLAIN else HIDDEN
        url = f"{scheme}://{named}@{after}"
    return hide(url)


def shown_place(how: str, place: str) -> str:
    """Where a secret is kept, `env:NAME` or `file:/path`; not shown where somebody has written the secret itself."""
    is_place = (
        re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", place) if how == "env" else place.startswith(("/", "./", "../"))
    )
    return f"{how}:{place}" if is_place else f"{how}:..."


def report(error: BaseException) -> None:
    """The traceback of a fault of ours, without what is secret."""
    sys.stderr.write(hide("".join(traceback.format_exception(error))))


class DiscreetFormatter(logging.Formatter):
    """For what libraries log where nobody has set logging up."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without what is secret."""
        return hide(super().format(record))


def _without_password(found: re.Match[str]) -> str:
    scheme, user = found["scheme"], found["user"]
    if found["password"] is not None:
        return f"{scheme}://{user}:{HIDDEN}@"
    return found[0] if scheme in _PLAIN else f"{scheme}://{HIDDEN}@"


def _parts(secret: str) -> Iterator[str]:
    """The value, where it is not a URL, and the pieces that a reader of URLs may cut out of it."""
    scheme, slashes, rest = secret.partition("://")
    public: set[str] = set()
    if slashes and "@" in rest:
        before, _, after = rest.rpartition("@")
        user, colon, password = before.partition(":")
        public = {scheme, user, *_APART.split(after)} if colon else {scheme}
        secret = password if colon else user
    elif slashes:
        yield from (found["value"] for found in _NAMED.finditer(secret) if len(found["value"]) >= _PIECE)
        if scheme in _WEB:  # a webhook: its key stands in the path or behind it
            yield secret
            yield from (piece for piece in _APART.split(rest.partition("/")[2]) if len(piece) >= _KEY)
        return
    for text in (secret, unquote(secret)):
        if len(text) >= _SHORT and text not in public | _EVERYDAY:
            yield text
        for piece in _APART.split(text):
            if piece not in public | _EVERYDAY and _telling(piece):
                yield piece


def _telling(piece: str) -> bool:
    """Not a year, not a word that stands in many sentences."""
    everyday = piece.isdigit() or (piece.isalpha() and piece.islower())
    return len(piece) >= (_LONG if everyday else _PIECE)


def _bounded(value: str) -> str:
    """A short one only as a word of its own."""
    pattern = re.escape(value)
    return pattern if len(value) >= _LONG else rf"(?<![A-Za-z0-9_]){pattern}(?![A-Za-z0-9_])"
