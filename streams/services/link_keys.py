"""The key that signs the links of letters: from the settings, otherwise the one that `rectify up` has made."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex
from typing import Final

from pydantic import SecretStr

from streams.discretion import keep
from streams.presentation.links import keys
from streams.settings.model import Settings

FILE: Final = "link.key"
_BYTES: Final = 24


def link_keys(settings: Settings) -> tuple[str, ...]:
    """The keys, the first of which signs; empty where nobody has set or made one."""
    said = settings.link_key.get_secret_value()
    return keys(said or _kept(settings.data_dir / FILE))


def with_link_key(settings: Settings) -> Settings:
    """The settings with a key, which is made on first use and kept in the data folder."""
    if settings.link_key.get_secret_value():
        return settings
    made = _kept(settings.data_dir / FILE) or _make(settings.data_dir / FILE)
    keep(made)
    return settings.model_copy(update={"link_key": SecretStr(made)})


def _kept(path: Path) -> str:
    try:
        said = path.read_text("utf-8").strip()
    except FileNotFoundError:
        return ""
    keep(said)
    return said


def _make(path: Path) -> str:
    made = token_hex(_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # two started at once: the first one's counts
        return _kept(path)
    with os.fdopen(descriptor, "w") as file:
        file.write(made + "\n")
    return made
