"""A real PostgreSQL in a temporary folder."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from typing import Final

from streams.local.processes import free_ports, spawn, tail

# Of a server with a database for each test: the machine itself stays up, so what was written is there after a kill,
# flushed or not; and a vacuum of its own would look into hundreds of databases, one after the other, all the time.
BRIEF: Final = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
_UP_WITHIN = 120.0  # seconds; recovery after an immediate stop takes its time on a busy machine


class Postgres:
    """A server on a free port of 127.0.0.1, with fsync on, a password, and any number of databases."""

    user = "rectify"
    password = "test-only"

    def __init__(self, **settings: str) -> None:
        """Make the cluster, with these settings of its own. PostgreSQL refuses to be root; then `postgres` runs it."""
        self._settings = settings
        # Not below pytest's folders: those are closed to the account postgres.
        self._folder = Path(tempfile.mkdtemp(prefix="rectify-postgres-"))
        self._data = self._folder / "data"
        (self.port,) = free_ports(1)
        self._server: subprocess.Popen[bytes] | None = None
        self._as_user: list[str] = []
        secret = self._folder / "password"
        secret.write_text(self.password)
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            for path in (self._folder, secret):
                os.chown(path, account.pw_uid, account.pw_gid)
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        # scram-sha-256 has each new connection compute for as long as a short test does.
        self._run(
            "initdb", "--pgdata", self._data, "--username", self.user, "--pwfile", secret,
            "--auth=md5", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip

    def start(self) -> None:
        """Start and return when it takes connections."""
        command: list[str | Path] = [*self._as_user, _program("postgres")]
        command += ["-D", self._data, "-p", str(self.port), "-k", self._folder]
        for name, value in {"listen_addresses": "127.0.0.1", "fsync": "on", **self._settings}.items():
            command += ["-c", f"{name}={value}"]
        log = self._folder / "postgres.log"
        # QUIT is the immediate shutdown: unlike KILL it leaves no shared memory behind.
        self._server = spawn(command, log, leash="QUIT", cwd=self._folder)
        ask: list[str | Path] = [_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        until = monotonic() + _UP_WITHIN
        while subprocess.run(ask, check=False).returncode:
            if monotonic() > until or self._server.poll() is not None:
                message = f"PostgreSQL does not start:\n{tail(log)}"
                raise AssertionError(message)
            sleep(0.05)

    @property
    def pid(self) -> int:
        """The server's process, the parent of all that serve a connection."""
        assert self._server is not None
        return self._server.pid

    def stop(self, *, immediate: bool = False) -> None:
        """Shut down: fast (open transactions are rolled back), or at once as after a crash."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
            self._server.wait(30)
            self._server = None

    def remove(self) -> None:
        """Stop and delete everything."""
        self.stop(immediate=True)
        shutil.rmtree(self._folder)

    def encrypt(self, pem: Path | None, key: Path | None = None) -> None:
        """Offer TLS with this certificate from now on, or none any more, as an administrator does: by a reload."""
        lines = "ssl = off\n"
        if pem is not None and key is not None:
            lines = "ssl = on\n"
            for source, name in ((pem, "server.crt"), (key, "server.key")):
                target = self._data / name
                target.write_bytes(source.read_bytes())
                target.chmod(0o600)
                shutil.chown(target, self._data.stat().st_uid, self._data.stat().st_gid)
        with (self._data / "postgresql.auto.conf").open("a") as file:
            file.write(lines)
        assert self._server is not None
        self._server.send_signal(signal.SIGHUP)
        sleep(0.5)

    def create_database(self, like: str = "") -> str:
        """Make an empty database, or a copy of the one `like`, and return its URL.

        It is written `postgresql://user:password@host:port/name`; nobody may be connected to the one that is copied.
        """
        name = f"t{token_hex(6)}"
        address = ["--host=127.0.0.1", f"--port={self.port}", f"--username={self.user}"]
        template = [f"--template={like.rpartition('/')[2]}"] if like else []
        self._run("createdb", *address, *template, name)
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{name}"

    def dump(self, url: str, file: Path) -> None:
        """pg_dump, as docs/operations.md says."""
        command: list[str | Path] = [_program("pg_dump"), "-Fc", "-d", url, "-f", file]
        subprocess.run(command, check=True, capture_output=True)

    def restore(self, file: Path, url: str) -> None:
        """pg_restore into an empty database, as docs/operations.md says."""
        command: list[str | Path] = [_program("pg_restore"), "--exit-on-error", "-d", url, file]
        subprocess.run(command, check=True, capture_output=True)

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [*self._as_user, _program(program), *arguments],
            env={**os.environ, "PGPASSWORD": self.password, "LC_ALL": "C.UTF-8"},
            cwd=self._folder,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"


def _program(name: str) -> Path:
    """Debian keeps the server's programs off the PATH, a folder for each version."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions and (versions[-1].parent / name).exists():
        return versions[-1].parent / name
    found = shutil.which(name)
    assert found, f"{name} is missing: apt-get install postgresql"
    return Path(found)
