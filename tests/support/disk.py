"""A small disk of one's own, which can be filled: a tmpfs where mounting is allowed, otherwise a limit on files."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_DETACH: Final = 2  # MNT_DETACH
_ROOM: Final = 65_536  # bytes that a file may grow to under a limit


class Disk:
    """`folder` is on it. Without the right to mount, "full" means that the writers' files may grow no more."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        """Mount it, if we may."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        size = f"size={megabytes}m".encode()
        self.mounted = _LIBC.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, size) == 0
        self._filler = folder / "filler"
        self._limited: set[int] = set()

    def fill(self, writers: Iterable[int]) -> None:
        """Leave no room; `writers`: the processes that write there."""
        if not self.mounted:
            self._limited = set(writers)
            self._limit(_ROOM)
            return
        with self._filler.open("ab") as file:
            while (free := os.statvfs(self.folder)).f_bavail:
                with suppress(OSError):  # somebody has written between the look and the filling
                    os.posix_fallocate(file.fileno(), file.tell(), free.f_bavail * free.f_frsize)
                    file.seek(0, os.SEEK_END)

    def make_room(self) -> None:
        """As it was."""
        self._filler.unlink(missing_ok=True)
        self._limit(resource.RLIM_INFINITY)
        self._limited.clear()

    def remove(self) -> None:
        """Unmount it; what is on it is gone."""
        if self.mounted:
            _LIBC.umount2(bytes(self.folder), _DETACH)
            self.mounted = False

    def _limit(self, size: int) -> None:
        for pid in self._limited:
            try:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            except ProcessLookupError:  # killed meanwhile
                continue
