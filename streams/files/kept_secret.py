"""A secret of a settings file, which names only where it is kept: `env:NAME` or `file:/path`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

from streams.discretion import keep, shown_place

_WAYS: Final = frozenset({"env", "file"})


class KeptSecret(NamedTuple):
    """What is kept there, empty when nothing can be read, and the place as it may be shown."""

    value: str
    place: str


def is_kept(written: str) -> bool:
    """Whether the text names a place, and is not the secret itself."""
    return written.partition(":")[0] in _WAYS and ":" in written


def kept_secret(written: str) -> KeptSecret:
    """Reads what `is_kept`; from then on no log shows it."""
    how, _, place = written.partition(":")
    try:
        value = os.environ.get(place, "") if how == "env" else Path(place).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        value = ""
    keep(value)
    return KeptSecret(value.strip(), shown_place(how, place))
