"""Encryption to PostgreSQL (rule O-5): verified unless the URL says otherwise or the server is on this machine."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

_VERIFIED: Final = ("verify-ca", "verify-full")
_ADVICE: Final = (
    "the certificate must be of a known authority and for the host in the URL: name your own authority with "
    "?sslrootcert=FILE, or leave encryption out with ?sslmode=disable where nobody can listen"
)


def encryption(url: str) -> ssl.SSLContext | str | None:
    """What `asyncpg.connect(ssl=...)` takes; None where URL and environment say it all.

    O-5  Connections that leave the machine are encrypted and the certificate is verified, unless the URL says
         otherwise: PostgreSQL as with `sslmode=verify-full`, mail with STARTTLS where it is offered. Loopback and
         local sockets are exempt.
    """
    query = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    mode = query.get("sslmode") or os.environ.get("PGSSLMODE")
    if mode is None and all(map(is_local, _hosts(url, query))):
        return None
    if mode is not None and mode not in _VERIFIED:
        return None
    own = query.get("sslrootcert") or os.environ.get("PGSSLROOTCERT")
    if (own and own != "system") or (own is None and (Path.home() / ".postgresql" / "root.crt").exists()):
        return mode or "verify-full"
    context = ssl.create_default_context()  # the system's authorities, as libpq's sslrootcert=system
    context.check_hostname = mode != "verify-ca"
    return context


def is_local(host: str) -> bool:
    """Whether it is this machine: a folder of sockets, a loopback address, or `localhost`."""
    if not host or host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def advice(error: Exception) -> str:
    """What to do about a connection that failed for its encryption; empty for any other."""
    is_about_it = isinstance(error, ssl.SSLError) or (isinstance(error, ConnectionError) and "SSL" in str(error))
    return f"; {_ADVICE}" if is_about_it else ""


def _hosts(url: str, query: dict[str, str]) -> Iterator[str]:
    """The hosts that a URL names, several apart by commas; otherwise the environment's."""
    named = query.get("host") or urlsplit(url).netloc.rpartition("@")[2] or os.environ.get("PGHOST", "")
    for place in named.split(","):
        host = unquote(place)
        yield host if host.startswith("/") else _without_port(host)


def _without_port(place: str) -> str:
    if place.startswith("["):
        return place.partition("]")[0].strip("[")
    host, colon, port = place.rpartition(":")
    return host if colon and port.isdecimal() and ":" not in host else place
