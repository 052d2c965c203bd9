"""`rectify run`: the runs that wait for a person: they would close too much at once, or have looked at too little."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from streams.cli.terminal.command_options import ByOption, ReasonOption, TimeoutOption, WaitFlag, act, act_on_many
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import reading
from streams.presentation.dates import local
from streams.presentation.labels import WHY_HELD
from streams.services.runs import all_of, held, one_of
from streams.settings.model import Settings

app = typer.Typer(no_args_is_help=True, help="待核巡检 · Held runs: look, accept or reject.")

RunArgument = Annotated[str | None, typer.Argument(help="巡检编号 · run id, as listed", show_default=False)]
SourceOption = Annotated[str | None, typer.Option(help="来源，编号不唯一时 · the producer, if the id is not unique")]
AssetOption = Annotated[str | None, typer.Option(help="资产，编号不唯一时 · the asset, if the id is not unique")]
AllFlag = Annotated[bool, typer.Option("--all-held", help="--source 的全部待核巡检 · all that are held of --source")]


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
    found = reading(settings, held)
    if as_json:
        print_json(
            [
                {
                    **one.named,
                    "held_by": one.run.held_by,
                    "evidence_at": one.run.evidence_at,
                    "counted": one.run.counted,
                    "sample": {"asked": one.asked, "absent": one.absent},
                    "message": orjson.Fragment(one.run.message_json or "null"),
                }
                for one in found
            ]
        )
        return
    rows = (
        (
            one.run.run_id,
            one.run.source,
            one.asset.name,
            WHY_HELD.get(one.run.held_by or ""),
            local(one.run.evidence_at, settings.zone),
            one.pages,
            one.run.counted,
            f"{one.absent}/{one.asked}",
        )
        for one in found
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
    _act(
        run_id, source, asset, by, wait, timeout, as_json,
        all_held=all_held, for_producer=True, action="accept_run", reason=reason,
    )  # fmt: skip


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
    _act(
        run_id, source, asset, by, wait, timeout, as_json,
        all_held=all_held, for_producer=False, action="reject_run", reason=reason,
    )  # fmt: skip


def _act(
    run_id: str | None,
    source: str | None,
    asset: str | None,
    by: str | None,
    wait: bool,
    timeout: float,
    as_json: bool,
    *,
    all_held: bool,
    for_producer: bool,
    **said: str | None,
) -> None:
    if (run_id is None) is not all_held:
        msg = "给出一个巡检编号，或者 --all-held · one run id, or --all-held"
        raise typer.BadParameter(msg)
    settings = Settings.load()
    if run_id is not None:
        chosen = one_of(reading(settings, held), run_id, source, asset)
        act(settings, by, timeout if wait else None, as_json=as_json, **said, **chosen.named)
        return
    if source is None:
        msg = "--all-held 须给出 --source · says whose runs by --source"
        raise typer.BadParameter(msg)
    found = all_of(reading(settings, held), source, asset, for_producer=for_producer)
    act_on_many(settings, by, [{**said, **one.named} for one in found], as_json=as_json)
