"""The worker's file of command keys (`RECTIFY_COMMAND_KEYS`): key id -> role, units, secret (rule O-6).

    szkjj-2026: {role: unit, units: [szkjj], secret: file:/run/secrets/szkjj}
    office: {role: supervisor, secret: env:OFFICE_KEY}

A secret is not written down here: `env:NAME` or `file:/path` says where it is kept.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from schemas.powers import COMMAND_ROLES
from streams.files.config_file import Loc, MarkedFile
from streams.files.kept_secret import is_kept, kept_secret
from streams.rules.intake.signature import CommandKey

SHORTEST: Final = 32  # characters of a secret
LINKS: Final = "web-links"  # the pages' key for all units (O-7)
_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,80}")


def load_command_keys(path: Path | None) -> dict[str, CommandKey]:
    """The keys by their ids; none without a file. Raises FileError with everything that is wrong."""
    if path is None:
        return {}
    file = MarkedFile(path)
    found = {str(name): _key(file, str(name), record) for name, record in file.record(file.data, ()).items()}
    if not found:
        file.wrong((), "no key stands in it")
    file.done()
    return found


def own_key(text: str) -> tuple[str, bytes]:
    """`RECTIFY_COMMAND_KEY`, written `<key id>:<secret>`. Raises ValueError, which does not repeat it."""
    key_id, colon, secret = text.strip().partition(":")
    if not colon or not _ID.fullmatch(key_id) or len(secret) < SHORTEST:
        msg = f"a command key is written <key id>:<secret>, the secret with {SHORTEST} characters or more"
        raise ValueError(msg)
    return key_id, secret.encode()


def _key(file: MarkedFile, name: str, record: Any) -> CommandKey:
    at: Loc = (name,)
    if not _ID.fullmatch(name):
        file.wrong(at, "a key's id has letters, digits, dots, dashes and underscores")
    fields = file.record(record, at, ("role", "units", "secret"))
    role = next((one for one in COMMAND_ROLES if one == fields.get("role")), None)
    if role is None:
        file.wrong((*at, "role"), f"expected one of {', '.join(COMMAND_ROLES)}")
    units = fields.get("units") or []
    if not isinstance(units, list) or not all(isinstance(unit, str | int) for unit in units):
        file.wrong((*at, "units"), "expected a list of unit ids")
        units = []
    if role == "unit" and not units and name != LINKS:
        file.wrong((*at, "units"), "a unit's key names the units that it acts for")
    return CommandKey(name, role or "producer", frozenset(map(str, units)), _secret(file, fields, (*at, "secret")))


def _secret(file: MarkedFile, fields: Any, at: Loc) -> bytes:
    written = file.text(fields, at)
    if not is_kept(written):
        file.wrong(at, "a secret is not written down here: env:NAME or file:/path")
        return b""
    secret = kept_secret(written)
    if len(secret.value) < SHORTEST:
        file.wrong(at, f"{SHORTEST} characters or more must be kept in {secret.place}")
    return secret.value.encode()
