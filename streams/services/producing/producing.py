"""`rectify produce`: a tool that is run, its report by its mapping, findings and then the run.

F-11  A tool's run is told whatever becomes of it: one that fails, is stopped by Ctrl-C, SIGTERM or its time, or leaves
      half a report is `failed` or `partial`, and closes nothing that it has not looked at. If we are killed outright,
      nothing is told, and nothing closes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from schemas.mapping import Mapping
from streams.files.faults import FileError
from streams.files.mappings.loading import load_mapping
from streams.files.mappings.pages import PageFolder
from streams.files.mappings.reading import ReportReading, unreadable
from streams.files.mappings.runs import AskedPages
from streams.services.failure import Failure
from streams.services.producing.asking import asked_pages
from streams.services.producing.assets import KnownAssets
from streams.services.producing.reports import MappedReport, ReportFacts, finished, read
from streams.services.producing.sharing import NOBODY_S, shared
from streams.services.producing.tools import Ended, run_tool
from streams.settings.model import Settings

_PAGES: Final = "{pages}"
NO_SITE: Final = (
    "报告中没有名录所登记的网站，什么也不发布 · nothing of it is of a registered site: nothing is published"
)
DOWN: Final = (
    "首页没有应答，说不出是哪个网站，什么也不发布；请用 --asset 指明"
    " · the start page did not answer, and whose it is is not said: nothing is published; name the site by --asset"
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run, and of what its report is."""

    mapping: str
    asset_id: str | None  # None: whose each finding is, its page says (F-16)
    command: Sequence[str]
    source: str
    report: Path | None = None  # the file that the tool writes; None: its standard output
    timeout: float | None = None  # seconds
    pages: Path | None = None  # the folder of `rectify fetch-pages`


@dataclass(frozen=True, slots=True)
class Produced:
    """What a tool's run became."""

    ended: Ended
    reports: tuple[MappedReport, ...]  # one for each asset

    @property
    def report(self) -> MappedReport:
        """Of the only asset."""
        (report,) = self.reports
        return report


async def produce(settings: Settings, order: Order, now: Callable[[], datetime], assets: KnownAssets) -> Produced:
    """Runs the tool and reads its report; publishes nothing. Raises Failure, FileError: what was asked cannot be."""
    mapping = load_mapping(order.mapping, settings.mappings)
    folder = None if order.pages is None else PageFolder.read(order.pages)
    start = _start(mapping, order, folder, assets)
    started = now()
    ended = await run_tool(
        _command(order, folder), timeout=order.timeout, most=settings.max_file_bytes, report=order.report
    )
    facts = ReportFacts(
        order.asset_id or NOBODY_S,
        order.source,
        f"{order.source[:200]}-{started:%Y%m%dT%H%M%S%f}",
        finished=now(),
        started=started if folder is None else min(started, folder.fetched_at),
        exit_code=ended.exit_code,
        said=ended.said,
        stopped=ended.stopped,
    )
    address_of = None if folder is None else folder.address
    try:
        reading = await read(settings, mapping, ended.output, facts, asset_of=assets.find, address_of=address_of)
    except FileError as error:
        reading = unreadable(mapping, str(error), ended.said)
    if order.asset_id is None:
        return Produced(ended, await _each(mapping, reading, facts, assets))
    asked = folder.asked if folder is not None else await _asked(mapping, reading, start)
    return Produced(ended, (finished(mapping, reading, facts, asked),))


async def _each(
    mapping: Mapping, reading: ReportReading, facts: ReportFacts, assets: KnownAssets
) -> tuple[MappedReport, ...]:
    """F-16: none of the parts is of a whole asset, a crawler's neither."""
    named = mapping.model_copy(update={"crawls": False})
    reports = []
    for asset_id, part in shared(reading, assets).items():
        asset = assets[asset_id]
        asked = await _asked(mapping, part, asset.url if asset is not None else None)
        reports.append(finished(named, part, replace(facts, asset_id=asset_id), asked))
    if reports:
        return tuple(reports)
    return (
        MappedReport(
            (),
            None,
            (DOWN if reading.down else NO_SITE,),
            reading.left_out,
            reading.refused,
            reading.unreadable or reading.cut,
        ),
    )


async def _asked(mapping: Mapping, reading: ReportReading, start: str | None) -> AskedPages | None:
    return await asked_pages(start, reading.covered) if mapping.asks_pages and start is not None else None


def _start(mapping: Mapping, order: Order, folder: PageFolder | None, assets: KnownAssets) -> str | None:
    """The start page, where it is to be asked; what cannot work is refused before the tool runs."""
    if mapping.places == "files" and (folder is None or _PAGES not in order.command):
        msg = (
            f"{mapping.tool} 读文件：须给出 --pages 文件夹，命令中用 {_PAGES} 代表其中的文件"
            f" · reads files: name the folder of `rectify fetch-pages` by --pages, and {_PAGES} in the command"
        )
        raise Failure(msg)
    if order.asset_id is None:
        if folder is not None:
            msg = "--pages 是一个网站的网页，须用 --asset 指明 · a folder of pages is of one site: name it with --asset"
            raise Failure(msg)
        return None
    asset = assets[order.asset_id]
    start = None if asset is None else asset.url
    if mapping.asks_pages and folder is None and start is None:
        msg = (
            f"名录中没有 {order.asset_id} 的网址，无法核对页面 · no address of it is registered: pages cannot be asked"
        )
        raise Failure(msg)
    return start


def _command(order: Order, folder: PageFolder | None) -> list[str]:
    if folder is None:
        return list(order.command)
    return [part for word in order.command for part in (folder.files if word == _PAGES else [word])]
