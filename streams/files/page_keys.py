"""The two command keys of the pages, kept beside the ledger (rule O-7).

`web-links.key` (role unit, for all units) signs what comes from the links of letters, `web-desk.key` (role supervisor)
what comes from the desk: a process that has only the first can close nothing. One line each, `<key id>:<secret>`, as
`RECTIFY_COMMAND_KEY` is written; made on first use, readable by their owner alone (mode 0600).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE
from typing import Final, Literal, get_args

from schemas.powers import CommandRole
from streams.discretion import keep
from streams.files.command_keys import own_key
from streams.files.faults import FileError, FileFault
from streams.rules.intake.signature import CommandKey

PageKey = Literal["web-links", "web-desk"]
PAGE_KEYS: Final[tuple[PageKey, ...]] = get_args(PageKey)
ROLES: Final[Mapping[PageKey, CommandRole]] = {"web-links": "unit", "web-desk": "supervisor"}
_BYTES: Final = 24  # of a secret: 48 characters
_FOREIGN: Final = 0o077  # rights of anybody but the owner


def kept_key(folder: Path, key_id: PageKey) -> CommandKey | None:
    """The key, if it is kept in this folder. Raises FileError: others may read it, or it is not a key."""
    path = _place(folder, key_id)
    try:
        with path.open("rb") as file:
            rights = S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(1024).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _fault(path, f"cannot be read ({error.strerror})") from error
    if rights & _FOREIGN:
        raise _fault(path, "others may read this key: remove the file, a new key is made (`chmod 600` if none has)")
    try:
        name, secret = own_key(text)
    except ValueError as error:
        raise _fault(path, str(error)) from error
    if name != key_id:
        raise _fault(path, f"the key of {name!r} is kept here, not that of {key_id!r}")
    keep(secret.decode())
    return CommandKey(key_id, ROLES[key_id], frozenset(), secret)


def kept_or_made(folder: Path, key_id: PageKey) -> CommandKey:
    """The key; made if there is none. Raises FileError: it can neither be read nor written there."""
    key = kept_key(folder, key_id)
    if key is None:
        _make(folder, key_id)
        key = kept_key(folder, key_id)
    if key is None:
        raise _fault(_place(folder, key_id), "it has gone while it was read")
    return key


def _make(folder: Path, key_id: PageKey) -> None:
    """Whole or not at all; of two processes that make one at once, the first has made it for both."""
    path = _place(folder, key_id)
    partial = path.with_name(f".{path.name}.{token_hex(8)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123 - the mode
            file.write(f"{key_id}:{token_hex(_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(partial)
    except OSError as error:
        raise _fault(path, f"cannot be written ({error.strerror})") from error
    finally:
        partial.unlink(missing_ok=True)


def _place(folder: Path, key_id: PageKey) -> Path:
    return folder / f"{key_id}.key"


def _fault(path: Path, reason: str) -> FileError:
    return FileError(FileFault(str(path), 1, "", reason))
