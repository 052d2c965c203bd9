"""The keys that the pages sign their commands with (rule O-7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streams.files.command_keys import load_command_keys
from streams.files.page_keys import PAGE_KEYS, PageKey, kept_key, kept_or_made
from streams.rules.intake.signature import CommandKey
from streams.settings.model import Settings


def page_key(settings: Settings, key_id: PageKey) -> CommandKey:
    """The key of one's own: of `RECTIFY_COMMAND_KEYS` if it stands there, otherwise beside the ledger, made if need be.

    Raises FileError where it cannot be kept: then the pages show and do not act.
    """
    return load_command_keys(settings.command_keys).get(key_id) or kept_or_made(settings.ledger_folder, key_id)


def known_page_keys(settings: Settings) -> Callable[[], Mapping[str, CommandKey]]:
    """What a worker knows of them whenever it is asked: a key may be made after its start. Raises FileError at once."""
    known: dict[str, CommandKey] = {}

    def look() -> Mapping[str, CommandKey]:
        for key_id in PAGE_KEYS:
            if key_id not in known and (key := kept_key(settings.ledger_folder, key_id)) is not None:
                known[key_id] = key
        return known

    look()
    return look
