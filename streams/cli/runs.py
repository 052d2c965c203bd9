"""`rectify run`: the runs that wait for a person: they would close too much at once, or have looked at too little."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Final

import orjson
import typer

from streams.cli.terminal.command_options import ByOption, ReasonOption, TimeoutOption, WaitFlag, act, act_on_many
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import run
from streams.ledger.reading.queries import held_runs
from streams.presentation.dates import local
from streams.rules.closing.producer_brake import RULE as PRODUCER_BRAKE
from streams.rules.state.records import AssetRecord, RunRecord
from streams.rules.state.sample import Absent, sample_of
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings

app = typer.Typer(no_args_is_help=True, help="待核巡检 · Held runs: look, accept or reject.")

RunArgument = Annotated[str | None, typer.Argument(help="巡检编号 · run id, as listed", show_default=False)]
SourceOption = Annotated[str | None, typer.Option(help="来源，编号不唯一时 · the producer, if the id is not unique")]
AssetOption = Annotated[str | None, typer.Option(help="资产，编号不唯一时 · the asset, if the id is not unique")]
AllFlag = Annotated[bool, typer.Option("--all-held", help="--source 的全部待核巡检 · all that are held of --source")]

_WHY: Final = {"C-4": "销号过多", "R-21": "页数过少", PRODUCER_BRAKE: "来源异常"}


@app.command("list", epilog="示例 Example: rectify run list --json")
def show(
    as_json: JsonFlag = False,
) -> None:
    """列出待核巡检及其抽样复查。 List the runs that are held, and how many of their samples are answered.

    A run is held when it would close more than 20 and more than half of the problems (C-4), has looked at far fewer
    pages than usual (R-21), or its producer says of too much, over all assets, that it is gone (C-45). 抽样: places of
    the sample that are seen absent, of those asked about.
    """
    settings = Settings.load()
    found = run(_held(settings))
    if as_json:
        print_json(
            [
                {
                    "asset_id": asset.asset_id,
                    "source": known.source,
                    "run_id": known.run_id,
                    "held_by": known.held_by,
                    "evidence_at": known.evidence_at,
                    "counted": known.counted,
                    "sample": {"asked": len(sample_of(known)), "absent": _absent(known)},
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
            _WHY.get(known.held_by or ""),
            local(known.evidence_at, settings.zone),
            _pages(known),
            known.counted,
            f"{_absent(known)}/{len(sample_of(known))}",
        )
        for known, asset in found
    )
    columns = ("巡检 Run", "来源 Source", "资产 Asset", "=原因", "=时间", ">页数", ">检出", ">抽样")
    if not print_table(table(*columns, leave_out=("页数", "检出", "时间", "原因")), rows):
        say("没有待核巡检 · no run is held")


@app.command(epilog="示例 Example: rectify run accept --source crawler --all-held --reason 专项整治已核实")
def accept(
    run_id: RunArgument = None,
    all_held: AllFlag = False,
    source: SourceOption = None,
    asset: AssetOption = None,
    by: ByOption = None,
    reason: ReasonOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """采信：其未再检出的问题销号。 Accept: what the run did not see any more is closed.

    --all-held 采信因来源异常（C-45）暂存的巡检。
    --all-held accepts the runs that are held for their producer (C-45), and no others: each of those has a question of
    its own. It leaves as soon as the commands are sent.
    """
    settings = Settings.load()
    said = {"action": "accept_run", "reason": reason}
    if _is_one(run_id, source, all_held=all_held):
        chosen = run(_one(settings, run_id, source, asset))
        act(settings, by, timeout if wait else None, as_json=as_json, **said, **chosen)
        return
    chosen_ones = run(_all(settings, source, asset, {PRODUCER_BRAKE}))
    act_on_many(settings, by, [{**said, **each} for each in chosen_ones], as_json=as_json)


@app.command(epilog="示例 Example: rectify run reject --source crawler --all-held --reason 采集程序故障")
def reject(
    run_id: RunArgument = None,
    all_held: AllFlag = False,
    source: SourceOption = None,
    asset: AssetOption = None,
    by: ByOption = None,
    reason: ReasonOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """不采信：不作销号依据。 Reject: the run closes nothing.

    --all-held 否决该来源的全部待核巡检。
    --all-held rejects whatever is held of the producer, and leaves as soon as the commands are sent.
    """
    settings = Settings.load()
    said = {"action": "reject_run", "reason": reason}
    if _is_one(run_id, source, all_held=all_held):
        chosen = run(_one(settings, run_id, source, asset))
        act(settings, by, timeout if wait else None, as_json=as_json, **said, **chosen)
        return
    act_on_many(settings, by, [{**said, **each} for each in run(_all(settings, source, asset))], as_json=as_json)


def _absent(known: RunRecord) -> int:
    return sum(isinstance(answer, Absent) for answer in sample_of(known).values())


def _pages(known: RunRecord) -> int | None:
    pages: int | None = orjson.loads(known.message_json or "{}").get("pages")
    return pages


async def _held(settings: Settings) -> list[tuple[RunRecord, AssetRecord]]:
    async with reading_ledger(settings) as ledger:
        return await held_runs(ledger)


def _is_one(run_id: str | None, source: str | None, *, all_held: bool) -> bool:
    if (run_id is None) is not all_held:
        msg = "给出一个巡检编号，或者 --all-held · one run id, or --all-held"
        raise typer.BadParameter(msg)
    if all_held and source is None:
        msg = "--all-held 须给出 --source · says whose runs by --source"
        raise typer.BadParameter(msg)
    return not all_held


async def _all(
    settings: Settings, source: str | None, asset: str | None, held_by: Collection[str] = ()
) -> list[dict[str, str]]:
    found = [
        {"asset_id": owner.asset_id, "source": known.source, "run_id": known.run_id}
        for known, owner in await _held(settings)
        if known.source == source and asset in (None, owner.asset_id) and (not held_by or known.held_by in held_by)
    ]
    if not found:
        msg = f"{source} 没有这样的待核巡检 · no such run of it is held"
        raise Failure(msg)
    return found


async def _one(settings: Settings, run_id: str | None, source: str | None, asset: str | None) -> dict[str, str]:
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
