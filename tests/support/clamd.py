"""A real clamd that knows one signature, that of the test file which every scanner knows, and no database."""

from __future__ import annotations

import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from streams.local.processes import end, free_ports, spawn, tail

EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_SBIN: Final = "/usr/sbin"
_UP_WITHIN: Final = 120.0  # seconds


class Clamd:
    """On a free port of 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        """Writes its settings and its signature; `folder` keeps both, and its log."""
        (self.port,) = free_ports(1)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        (folder / "local.ndb").write_text(f"Test.Eicar:0:*:{EICAR.hex()}\n")
        settings = ("TCPAddr 127.0.0.1", f"TCPSocket {self.port}", f"DatabaseDirectory {folder}", "Foreground yes")
        (folder / "clamd.conf").write_text("\n".join(settings) + "\n")

    @property
    def place(self) -> str:
        """As RECTIFY_PAGES_CLAMD has it."""
        return f"tcp://127.0.0.1:{self.port}"

    @staticmethod
    def is_there() -> bool:
        """Whether it is installed."""
        return shutil.which("clamd", path=_SBIN) is not None

    def start(self) -> None:
        """Returns when it listens."""
        log = self._folder / "clamd.log"
        self._process = spawn([f"{_SBIN}/clamd", "-c", str(self._folder / "clamd.conf")], log, cwd=self._folder)
        until = monotonic() + _UP_WITHIN
        while monotonic() < until and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            sleep(0.05)
        raise AssertionError(tail(log))

    def stop(self) -> None:
        """Ends it."""
        if self._process is not None:
            end(self._process, grace=10.0)
