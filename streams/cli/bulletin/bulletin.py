"""`rectify bulletin`: figures, drafts, issued bulletins."""

from __future__ import annotations

from typing import Final

import typer

from streams.cli.terminal.lazy_group import parted

_COMMANDS: Final = {
    "figures": "bulletin.figures",
    "draft": "bulletin.draft",
    "template": "bulletin.draft",
    "check": "bulletin.issue",
    "issue": "bulletin.issue",
    "list": "bulletin.issued",
    "show": "bulletin.issued",
    "report": "bulletin.report",
}

app = typer.Typer(
    cls=parted(_COMMANDS),
    no_args_is_help=True,
    help="通报 · Bulletins: figures of a period, documents, issued ones.",
)
