"""A tool's report on its way to the topic, and what is said about it: for `publish` and `produce`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from collections.abc import Mapping as Table
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from schemas.mapping import Mapping
from streams.cli.producing.complaints import Complaints
from streams.cli.terminal.output import complain, print_json, say
from streams.cli.terminal.session import domain_now, run
from streams.files.faults import FileError, FileFault
from streams.files.findings.files import FileMessage
from streams.files.mappings.loading import load_mapping
from streams.services.failure import Failure
from streams.services.findings import FindingsPublication, publish_findings
from streams.services.producing.assets import KnownAssets, known_assets
from streams.services.producing.reports import MappedReport, ReportFacts, mapped_report, run_id_of
from streams.settings.model import Settings

ExitCodeOption = Annotated[
    int | None,
    typer.Option(
        "--exit-code",
        min=0,
        max=255,
        help="映射: 工具的退出码，没有则无巡检 · without it no run is made",
    ),
]
SourceOption = Annotated[
    str | None,
    typer.Option(help="映射: 来源，须始终不变 · always the same; default: the mapping"),
]


class ReportOptions(NamedTuple):
    """What is said of a report on the command line."""

    mapping: str
    asset: str
    source: str | None
    exit_code: int | None


def publish_report(
    settings: Settings, file: Path, options: ReportOptions, *, first_load: bool, dry_run: bool, as_json: bool
) -> None:
    """Read a report by its mapping and publish what it becomes."""
    content, written = read_content(file, settings.max_file_bytes)
    now = domain_now(settings)
    at = now if written is None else min(now, written)

    async def work() -> tuple[MappedReport, FindingsPublication]:
        mapping = load_mapping(options.mapping, settings.mappings)
        assets = await _assets(settings, mapping, dry_run=dry_run)
        facts = facts_of(options, content, at)
        report = await mapped_report(settings, mapping, content, facts, asset_of=assets.find)
        published = await publish_findings(
            settings,
            batches(report),
            partial(domain_now, settings),
            first_load=first_load,
            dry_run=dry_run,
            on_refused=Complaints(),
        )
        return report, published

    report, published = run(work())
    tell(report, published, dry_run=dry_run, as_json=as_json)
    if published.refused:
        raise typer.Exit(1)


async def _assets(settings: Settings, mapping: Mapping, *, dry_run: bool) -> KnownAssets:
    """Those of the registry, where rows name theirs; a dry run does without where no broker is."""
    if mapping.asset_name is None:
        return KnownAssets(())
    try:
        return await known_assets(settings)
    except Failure:
        if dry_run:
            return KnownAssets(())
        raise


def read_content(file: Path, most: int) -> tuple[bytes, datetime | None]:
    """A file, or the standard input (`-`), and when it was written."""
    piped = str(file) == "-"
    if piped:
        content = sys.stdin.buffer.read(most + 1)
        written = None
    else:
        written = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
        with file.open("rb") as stream:
            content = stream.read(most + 1)
    if len(content) > most:
        raise FileError(FileFault(file.name, 0, "", f"larger than {most} bytes (RECTIFY_MAX_FILE_BYTES)"))
    return content, written


def facts_of(options: ReportOptions, content: bytes, at: datetime) -> ReportFacts:
    """What is known of a report whose tool is gone."""
    source = options.source or Path(options.mapping).stem
    return ReportFacts(options.asset, source, run_id_of(source, content), at, exit_code=options.exit_code)


async def batches(*reports: MappedReport) -> AsyncIterator[list[FileMessage]]:
    """Reports as files of findings hand their messages over."""
    for report in reports:
        yield list(report.entries())


def tell(report: MappedReport, published: FindingsPublication, *, dry_run: bool, as_json: bool) -> None:
    """Say what a report became."""
    if as_json:
        print_json(
            {
                "checked" if dry_run else "published": published.accepted,
                "refused": [line._asdict() for line in published.refused],
                "left_out": dict(report.left_out),
                "run": report.run,
                "why": list(report.why),
                **published.strangers.document(),
            }
        )
        return
    done = "检查合格 · passed" if dry_run else "已发布 · published"
    say(f"{done} {published.accepted:,}，未通过 · refused {len(published.refused):,}")
    tell_report(report)
    for said in published.strangers.said():
        complain(said, "yellow")


def tell_each(reports: Sequence[MappedReport], published: FindingsPublication, *, as_json: bool) -> None:
    """Say what a report about several sites became."""
    if as_json:
        runs = [{"run": one.run, "why": list(one.why), "left_out": dict(one.left_out)} for one in reports]
        refused = [line._asdict() for line in published.refused]
        print_json(
            {"published": published.accepted, "refused": refused, "runs": runs, **published.strangers.document()}
        )
        return
    say(f"已发布 · published {published.accepted:,}，未通过 · refused {len(published.refused):,}")
    for report in reports:
        if report.run is not None:
            say(f"{report.run['asset_id']}：{report.run['found']:,} 处 · found")
        tell_report(report)
    for said in published.strangers.said():
        complain(said, "yellow")


def tell_report(report: MappedReport) -> None:
    """Say what was left out, and what the run proves."""
    tell_left_out(report.left_out)
    status = "无巡检 · no run" if report.run is None else STATUS[report.run["status"]]
    say(f"巡检 · {status}：{'；'.join(report.why)}")


def tell_left_out(left_out: Table[str, Any]) -> None:
    """Say which rows became nothing, and why."""
    for reason, count in left_out.items():
        say(f"不作为检出 · left out {count:,}：{reason}")


STATUS: Table[str, str] = {
    "complete": "完整 · complete",
    "partial": "部分 · partial",
    "failed": "失败，不会销号 · failed, closes nothing",
}
