"""Which connections to PostgreSQL are verified (rule O-5)."""

from __future__ import annotations

import ssl

import pytest

from streams.ledger.engines.encryption import encryption


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """No word of the environment, and no authority in the home folder."""
    for name in ("PGSSLMODE", "PGSSLROOTCERT", "PGHOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@127.0.0.1:5432/db",
        "postgresql://u:p@localhost/db",
        "postgresql://u:p@[::1]:5432/db",
        "postgresql:///db",
        "postgresql:///db?host=/run/postgresql",
        "postgresql://u:p@%2Frun%2Fpostgresql/db",
        "postgresql://u:p@db/x?sslmode=disable",
        "postgresql://u:p@db/x?sslmode=require",
    ],
)
def test_left_to_the_url(url: str) -> None:
    """This machine, and what the URL says itself."""
    assert encryption(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@db/x",
        "postgresql://127.0.0.1,db:5432/x",
        "postgresql://u@10.0.0.1/x",
        "postgresql:///x?host=db",
    ],
)
def test_verified(url: str) -> None:
    """Whatever leaves the machine, by the system's authorities or those that are named."""
    context = encryption(url)
    assert isinstance(context, ssl.SSLContext)
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert encryption(f"{url}{'&' if '?' in url else '?'}sslrootcert=/etc/ca.pem") == "verify-full"


def test_the_environment_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for every program that uses PostgreSQL."""
    monkeypatch.setenv("PGHOST", "db")
    assert isinstance(encryption("postgresql:///x"), ssl.SSLContext)
    monkeypatch.setenv("PGSSLMODE", "disable")
    assert encryption("postgresql:///x") is None
