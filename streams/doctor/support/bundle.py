"""`rectify support-bundle`: what somebody needs who helps from outside, in a file that may leave the house.

O-19  A support bundle holds versions, settings without secrets, what doctor and `db check` find, numbers of rows,
      metrics, the pack's digest, and of a log names, numbers and places; no message, ticket text, name, address or
      number of anybody. Whatever goes in passes once more through one place that takes out all people whom registry,
      accounts and settings name, and all that looks like an address.
"""

from __future__ import annotations

import io
import platform
import sys
import zipfile
from collections import Counter
from collections.abc import Awaitable, Callable
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import orjson

from streams.clock import system_time
from streams.doctor.examination import examine
from streams.doctor.line import WITHIN_SECONDS, CheckLine
from streams.doctor.support.log_lines import last_lines
from streams.doctor.support.scrubber import Scrubber
from streams.files.policy.loading import load_policy
from streams.kafka.config import KafkaConfig
from streams.ledger.ledger import Ledger
from streams.ledger.reading.inspection import inspect
from streams.ledger.reading.invariants import violations
from streams.ledger.reading.table_sizes import table_sizes
from streams.services.ledgers import reading_ledger
from streams.services.stores import pages_store
from streams.settings.model import Settings
from streams.store.store import store_path

LINES: Final = 2_000


class LogPart(NamedTuple):
    """Which lines of which log."""

    file: Path
    lines: int = LINES


async def support_bundle(settings: Settings, kafka: KafkaConfig | CheckLine, log: LogPart | None) -> dict[str, str]:
    """The files of the bundle by their names; what cannot be had is said in its file's place."""
    scrubber = Scrubber(await _people(settings))
    parts: dict[str, Callable[[], Awaitable[str]]] = {
        "versions.json": lambda: _as_json(_versions()),
        "settings.json": lambda: _as_json(settings.effective()),
        "doctor.json": lambda: _doctor(settings, kafka),
        "database.json": lambda: _database(settings),
        "policy.json": lambda: _as_json(_policy(settings)),
        "metrics.txt": lambda: _metrics(settings),
    }
    if log is not None:
        parts["log.jsonl"] = lambda: _lines(log)
    return {name: scrubber.clean(await _tried(part)) for name, part in parts.items()}


def zipped(files: dict[str, str]) -> bytes:
    """All of them in one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


async def _tried(part: Callable[[], Awaitable[str]]) -> str:
    try:
        return await part()
    except Exception as error:  # noqa: BLE001 - an installation that needs help: whatever does not work is news
        return f"不可用 · cannot be had: {type(error).__name__}\n"


async def _people(settings: Settings) -> list[str]:
    """Everybody whom the installation names, as far as it can be asked."""
    people = [settings.office_contact, settings.office_phone]
    try:
        async with reading_ledger(settings) as ledger:
            people += await _contacts(ledger, settings)
        path = store_path(settings.database_url.get_secret_value())
        if path is not None and not path.exists():  # nobody has opened the pages yet
            return people
        async with pages_store(settings) as store:
            people += [account.name for account in await store.accounts.all()]
    except Exception:  # noqa: BLE001 - without a database nothing else of it is in the bundle
        return people
    return people


async def _contacts(ledger: Ledger, settings: Settings) -> list[str]:
    async with ledger.transaction() as tx:
        registry = await tx.registry.load(settings.zone)
    said = []
    for unit in registry.units.values():
        for contact in unit.contacts:
            said += [contact.name, contact.email or "", contact.phone or ""]
        if unit.letterhead is not None:
            said += [unit.letterhead.contact or "", unit.letterhead.phone or ""]
    return said


def _versions() -> dict[str, Any]:
    return {
        "at": system_time(),
        "python": sys.version,
        "system": platform.platform(),
        "packages": dict(sorted((one.metadata["Name"], one.version) for one in distributions())),
    }


async def _doctor(settings: Settings, kafka: KafkaConfig | CheckLine) -> str:
    return await _as_json([line._asdict() for line in await examine(settings, kafka)])


async def _database(settings: Settings) -> str:
    url = settings.database_url.get_secret_value()
    found = await inspect(url)
    contradictions = Counter(one.name for one in await violations(url))
    async with reading_ledger(settings) as ledger:
        sizes = await table_sizes(ledger)
        async with ledger.transaction() as tx:
            aside = [
                {"kind": note.kind, "since": note.at, "attempts": note.attempts, "fault": note.fault}
                for note in await tx.set_aside.all()
            ]
            offsets = await tx.offsets.reached()
    read = {f"{topic}[{partition}]": known.next_offset for (topic, partition), known in sorted(offsets.items())}
    about = {"dialect": found.dialect, "server": found.server, "cluster": found.cluster_id}
    return await _as_json(
        {**about, "rows": sizes, "read_to": read, "contradictions": contradictions, "set_aside": aside}
    )


def _policy(settings: Settings) -> dict[str, str]:
    policy = load_policy(settings.policy)
    return {"pack": policy.ref, "digest": sha256(policy.model_dump_json().encode()).hexdigest()}


async def _metrics(settings: Settings) -> str:
    host = "127.0.0.1" if settings.web_host in ("0.0.0.0", "::") else settings.web_host  # noqa: S104 - to ask there
    url = httpx.URL(scheme="http", host=host, port=settings.web_port, path="/metrics")
    async with httpx.AsyncClient(trust_env=False, timeout=WITHIN_SECONDS) as client:
        return (await client.get(url)).raise_for_status().text


async def _lines(log: LogPart) -> str:
    return "".join(f"{line}\n" for line in last_lines(log.file, log.lines))


async def _as_json(document: object) -> str:
    return orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode() + "\n"
