"""`rectify bulletin issue` and `check`: a bulletin becomes a record; what contradicts in one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.bulletin.options import day
from streams.cli.terminal.command_options import ByOption
from streams.cli.terminal.new_file import write_new
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import domain_now, login, reading, run
from streams.files.bulletin_file import printed_figures, read_figures
from streams.files.policy.loading import load_policy
from streams.presentation.bulletins.checking import contradictions
from streams.services.bulletins.issuing import Frame, Sealed, check_seal, issue
from streams.settings.model import Settings

app = typer.Typer()


@app.command(
    "issue", epilog="示例 Example: rectify bulletin issue 数字.json --number 咸政办函〔2023〕1号 --date 2023-02-20"
)
def publish(
    file: Annotated[Path, typer.Argument(help="draft --format json 写出的数字 · the figures", show_default=False)],
    number: Annotated[str, typer.Option("--number", help="文号 · the number")],
    date: Annotated[str, typer.Option("--date", help="成文日期 · its date, such as 2023-02-20")],
    by: ByOption = None,
    as_json: JsonFlag = False,
) -> None:
    """印发：重新计算，一致才登记，此后不变。 Issue: computed again, recorded only if it is the same, never changed."""
    settings = Settings.load()
    given = read_figures(file)
    frame = Frame(number.strip(), day(date, "--date").isoformat(), by or login())
    policy, now = load_policy(settings.policy), domain_now(settings)
    made = reading(
        settings, lambda ledger: issue(ledger, given, frame, policy, now, settings.zone, settings.max_message_bytes)
    )
    files = _publish(settings, made, file.parent)
    document = made.document
    if as_json:
        print_json({name: document[name] for name in ("bulletin_id", "number", "date", "hash")} | {"files": files})
        return
    say(f"已印发 · issued: {document['number']}，{document['date']}，编号 {document['bulletin_id']}", "green")
    for name in files:
        say(f"过长的名单另存，请与文件一并归档 · a list too long for the message, to be kept: {name}")


@app.command("check", epilog="示例 Example: rectify bulletin check 数字.json")
def check(
    file: Annotated[
        Path, typer.Argument(help="数字或印发的通报 · figures, or an issued one: json, yaml", show_default=False)
    ],
    as_json: JsonFlag = False,
) -> None:
    """核对：合计、比例、名单、日期、与上期之差。 What contradicts: sums, shares, lists, days, changes; exit code 1."""
    document = read_figures(file)
    wrong = [*check_seal(document), *contradictions(printed_figures(file, document))]
    if as_json:
        print_json({"file": str(file), "contradictions": wrong})
    elif not wrong:
        say("没有矛盾 · nothing contradicts", "green")
    for sentence in () if as_json else wrong:
        say(sentence, "yellow")
    if wrong:
        raise typer.Exit(1)


def _publish(settings: Settings, made: Sealed, folder: Path) -> list[str]:
    """Returns when the broker has it: the files beside it, which are written first under their hashes."""
    from streams.services.brokers import publish as send
    from streams.services.brokers import publishing
    from streams.services.connections import kafka_config, topics_of

    for name, content in made.files.items():
        if not (folder / name).exists():
            write_new(folder / name, content)

    async def work() -> None:
        async with publishing(kafka_config(settings)) as publisher:
            await send(publisher, made.message(topics_of(settings).bulletins))

    run(work())
    return [str(folder / name) for name in made.files]
