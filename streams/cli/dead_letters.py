"""`rectify dead-letters`: what was refused, why, and once more."""

from __future__ import annotations

from collections import deque
from typing import Annotated, Final

import typer

from streams.cli.terminal.output import JsonFlag, complain, print_json, print_table, say, table
from streams.cli.terminal.session import run
from streams.services import dead_letters
from streams.settings.model import Settings

SHOWN: Final = 40  # characters of a value in the table
LEAVE_OUT: Final = ("内容 Value", "来源 Origin")

app = typer.Typer(no_args_is_help=True, help="死信 · What could not be read or was refused.")

ErrorOption = Annotated[str | None, typer.Option("--error", help="只看此错误码 · only this code, e.g. invalid_json")]


@app.command("list", epilog="示例 Example: rectify dead-letters list --error missing_field --limit 20")
def show(
    error: ErrorOption = None,
    limit: Annotated[int, typer.Option(min=1, help="最近多少条 · the latest so many")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """列出死信：位置、错误、来源。 List dead letters, the latest last: place, error, origin, value."""
    settings = Settings.load()
    letters = deque(run(dead_letters.dead_letters(settings, error)), maxlen=limit)
    if as_json:
        print_json([letter.document() for letter in letters])
        return
    rows = (
        (
            letter.place,
            letter.told("error"),
            letter.told("error-detail"),
            " ".join(letter.told(f"origin-{part}") for part in ("topic", "partition", "offset")),
            (letter.record.value or b"")[: SHOWN * 4].decode("utf-8", "replace")[:SHOWN],
        )
        for letter in letters
    )
    if not print_table(
        table("=位置 Place", "=错误 Error", "原因 Detail", "来源 Origin", "内容 Value", leave_out=LEAVE_OUT), rows
    ):
        say("没有死信 · no dead letters")


@app.command(epilog="示例 Example: rectify dead-letters replay 3:17 3:18")
def replay(
    places: Annotated[
        list[str] | None,
        typer.Argument(help="位置，分区:偏移 · places as listed, PARTITION:OFFSET", show_default=False),
    ] = None,
    error: ErrorOption = None,
    everything: Annotated[bool, typer.Option("--all", help="全部重放 · every dead letter")] = False,
    as_json: JsonFlag = False,
) -> None:
    """重新投递原消息到原主题。 Send the original key, value and headers to the topic that they came from once more.

    死信仍在原处，再次重放就是再发一次。截短的死信没有内容，不重放。
    The dead letter stays where it is, so a second replay is a second message. Those cut short are left out.
    """
    wanted = set(places or ())
    if not (wanted or error or everything):
        msg = "say which: places as `dead-letters list` shows them, --error CODE, or --all"
        raise typer.BadParameter(msg, param_hint="PLACES")
    replayed = run(dead_letters.replay(Settings.load(), error, wanted))
    if as_json:
        print_json([letter.document() for letter in replayed.letters])
    else:
        say(f"已重新投递 {len(replayed.letters)} 条 · replayed {len(replayed.letters)}")
    if cut := replayed.cut_short:
        complain(f"{cut} 条内容已截短，没有重放 · {cut} are cut short and were left out", "yellow")
