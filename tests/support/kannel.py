"""A real Kannel, with fakesmsc or a carrier of ours that speaks SMPP (`smsc.py`)."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from string import Template
from time import monotonic, sleep
from urllib.parse import unquote_to_bytes

import httpx

from streams.local.processes import free_ports, spawn, tail
from tests.support import smsc

_FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
_SBIN = Path("/usr/sbin")
_UP_WITHIN = 20.0  # seconds
_FAKE = """smsc = fake
smsc-id = FAKE
connect-allow-ip = 127.0.0.1
"""
_SMPP = f"""smsc = smpp
smsc-id = SMPP
transceiver-mode = true
smsc-username = {smsc.USER}
smsc-password = {smsc.PASSWORD}
system-type = VMA
enquire-link-interval = 2
reconnect-delay = 1
wait-ack = 30
"""


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """One part of a short message, as the carrier got it."""

    sender: str
    receiver: str
    text: str
    part: int | None  # of a long message, from 1


class Kannel:
    """bearerbox, smsbox and, if the carrier is not ours, fakesmsc on free ports of 127.0.0.1."""

    username = "tracker"
    password = "test-only"

    def __init__(self, folder: Path, smpp_port: int | None = None) -> None:
        """Write the configuration; `folder` keeps the spool and the logs. `smpp_port`: where our carrier listens."""
        self._folder = folder
        self._fake = smpp_port is None
        self._admin_port, smsbox_port, smsc_port, sendsms_port = free_ports(4)
        self._smsc_port = smpp_port or smsc_port
        self.sendsms_url = f"http://127.0.0.1:{sendsms_port}/cgi-bin/sendsms"
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        (folder / "spool").mkdir(parents=True, exist_ok=True)
        template = Path(__file__).with_name("kannel.conf").read_text(encoding="utf-8")
        config = Template(template).substitute(
            admin_port=self._admin_port,
            smsbox_port=smsbox_port,
            smsc_port=self._smsc_port,
            carrier=_FAKE if self._fake else _SMPP,
            sendsms_port=sendsms_port,
            username=self.username,
            password=self.password,
        )
        (folder / "kannel.conf").write_text(config, encoding="utf-8")

    def start(self) -> None:
        """Start all three and return when the gateway says that it is connected to both sides."""
        self.start_bearerbox()
        self._spawn("smsbox", _SBIN / "smsbox", "-v", "1", "kannel.conf")
        if self._fake:
            self.start_carrier()
        self.wait_for_status("smsbox:box1")
        self.wait_for_status("(online")

    def stop(self) -> None:
        """Kill all three; what waits in the spool stays there."""
        for child in self._children.values():
            child.kill()
            child.wait()
        self._children.clear()

    def start_bearerbox(self) -> None:
        """Start the gateway's core; smsbox and the carrier connect to it again by themselves or by restart."""
        self._spawn("bearerbox", _SBIN / "bearerbox", "-v", "1", "kannel.conf")
        self.wait_for_status("running")

    def start_carrier(self) -> None:
        """Connect the carrier: messages are delivered, and reported so."""
        target = ["-H", "127.0.0.1", "-r", str(self._smsc_port), "-m", "0"]
        self._spawn("fakesmsc", _FAKESMSC, *target, "1 2 text nothing")

    def stop_carrier(self) -> None:
        """Disconnect the carrier: the gateway accepts and queues (`3: Queued`)."""
        self.kill("fakesmsc")
        self.wait_for_status("(re-connecting", "(connecting")

    def kill(self, name: str) -> None:
        """Kill `bearerbox`, `smsbox` or `fakesmsc` (SIGKILL)."""
        child = self._children.pop(name)
        child.kill()
        child.wait()

    @property
    def received(self) -> list[ShortMessage]:
        """Every part that reached the carrier, oldest first."""
        log = self._folder / "fakesmsc.out"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
        return [_parse(line) for line in lines if "Got message" in line]

    def wait_for(self, count: int, timeout: float = 15.0) -> list[ShortMessage]:
        """Return what the carrier got once there are `count` parts; AssertionError when they do not come in time."""
        until = monotonic() + timeout
        while len(got := self.received) < count:
            if monotonic() > until:
                message = f"{len(got)} of {count} short messages after {timeout} s: {got}"
                raise AssertionError(message)
            sleep(0.05)
        return got

    def wait_for_status(self, *any_of: str) -> None:
        """Return when one of the texts stands in the gateway's status page."""
        url = f"http://127.0.0.1:{self._admin_port}/status.txt?password=test-status"
        until = monotonic() + _UP_WITHIN
        page = ""
        while not any(text in page for text in any_of):
            if monotonic() > until:
                logs = "\n".join(tail(self._folder / f"{name}.out") for name in ("bearerbox", "smsbox", "fakesmsc"))
                message = f"Kannel does not say {any_of}:\n{page}\n{logs}"
                raise AssertionError(message)
            try:
                page = httpx.get(url, trust_env=False).text
            except httpx.HTTPError:
                page = ""
            sleep(0.05)

    def _spawn(self, name: str, *command: str | Path) -> None:
        self._children[name] = spawn(command, self._folder / f"{name}.out", cwd=self._folder)


def _parse(line: str) -> ShortMessage:
    """Read fakesmsc's `Got message 1: <sender receiver [udh HEADER] ucs-2|data|text CONTENT>`."""
    sender, receiver, *rest = line.partition(": <")[2].removesuffix(">").split(" ", 5)
    part = None
    if rest[0] == "udh":
        part = unquote_to_bytes(rest[1])[-1]
        rest = rest[2:]
    kind, content = rest[0], " ".join(rest[1:])
    if kind in {"ucs-2", "data"}:
        content = unquote_to_bytes(content.replace("+", " ")).decode("utf-16-be")
    return ShortMessage(sender, receiver, content, part)
