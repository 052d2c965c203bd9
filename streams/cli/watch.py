"""`rectify watch`: what happens, as it happens."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from schemas.policy import Policy
from schemas.topics import Topics
from schemas.vocabulary import EVENT_LABELS, STATUS_LABELS
from streams.cli.terminal.output import JsonFlag, print_line, say, shortened
from streams.cli.terminal.session import run
from streams.files.policy.loading import load_policy
from streams.presentation.dates import local
from streams.presentation.labels import labelled
from streams.presentation.letters.kinds import called
from streams.services.brokers import reachable
from streams.services.connections import kafka_config, topics_of
from streams.services.listening import TopicRecord, open_reader
from streams.services.subscription import Subscription
from streams.services.subscription import since as since_when
from streams.settings.model import Settings

STYLES = {"escalated": "red", "overdue": "red", "closed": "green", "reminded": "yellow", "command_refused": "yellow"}


app = typer.Typer()


@app.command(epilog="示例 Example: rectify watch escalations")
def watch(
    topic: Annotated[
        str,
        typer.Argument(
            help="主题，可省略前缀；escalations 为全部升级主题 · topic, with or without its prefix; "
            "`escalations` means every rung"
        ),
    ] = "events",
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="从头看起 · start at the beginning, not at the end")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="持续等待，或看完即止 · go on, or stop at the present end")
    ] = True,
    limit: Annotated[int | None, typer.Option(min=1, help="最多几条 · stop after so many messages")] = None,
    unit: Annotated[
        str | None,
        typer.Option("--unit", help="升级：该单位及其所管单位 · escalations of a unit and those it supervises"),
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="升级：该地区 · escalations of a region")] = None,
    rung: Annotated[
        str | None, typer.Option("--rung", help="升级：只看一级 · escalations of one rung: urge, supervise, bulletin")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="升级：自何时起 · escalations since a day or a moment, kept ones too")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """实时查看事件或升级消息，Ctrl-C 结束。 Follow events, escalations or any topic; with --json one line a message."""
    settings = Settings.load()
    policy = load_policy(settings.policy)
    if topic.rpartition(".")[2] != "escalations" and (unit or region or rung or since):
        raise typer.BadParameter("goes with `watch escalations`", param_hint="--unit, --region, --rung, --since")
    wanted = _topics(topic, topics_of(settings), policy, rung)
    chosen = Subscription(unit, region, since_when(since, settings.zone) if since else None)
    from_beginning = from_beginning or since is not None

    async def work() -> None:
        config = await reachable(kafka_config(settings))
        shown = 0
        async with open_reader(config, wanted, from_beginning=from_beginning or not follow) as reader:
            async for record in reader.follow() if follow else reader.to_the_end():
                if chosen != Subscription() and not chosen.fits(record.document):
                    continue
                _show(record, settings, policy, as_json=as_json)
                shown += 1
                if shown == limit:
                    return

    try:
        run(work())
    except KeyboardInterrupt:
        return


def _topics(wanted: str, topics: Topics, policy: Policy, rung: str | None) -> list[str]:
    name = wanted.removeprefix(f"{topics.prefix}.")
    if rung is not None and rung not in policy.rungs:
        raise typer.BadParameter(f"one of {', '.join(policy.rungs)}", param_hint="--rung")
    if name == "escalations":
        return [topics.escalation(one) for one in policy.rungs if rung in (None, one)]
    return [f"{topics.prefix}.{name}"]


def _show(record: TopicRecord, settings: Settings, policy: Policy, *, as_json: bool) -> None:
    document = record.document
    if as_json:
        print_line(document if document is not None else {"key": _text(record.key), "value": _text(record.value)})
    elif isinstance(document, dict):
        say(_line(document, settings, policy), STYLES.get(str(document.get("type")), ""))
    else:
        say(f"{_text(record.key)}  {'（已终止 · ended）' if record.value is None else _text(record.value)}")


def _line(document: dict[str, Any], settings: Settings, policy: Policy) -> str:
    """The message in one line."""
    if "summary" in document:
        rung = document.get("rung")
        label = called(str(rung), policy) if rung else labelled(EVENT_LABELS, document.get("type"))
        ticket = f" [{document['ticket_id']}]" if document.get("ticket_id") else ""
        return f"{local(document.get('at'), settings.zone)}  {label}  {document['summary']}{ticket}"
    if "due_at" in document:
        status = labelled(STATUS_LABELS, document.get("status"))
        due = local(document["due_at"], settings.zone)
        return f"{document.get('ticket_id')} v{document.get('version')}  {status}  {document.get('check')}  时限 {due}"
    return shortened(document)


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace")
