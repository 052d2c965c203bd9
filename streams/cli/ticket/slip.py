"""`rectify ticket slip`: 整改通知单 or 督办单 as a Word document."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.terminal.new_file import write_new
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import domain_now, reading
from streams.cli.ticket.lookup import TicketArgument
from streams.files.policy.loading import load_policy
from streams.presentation.slip import TITLES
from streams.services.ticket_slip import slip_of
from streams.settings.model import Settings


class SlipForm(StrEnum):
    """Which slip."""

    NOTICE = "notice"
    SUPERVISION = "supervision"


def slip(
    ticket: TicketArgument,
    form: Annotated[
        SlipForm, typer.Option("--form", help="整改通知单或督办单 · for its unit, or for who presses for it")
    ] = SlipForm.NOTICE,
    out: Annotated[Path | None, typer.Option("--out", help="写入的新文件 · the new file to write")] = None,
    as_json: JsonFlag = False,
) -> None:
    """整改通知单、督办单，写成 Word 文档。 A ticket on paper, as a Word document."""
    from streams.documents.slip import slip_document

    settings = Settings.load()
    policy, now = load_policy(settings.policy), domain_now(settings)
    number, rows = reading(
        settings,
        lambda ledger: slip_of(ledger, ticket, form.value, policy, settings.office, settings.zone, now),
    )
    file = out or Path(f"{TITLES[form.value]}-{number}.docx")
    write_new(file, slip_document(TITLES[form.value], rows))
    if as_json:
        print_json({"file": str(file), "ticket_id": number})
        return
    say(f"已写入 · written: {file}")
