"""Bounds of memory: what is loaded and said at once (O-16)."""

from __future__ import annotations

from typing import Final

SAID_BYTES: Final = 32 * 1024 * 1024  # of messages that a decision makes; one message alone may make more


class TooMuch(Exception):
    """More than a worker should have in memory at once: less is to be decided together."""
