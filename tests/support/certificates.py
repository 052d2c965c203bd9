"""Keys for certificates of servers that live for a test."""

from __future__ import annotations

from typing import Final

NEW_KEY: Final = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
"""For `openssl req`: made in no time, where RSA takes half a second of computing."""
