"""`rectify bulletin`: figures, drafts, issued bulletins."""

from __future__ import annotations

import typer

from streams.cli.terminal.lazy_group import parted

app = typer.Typer(
    cls=parted({"figures": "bulletin.figures", "draft": "bulletin.draft", "template": "bulletin.draft"}),
    no_args_is_help=True,
    help="通报 · Bulletins: figures of a period, documents, issued ones.",
)
