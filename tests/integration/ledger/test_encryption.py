"""A real PostgreSQL with TLS: what cannot be verified is not connected to, and the sentence says what to do."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from streams.ledger import LedgerUnavailable, open_ledger, upgrade
from streams.ledger.engines.encryption import encryption
from tests.support.certificates import NEW_KEY
from tests.support.postgres import Postgres

ELSEWHERE = "127.1"  # this machine by a name that is not one of those which are exempt


class Signed(NamedTuple):
    """A certificate that is its own authority."""

    pem: Path
    key: Path


def signed(folder: Path, name: str) -> Signed:
    """A certificate for this host."""
    made = Signed(folder / f"{name}.pem", folder / f"{name}.key")
    command = ["openssl", "req", "-x509", *NEW_KEY, "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", f"subjectAltName=DNS:{name}", "-out", str(made.pem), "-keyout", str(made.key)]
    subprocess.run(command, check=True, capture_output=True)
    return made


@pytest.fixture
def far(postgres: Postgres, postgres_url: str) -> Iterator[str]:
    """The URL of a database on a host that is not exempt; afterwards the server offers no TLS again."""
    yield postgres_url.replace("127.0.0.1", ELSEWHERE)
    postgres.encrypt(None)


async def test_only_a_certificate_that_can_be_verified(postgres: Postgres, far: str, tmp_path: Path) -> None:
    """O-5: no TLS, an unknown authority, another host's certificate: refused; the right one, or saying so: let in."""
    right, other = signed(tmp_path, ELSEWHERE), signed(tmp_path, "db.example")
    with pytest.raises(LedgerUnavailable, match=r"\?sslmode=disable where nobody can listen"):
        await upgrade(far)
    await upgrade(f"{far}?sslmode=disable")
    postgres.encrypt(*right)
    with pytest.raises(LedgerUnavailable, match=r"name your own authority with \?sslrootcert"):
        await open_ledger(far)
    await (await open_ledger(f"{far}?sslrootcert={right.pem}")).close()
    await (await open_ledger(f"{far}?sslmode=require")).close()
    assert await is_encrypted(f"{far}?sslrootcert={right.pem}")
    postgres.encrypt(*other)
    with pytest.raises(LedgerUnavailable, match=r"certificate"):
        await open_ledger(f"{far}?sslrootcert={other.pem}")


async def is_encrypted(url: str) -> bool:
    """What the server says of our connection."""
    connection = await asyncpg.connect(url, ssl=encryption(url))
    try:
        return bool(await connection.fetchval("select ssl from pg_stat_ssl where pid = pg_backend_pid()"))
    finally:
        await connection.close()
