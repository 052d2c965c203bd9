"""The file of webhooks (`RECTIFY_WEBHOOKS`): name -> unit, address, secret, and whether it may be a private address.

    szfb: {unit: szfb, url: https://oa.example.gov.cn/rectify, secret: file:/run/secrets/szfb}
    screen: {url: http://10.1.2.3:8080/in, secret: env:SCREEN_SECRET, private: true}

An address is a door out of the network, and only whoever runs the workers opens one: so it stands in this file and not
in the registry, which many may write and many read. The file is checked whenever the settings are read; the secrets are
read only where something is posted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from streams.files.command_keys import SHORTEST
from streams.files.config_file import Loc, MarkedFile
from streams.files.kept_secret import is_kept, kept_secret

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,80}", re.ASCII)
_FIELDS: Final = ("unit", "url", "secret", "private")


class Webhook(NamedTuple):
    """One address that is posted to. `unit_id`: whose; None: everybody's. `private`: it may be inside."""

    name: str
    unit_id: str | None
    url: str
    secret: str  # where it is kept
    private: bool


def check_webhooks(path: Path | None) -> list[Webhook]:
    """The webhooks of a file, without their secrets; none without a file. Raises FileError with all that is wrong."""
    if path is None:
        return []
    file = MarkedFile(path)
    found = [_webhook(file, name, record) for name, record in file.record(file.data, ()).items()]
    file.done()
    return found


def load_secrets(path: Path, webhooks: list[Webhook]) -> dict[str, bytes]:
    """The secret of each. Raises FileError."""
    file = MarkedFile(path)
    found = {}
    for one in webhooks:
        kept = kept_secret(one.secret)
        if len(kept.value) < SHORTEST:
            file.wrong((one.name, "secret"), f"{SHORTEST} characters or more must be kept in {kept.place}")
        found[one.name] = kept.value.encode()
    file.done()
    return found


def _webhook(file: MarkedFile, name: str, record: Any) -> Webhook:
    at: Loc = (name,)
    if not _NAME.fullmatch(name):
        file.wrong(at, "a webhook's name has letters, digits, dots, dashes and underscores")
    fields = file.record(record, at, _FIELDS)
    private = fields.get("private", False)
    if not isinstance(private, bool):
        file.wrong((*at, "private"), "expected true or false")
    url = file.text(fields, (*at, "url"))
    if url and (reason := _wrong(url, is_private=private is True)):
        file.wrong((*at, "url"), reason)
    secret = file.text(fields, (*at, "secret"))
    if secret and not is_kept(secret):
        file.wrong((*at, "secret"), "a secret is not written down here: env:NAME or file:/path")
    return Webhook(name, _unit(file, fields, at), url, secret, private is True)


def _unit(file: MarkedFile, fields: Mapping[str, Any], at: Loc) -> str | None:
    return file.text(fields, (*at, "unit")) if "unit" in fields else None


def _wrong(url: str, *, is_private: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.fragment:
        return "expected https://host/path, without a password in it"
    return "" if parts.scheme == "https" or is_private else "https, or `private: true` for an address inside"
