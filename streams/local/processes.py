"""Server processes that we start beside ourselves, and the ports they listen on."""

import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from secrets import randbelow

# Below Linux's ephemeral range (32768-60999): inside it a client that keeps calling a dead local port can end up
# connected to itself, and the server then cannot have its port back.
_FIRST_PORT = 20_000
_PORTS = 12_000


def is_free(port: int) -> bool:
    """Whether a server could listen on this TCP port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Choose different TCP ports of 127.0.0.1 that nobody listens on."""
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            port = _FIRST_PORT + randbelow(_PORTS)
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
    return ports


def spawn(
    command: Sequence[str | Path],
    output: Path,
    *,
    leash: str = "KILL",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to a file and which ends with us.

    It has a session of its own, so that the terminal's Ctrl-C reaches only us and we stop it in order. Should we be
    killed, the kernel sends it the signal `leash`. The kernel means the *thread* that called: start servers from a
    thread that lives as long as they do.
    """
    setpriv = shutil.which("setpriv")
    prefix = [setpriv, "--pdeathsig", leash] if setpriv else []
    with output.open("ab") as log:
        return subprocess.Popen(
            [*prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )


def end(child: subprocess.Popen[bytes], *, grace: float) -> None:
    """Ask a server to stop, wait for it, and kill it after `grace` seconds."""
    child.terminate()
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log, or nothing when there is none."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
