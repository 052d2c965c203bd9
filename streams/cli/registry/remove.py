"""`rectify registry remove`: records that are to be registered no longer."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.terminal.consent import YesFlag, ask
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import reading, run
from streams.services.brokers import publish_registry
from streams.services.registry import KINDS, MANY, open_tickets
from streams.settings.model import Settings

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
    counted = reading(settings, lambda ledger: open_tickets(ledger, keys))
    if not as_json:
        for key, many in counted.items():
            say(f"{key}：在办整改单 {'超过 ' if many >= MANY else ''}{many} 件 · open tickets")
    if not yes:
        ask("删除？ · Remove?", as_json=as_json)
    run(publish_registry(settings, dict.fromkeys(keys)))
    if as_json:
        print_json({"removed": keys, "open_tickets": counted})
        return
    say(f"已删除 {len(keys)} 条 · removed")
