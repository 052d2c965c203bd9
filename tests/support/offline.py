"""A machine without a way out, played in a network namespace: somebody follows docs/zh/install.md.

unshare -n python -m tests.support.offline ARCHIVE PLACE PYTHON [demo]
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

PATIENCE: Final = 300.0  # seconds; a busy machine takes its time
_SIOCSIFFLAGS: Final = 0x8914  # <linux/sockios.h>
_IFF_UP: Final = 0x1
ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "zh" / "install.md"
FOLDER: Final = "/opt/rectify"  # where the page installs to


def loopback_up() -> None:
    """Give the new namespace its 127.0.0.1, as `ip link set lo up` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))


def has_a_way_out() -> bool:
    """Whether an address of documentation (RFC 5737) could be sent to; nothing is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            any_socket.connect(("192.0.2.1", 9))
        except OSError:
            return False
        return True


def commands(section: str) -> str:
    """The commands of a section of the page."""
    text = re.split(rf"^## {section}$", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1].partition("\n## ")[0]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


class Machine(NamedTuple):
    """A home in which somebody follows the page, with the archive beside it; the program goes into `prefix`."""

    home: Path
    prefix: Path
    environment: Mapping[str, str]

    def follows(self, section: str, folder: Path) -> None:
        """Every command of a section, in order; each must succeed."""
        script = commands(section).replace(FOLDER, str(self.prefix))
        assert script
        subprocess.run(["bash", "-euxo", "pipefail", "-c", script], cwd=folder, env=self.environment, check=True)

    def says(self, *words: str) -> str:
        """What a command of the program prints; it must succeed."""
        done = subprocess.run(
            [self.prefix / "bin" / "rectify", *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    @contextmanager
    def up(self) -> Iterator[None]:
        """`rectify up`, once it is ready and until the end; it ends well."""
        process = subprocess.Popen([self.prefix / "bin" / "rectify", "up"], env=self.environment)
        try:
            end = time.monotonic() + PATIENCE
            while not self._is_ready():
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.5)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(PATIENCE)
        assert code == 0

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen("http://127.0.0.1:8080/readyz", timeout=5):
                return True
        except OSError:
            return False


def play(archive: Path, place: Path, python: str, then: Sequence[str]) -> None:
    """The page's installation and first ticket; the demonstration, if it is asked for."""
    loopback_up()
    assert not has_a_way_out()
    home = place / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ}
    own = {"HOME": str(home), "LANG": "C.UTF-8", "PYTHON": python}
    machine = Machine(home, place / "rectify", {**kept, **own})
    machine.follows("二、离线安装", archive.parent)
    with machine.up():
        machine.follows("三、第一张整改单", home)
        end = time.monotonic() + PATIENCE
        while not (tickets := json.loads(machine.says("ticket", "list", "--json"))):
            assert time.monotonic() < end
            time.sleep(1)
        assert [ticket["asset_id"] for ticket in tickets] == ["kjj-site"]
    if "demo" in then:
        assert "✓ 核对 check" in machine.says("demo")


if __name__ == "__main__":
    play(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
