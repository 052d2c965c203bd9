"""`rectify trace`: what became of a message that somebody has sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import domain_now, reading
from streams.presentation.dates import local
from streams.settings.model import Settings

if TYPE_CHECKING:
    from streams.ledger import Ledger
    from streams.services.tracing import TracedMessage

app = typer.Typer()


@app.command(epilog="示例 Example: rectify trace rectify.findings-3-1207")
def trace(
    message_id: Annotated[
        str,
        typer.Argument(help="报送时答复的 ids 之一：主题-分区-位点 · TOPIC-PARTITION-OFFSET", show_default=False),
    ],
    as_json: JsonFlag = False,
) -> None:
    """查一条报送的去向：等待、不予受理、立单、计入哪张整改单。 What became of a message, and in which ticket.

    凭台账和 Kafka 查证；Kafka 已不保存的查不到。
    Read from Kafka and the ledger; what Kafka keeps no longer cannot be traced.
    """
    from streams.services.failure import Failure
    from streams.services.tracing import WORDS, trace_message

    settings = Settings.load()

    async def look(ledger: Ledger) -> TracedMessage:
        found = await trace_message(settings, ledger, message_id, domain_now(settings))
        if found is None:
            msg = f"{message_id} 不是报送编号 · is no id of a message: <topic>-<partition>-<offset>"
            raise Failure(msg)
        return found

    found = reading(settings, look)
    if as_json:
        print_json(found.document())
        return
    say(f"{found.id}  {WORDS[found.fate]}")
    if found.code:
        say(f"{found.code}: {found.detail}")
    if found.ahead is not None:
        say(f"前面还有 {found.ahead} 条 · messages before it")
    if found.ticket is not None:
        say(f"整改单 {found.ticket['ticket_id']} · `rectify ticket show {found.ticket['ticket_id']}`")
    if found.run is not None:
        say(f"巡检 {found.run['run_id']}：{found.run['state']}")
    for event in found.events:
        say(f"{local(event['at'], settings.zone)}  {event['summary']}")
