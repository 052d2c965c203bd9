"""`rectify dead-letters`: what was refused, why, and once more."""

from __future__ import annotations

import base64
from collections import deque
from typing import Annotated, Any, Final

import typer

from streams.cli.terminal.output import JsonFlag, complain, print_json, print_table, say, table
from streams.cli.terminal.session import run
from streams.kafka.publisher import OutMessage
from streams.services.brokers import publishing, reachable
from streams.services.connections import kafka_config, topics_of
from streams.services.failure import Failure
from streams.services.listening import TopicRecord, open_reader
from streams.settings.model import Settings

MARK: Final = "rectify-"  # our headers; everything else came with the original
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
    letters: deque[TopicRecord] = deque(run(_letters(settings, error)), maxlen=limit)
    if as_json:
        print_json([_document(letter) for letter in letters])
        return
    rows = (
        (
            _place(letter),
            _header(letter, "error"),
            _header(letter, "error-detail"),
            " ".join(_header(letter, f"origin-{part}") for part in ("topic", "partition", "offset")),
            (letter.value or b"")[: SHOWN * 4].decode("utf-8", "replace")[:SHOWN],
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
    settings = Settings.load()

    async def work() -> tuple[list[TopicRecord], int]:
        found = [letter for letter in await _letters(settings, error) if not wanted or _place(letter) in wanted]
        missing = sorted(wanted - {_place(letter) for letter in found})
        if missing:
            msg = f"没有这样的死信 · no such dead letter: {', '.join(missing)}"
            raise Failure(msg)
        cut = [_place(letter) for letter in found if _header(letter, "truncated")]
        if cut and wanted:
            msg = f"内容已截短，无法重放 · cut short, cannot be replayed: {', '.join(cut)}"
            raise Failure(msg)
        found = [letter for letter in found if not _header(letter, "truncated")]
        async with publishing(kafka_config(settings)) as publisher:
            refused = await publisher.publish([_original(letter) for letter in found])
        if refused:
            msg = f"{len(refused)} of {len(found)} were refused by the broker, the first: {refused[0].detail}"
            raise Failure(msg)
        return found, len(cut)

    found, cut = run(work())
    if as_json:
        print_json([_document(letter) for letter in found])
    else:
        say(f"已重新投递 {len(found)} 条 · replayed {len(found)}")
    if cut:
        complain(f"{cut} 条内容已截短，没有重放 · {cut} are cut short and were left out", "yellow")


async def _letters(settings: Settings, error: str | None) -> list[TopicRecord]:
    """All dead letters with this code, in the order of partition and offset."""
    config = await reachable(kafka_config(settings))
    async with open_reader(config, [topics_of(settings).dead_letters], from_beginning=True) as reader:
        letters = [letter async for letter in reader.to_the_end() if error in (None, _header(letter, "error"))]
    return sorted(letters, key=lambda letter: (letter.partition, letter.offset))


def _original(letter: TopicRecord) -> OutMessage:
    headers = tuple((name, value) for name, value in letter.headers if not name.startswith(MARK))
    return OutMessage(_header(letter, "origin-topic"), letter.key, letter.value, headers)


def _header(letter: TopicRecord, name: str) -> str:
    return next((value.decode("utf-8", "replace") for key, value in letter.headers if key == MARK + name), "")


def _place(letter: TopicRecord) -> str:
    return f"{letter.partition}:{letter.offset}"


def _document(letter: TopicRecord) -> dict[str, Any]:
    ours = {name.removeprefix(MARK): value for name, value in letter.headers if name.startswith(MARK)}
    return {
        "place": _place(letter),
        **{name.replace("-", "_"): value.decode("utf-8", "replace") for name, value in ours.items()},
        "key": _readable(letter.key),
        "value": _readable(letter.value),
        "headers": {
            name: _readable(value) for name, value in letter.headers if name not in ours and not name.startswith(MARK)
        },
    }


def _readable(data: bytes | None) -> str | dict[str, str] | None:
    """Text as text, anything else in base64."""
    if data is None:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
