"""Where uploaded files lie: a folder of files named by the SHA-256 of their bytes, outside of what is served."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, NamedTuple

from streams.files.uploads.kinds import FileKind, kind_of

_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_UNFINISHED: Final = ".part"
_CHUNK: Final = 1 << 20  # bytes


class TooLarge(Exception):
    """More bytes than a file may have."""


class Stored(NamedTuple):
    """A file on the shelf."""

    sha256: str
    bytes: int
    kind: FileKind


class ShelfCopy(NamedTuple):
    """What was copied from one shelf to another."""

    files: int  # that were not there yet
    bytes: int
    damaged: list[str]  # hashes of files whose bytes are others by now: they were not copied


class Incoming:
    """A file that is being received: written down and hashed as it comes."""

    def __init__(self, folder: Path, most: int) -> None:
        """`most`: bytes."""
        self._file = NamedTemporaryFile(dir=folder, suffix=_UNFINISHED, delete=False)  # noqa: SIM115 - closed below
        self.path = Path(self._file.name)
        self._hash = sha256()
        self._most = most
        self.size = 0

    def write(self, data: bytes) -> None:
        """More of it. Raises TooLarge."""
        self.size += len(data)
        if self.size > self._most:
            raise TooLarge
        self._hash.update(data)
        self._file.write(data)

    def finish(self) -> None:
        """That was all: it is on the disk."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    @property
    def sha256(self) -> str:
        """The hash of what has come."""
        return self._hash.hexdigest()

    def drop(self) -> None:
        """Nobody wants it; one that was kept stays."""
        self._file.close()
        with suppress(FileNotFoundError):
            self.path.unlink()


class Shelf:
    """The folder of an installation; every web process has the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def receive(self, most: int) -> Incoming:
        """A file that comes, of at most so many bytes; raises OSError when the folder cannot be written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return Incoming(self.folder, most)

    def keep(self, incoming: Incoming) -> Stored | None:
        """Puts a file that has come where it belongs; None for a kind that is not taken (U-5)."""
        incoming.finish()
        kind = kind_of(incoming.path)
        if kind is None:
            incoming.drop()
            return None
        self.put(incoming)
        return Stored(incoming.sha256, incoming.size, kind)

    def put(self, incoming: Incoming) -> None:
        """Puts what has come, and was looked at, where it belongs."""
        place = self._place(incoming.sha256)
        place.parent.mkdir(exist_ok=True)
        incoming.path.chmod(0o640)
        incoming.path.replace(place)  # the same bytes a second time are the same file

    def find(self, digest: str) -> Path | None:
        """The file with this hash."""
        if not _HASH.fullmatch(digest):
            return None
        place = self._place(digest)
        return place if place.is_file() else None

    def forget(self, digest: str) -> None:
        """Nobody has it any more."""
        if _HASH.fullmatch(digest):
            with suppress(FileNotFoundError):
                self._place(digest).unlink()

    def copy_missing(self, to: Shelf) -> ShelfCopy:
        """Copies what the other shelf does not have; raises OSError when its folder cannot be written."""
        files = size = 0
        damaged = []
        for path in sorted(self.folder.glob("[0-9a-f][0-9a-f]/*")):
            if not _HASH.fullmatch(path.name) or to.find(path.name) is not None:
                continue
            incoming = to.receive(sys.maxsize)
            try:
                with path.open("rb") as file:
                    while data := file.read(_CHUNK):
                        incoming.write(data)
                incoming.finish()
                if incoming.sha256 == path.name:
                    to.put(incoming)
                    files, size = files + 1, size + incoming.size
                else:
                    damaged.append(path.name)
            except FileNotFoundError:
                pass  # forgotten meanwhile
            finally:
                incoming.drop()
        return ShelfCopy(files, size, damaged)

    def _place(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
