"""`rectify registry remove`: records that are to be registered no longer."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from streams.cli.terminal.consent import YesFlag, ask
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import run
from streams.kafka.publisher import OutMessage
from streams.ledger.reading.queries import TicketFilter, list_tickets, registered
from streams.services.brokers import publishing
from streams.services.connections import kafka_config, topics_of
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings

KINDS: Final = ("asset", "unit", "guarded", "producer", "calendar")
MANY: Final = 1_000  # tickets that are counted

app = typer.Typer()


@app.command(epilog="示例 Example: rectify registry remove asset:kjj-site")
def remove(
    keys: Annotated[
        list[str],
        typer.Argument(help="如 asset:kjj-site、unit:kjj、guarded:2027两会 · as on the topic", show_default=False),
    ],
    yes: YesFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """从名录中删除：资产的整改单转为无主，单位的整改单交主管单位处置。 Take records out of the registry.

    先列出在办整改单数并询问；关停的资产请改填“关停日期”，不要删除。
    It says how many tickets are open and asks. An asset that was shut down is better given its `removed_at`.
    """
    settings = Settings.load()
    for key in keys:
        kind, _, record_id = key.partition(":")
        if kind not in KINDS or not record_id:
            raise typer.BadParameter(f"{key}: {', '.join(f'{name}:<id>' for name in KINDS)}", param_hint="KEYS")
    open_tickets = run(_open_tickets(settings, keys))
    if not as_json:
        for key, many in open_tickets.items():
            say(f"{key}：在办整改单 {'超过 ' if many >= MANY else ''}{many} 件 · open tickets")
    if not yes:
        ask("删除？ · Remove?", as_json=as_json)
    run(_publish(settings, keys))
    if as_json:
        print_json({"removed": keys, "open_tickets": open_tickets})
        return
    say(f"已删除 {len(keys)} 条 · removed")


async def _open_tickets(settings: Settings, keys: list[str]) -> dict[str, int]:
    """Of assets and units; raises Failure when a key is not registered."""
    async with reading_ledger(settings) as ledger:
        known = await registered(ledger, keys)
        unknown = [key for key in keys if key not in known]
        if unknown:
            raise Failure(f"未登记 · not registered: {'、'.join(unknown)}")
        counted = {}
        for key in keys:
            kind, _, record_id = key.partition(":")
            chosen = {"asset": TicketFilter(asset_id=record_id), "unit": TicketFilter(unit_id=record_id)}.get(kind)
            if chosen is not None:
                counted[key] = len(await list_tickets(ledger, chosen, limit=MANY))
        return counted


async def _publish(settings: Settings, keys: list[str]) -> None:
    topic = topics_of(settings).registry
    async with publishing(kafka_config(settings)) as publisher:
        refused = await publisher.publish([OutMessage(topic, key.encode(), None) for key in keys])
    if refused:
        raise Failure(refused[0].detail)
