"""`rectify answer`: recheck requests answered by a tool that looks at the one page.

F-14  An answer is `present` if the tool reports the same problem there; `absent` only if the start page and the page
      answered, the tool came to its end (F-7), says that it looked at the place, and does not report the problem;
      anything else is `unverifiable`. A page that is gone is `absent` for checks of its content only (F-9).
F-15  A tool is only run on an http(s) address below the asset's registered one, without a shell, as one word that does
      not begin with `-`; any other request is `unverifiable`. What is for other assets, checks or producers, or has
      expired, is passed over; what is not to be answered yet waits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from schemas.mapping import Mapping as ToolMapping
from schemas.recheck_request import RecheckRequest
from schemas.registry import Asset
from streams.files.faults import FileError
from streams.files.mappings.pages import PageFolder
from streams.files.mappings.reading import ReportReading, unreadable
from streams.files.mappings.runs import AskedPages
from streams.files.policy.loading import load_policy
from streams.rules.intake.fingerprint import discriminator_of, identify
from streams.rules.state.places import places_of
from streams.services.producing.asking import asked_pages
from streams.services.producing.assets import below
from streams.services.producing.fetching import fetch_pages
from streams.services.producing.reports import MappedReport, ReportFacts, finished, read
from streams.services.producing.tools import run_tool
from streams.settings.model import Settings

_LOCATOR: Final = "{locator}"
_PAGES: Final = "{pages}"
_OF_CONTENT: Final = ("text.", "content.")
TOOL_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Look:
    """How a request is answered: a tool, and how it is called for one page."""

    mapping: ToolMapping
    asset: Asset
    command: Sequence[str]
    source: str


class _Outcome(NamedTuple):
    outcome: str
    why: str
    evidence: Mapping[str, Any] = {}


def concerns(look: Look, request: RecheckRequest, now: datetime) -> bool:
    """Whether a request is for this tool, and has not expired."""
    checks = look.mapping.checks
    return (
        request.asset_id == look.asset.asset_id
        and (not request.producers or look.source in request.producers)
        and (not checks or request.check in checks)
        and (request.expires_at is None or request.expires_at > now)
    )


async def answered(
    settings: Settings, look: Look, request: RecheckRequest, now: Callable[[], datetime]
) -> dict[str, Any]:
    """The recheck that answers a request; nothing is published."""
    at = now()
    found = await _outcome(settings, look, request, now)
    return {
        "type": "recheck",
        "asset_id": request.asset_id,
        "fingerprint": request.fingerprint,
        "check": request.check,
        "locator": request.locator,
        "outcome": found.outcome,
        "observed_at": at.isoformat(),
        "source": look.source,
        "request_id": request.request_id,
        "evidence": {**found.evidence, "why": found.why},
    }


async def _outcome(settings: Settings, look: Look, request: RecheckRequest, now: Callable[[], datetime]) -> _Outcome:
    page = request.locator
    if not is_safe(page, look.asset.url):
        return _unverifiable("不是该网站名下的网址 · no address below the asset's registered one")
    asked = await asked_pages(look.asset.url or "", [page])
    if not asked.start:
        return _unverifiable("首页没有应答 · the start page did not answer")
    if page in asked.gone and request.check.startswith(_OF_CONTENT):
        return _Outcome("absent", "页面已删除 · the page is gone", {"url": page})
    with tempfile.TemporaryDirectory() as folder:
        if look.mapping.places == "files":
            await fetch_pages(look.asset.url or "", [page], Path(folder), now, pause=0)
            pages = PageFolder.read(Path(folder))
        else:
            pages = None
        reading, report = await _looked(settings, look, page, pages, asked, now)
    if _seen(settings, look, request, reading):
        return _Outcome("present", "仍在 · still there", {"url": page})
    run = report.run or {}
    if run.get("status") == "complete" and page in reading.covered and page in asked.answered:
        return _Outcome("absent", "查过，没有 · looked at, and not there", {"url": page})
    return _unverifiable("；".join(report.why))


def _unverifiable(why: str) -> _Outcome:
    return _Outcome("unverifiable", why)


def is_safe(page: str, site: str | None) -> bool:
    """Whether a tool may be run on this address."""
    return (
        page.startswith(("http://", "https://"))
        and page.isprintable()
        and not set(page) & set(" \\@\"'<>`")
        and below(page, site)
    )


async def _looked(
    settings: Settings, look: Look, page: str, pages: PageFolder | None, asked: AskedPages, now: Callable[[], datetime]
) -> tuple[ReportReading, MappedReport]:
    files = [] if pages is None else pages.files
    command = [
        part
        for word in look.command
        for part in (files if word == _PAGES else [page if word == _LOCATOR else word.replace(_LOCATOR, page)])
    ]
    started = now()
    ended = await run_tool(command, timeout=TOOL_SECONDS, most=settings.max_file_bytes)
    facts = ReportFacts(
        look.asset.asset_id, look.source, "answer", now(), started, ended.exit_code, ended.said, ended.stopped
    )
    try:
        reading = await read(
            settings, look.mapping, ended.output, facts, address_of=None if pages is None else pages.address
        )
    except FileError as error:
        reading = unreadable(look.mapping, str(error), ended.said)
    return reading, finished(look.mapping, reading, facts, asked if pages is None else pages.asked)


def _seen(settings: Settings, look: Look, request: RecheckRequest, reading: ReportReading) -> bool:
    """Whether the tool reports the very problem; of a crawler, that what it was sent to is dead."""
    if reading.down and look.mapping.crawls and request.check.startswith("link."):
        return True
    policy = load_policy(settings.policy)
    places = places_of(policy)
    field = policy.rule(request.check).discriminator
    wanted = discriminator_of(field, request.evidence, places)
    for finding in reading.messages:
        if finding["check"] != request.check:
            continue
        place, evidence = str(finding.get("locator", "")), finding.get("evidence", {})
        told_by = discriminator_of(field, evidence, places)
        made = identify(request.asset_id, request.check, place, told_by, places=places).fingerprint
        if made == request.fingerprint:
            return True
        if places.one(place) == places.one(request.locator) and wanted in ("", told_by):
            return True
    return False
