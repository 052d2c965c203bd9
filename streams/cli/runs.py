"""`rectify run`: the runs that wait for a person: they would close too much at once, or have looked at too little."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from streams.cli.acting import ByOption, ReasonOption, TimeoutOption, WaitFlag, act
from streams.cli.failure import Failure
from streams.cli.ledgers import reading_ledger
from streams.cli.output import JsonFlag, local, print_json, print_table, say, table
from streams.cli.session import run
from streams.ledger.queries import held_runs
from streams.rules.records import AssetRecord, RunRecord
from streams.settings import Settings

app = typer.Typer(no_args_is_help=True, help="待核巡检 · Held runs: look, accept or reject.")

RunArgument = Annotated[str, typer.Argument(help="巡检编号 · run id, as listed", show_default=False)]
SourceOption = Annotated[str | None, typer.Option(help="来源，编号不唯一时 · the producer, if the id is not unique")]
AssetOption = Annotated[str | None, typer.Option(help="资产，编号不唯一时 · the asset, if the id is not unique")]


@app.command("list", epilog="示例 Example: rectify run list --held --json")
def show(
    held: Annotated[
        bool, typer.Option("--held", help="待核的（目前只列这些） · those that wait; the only ones listed")
    ] = True,
    as_json: JsonFlag = False,
) -> None:
    """列出待核巡检及其抽样复查。 List the runs that are held, and how many of their samples are answered.

    A run is held when it would close more than 20 and more than half of the problems (C-4), or has looked at far fewer
    pages than usual (R-21). 抽样: places of the sample that are seen absent, of those asked about.
    """
    del held  # the only ones that anybody has to decide about
    settings = Settings.load()
    found = run(_held(settings))
    if as_json:
        print_json(
            [
                {
                    "asset_id": asset.asset_id,
                    "source": known.source,
                    "run_id": known.run_id,
                    "evidence_at": known.evidence_at,
                    "counted": known.counted,
                    "sample": {"asked": len(_sample(known)), "absent": _absent(known)},
                    "message": orjson.Fragment(known.message_json or "null"),
                }
                for known, asset in found
            ]
        )
        return
    rows = (
        (
            known.run_id,
            known.source,
            asset.name,
            local(known.evidence_at, settings.zone),
            _pages(known),
            known.counted,
            f"{_absent(known)}/{len(_sample(known))}",
        )
        for known, asset in found
    )
    if not print_table(table("巡检 Run", "来源 Source", "资产 Asset", "=时间", ">页数", ">检出", ">抽样"), rows):
        say("没有待核巡检 · no run is held")


@app.command(epilog="示例 Example: rectify run accept 2026-02-13T02 --reason 栏目已整体下线")
def accept(
    run_id: RunArgument,
    source: SourceOption = None,
    asset: AssetOption = None,
    by: ByOption = None,
    reason: ReasonOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """采信：其未再检出的问题销号。 Accept: what the run did not see any more is closed."""
    settings = Settings.load()
    chosen = run(_one(settings, run_id, source, asset))
    act(settings, by, timeout if wait else None, as_json=as_json, action="accept_run", reason=reason, **chosen)


@app.command(epilog="示例 Example: rectify run reject 2026-02-13T02 --reason 采集程序故障")
def reject(
    run_id: RunArgument,
    source: SourceOption = None,
    asset: AssetOption = None,
    by: ByOption = None,
    reason: ReasonOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """不采信：不作销号依据。 Reject: the run closes nothing."""
    settings = Settings.load()
    chosen = run(_one(settings, run_id, source, asset))
    act(settings, by, timeout if wait else None, as_json=as_json, action="reject_run", reason=reason, **chosen)


def _sample(known: RunRecord) -> dict[str, str | None]:
    sample: dict[str, str | None] = orjson.loads(known.sample_json or "{}")
    return sample


def _absent(known: RunRecord) -> int:
    return sum(not waits for waits in _sample(known).values())


def _pages(known: RunRecord) -> int | None:
    pages: int | None = orjson.loads(known.message_json or "{}").get("pages")
    return pages


async def _held(settings: Settings) -> list[tuple[RunRecord, AssetRecord]]:
    async with reading_ledger(settings) as ledger:
        return await held_runs(ledger)


async def _one(settings: Settings, run_id: str, source: str | None, asset: str | None) -> dict[str, str]:
    found = [
        (known, owner)
        for known, owner in await _held(settings)
        if known.run_id == run_id and source in (None, known.source) and asset in (None, owner.asset_id)
    ]
    if not found:
        msg = f"没有待核巡检 {run_id} · no such run is held"
        raise Failure(msg)
    if len(found) > 1:
        places = "、".join(f"--source {known.source} --asset {owner.asset_id}" for known, owner in found)
        msg = f"{run_id} 不唯一 · several held runs have this id: {places}"
        raise Failure(msg)
    known, owner = found[0]
    return {"asset_id": owner.asset_id, "source": known.source, "run_id": known.run_id}
