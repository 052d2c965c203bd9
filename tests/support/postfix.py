"""A real postfix with a configuration and a queue of its own on a free port of 127.0.0.1; the system's stays alone."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
import tempfile
from pathlib import Path
from string import Template
from time import monotonic, sleep

from streams.local.processes import free_ports, spawn, tail

_CONFIGURATION = Path(__file__).parent
_UP_WITHIN = 30.0  # seconds
_MASTER = (
    "127.0.0.1:{port} inet n - n - - smtpd", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
    "tlsmgr unix - - n 1000? 1 tlsmgr", "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce",
    "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce", "proxymap unix - - n - - proxymap",
    "smtp unix - - n - - smtp", "error unix - - n - - error", "retry unix - - n - - error",
    "discard unix - - n - - discard", "anvil unix - - n - 1 anvil", "scache unix - - n - 1 scache",
    "flush unix n - n 1000? 0 flush", "showq unix n - n - - showq", "postlog unix-dgram n - n - 1 postlogd",
)  # fmt: skip


class Postfix:
    """Takes any mail; what is addressed to city.test is handed on to the next server, all else thrown away."""

    def __init__(self, *, next_port: int = 9, tls: bool = False) -> None:
        """`next_port`: the mail server of city.test. `tls`: offer STARTTLS."""
        # Not below pytest's folder, which postfix's own user must not enter.
        self._folder = Path(tempfile.mkdtemp(prefix="rectify-postfix-"))
        self._folder.chmod(0o755)
        (self.port,) = free_ports(1)
        self.certificate = self._folder / "server.pem"
        self._next_port = next_port
        self._tls = tls
        self._master: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when it greets."""
        folder = self._folder
        if self._tls:
            self._make_certificate()
        template = (_CONFIGURATION / "postfix.cf").read_text(encoding="utf-8")
        settings = {"folder": folder, "next_port": self._next_port, "tls": "may" if self._tls else "none"}
        (folder / "main.cf").write_text(Template(template).substitute(settings), encoding="utf-8")
        (folder / "master.cf").write_text("\n".join(_MASTER).format(port=self.port) + "\n", encoding="utf-8")
        for name in ("queue", "data"):
            (folder / name).mkdir()
        _as_root("chown", "postfix", str(folder / "data"))
        command = _root("postfix", "-c", str(folder), "start-fg")
        self._master = spawn(command, folder / "postfix.out", leash="TERM", cwd=folder)
        until = monotonic() + _UP_WITHIN
        while not self._greets():
            if monotonic() > until:
                message = f"postfix does not greet:\n{tail(folder / 'postfix.out')}\n{self.log}"
                raise AssertionError(message)
            sleep(0.1)

    def stop(self) -> None:
        """Stop it and take its folder away."""
        if self._master is not None:
            _as_root("postfix", "-c", str(self._folder), "stop")
            self._master.wait(30)
        _as_root("rm", "-rf", str(self._folder))

    @property
    def log(self) -> str:
        """What it has logged so far."""
        path = self._folder / "mail.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    @property
    def connections(self) -> int:
        """How many times a client has connected."""
        return self.log.count(": connect from ")

    def _greets(self) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=5) as client:
                return client.noop()[0] == 250
        except OSError:
            return False

    def _make_certificate(self) -> None:
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=mail"]
        command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(self.certificate)]
        subprocess.run([*command, "-keyout", str(self._folder / "server.key")], check=True, capture_output=True)


def _root(*command: str) -> list[str]:
    """Postfix switches users, which only root may."""
    program = shutil.which(command[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin") or command[0]
    whole = [program, *command[1:]]
    return whole if os.geteuid() == 0 else ["sudo", "-n", *whole]


def _as_root(*command: str) -> None:
    subprocess.run(_root(*command), check=True, capture_output=True)
