"""`rectify notice`: what people are told: before it is sent, what became of it, once more, and when it comes back."""

from __future__ import annotations

import typer

from streams.cli.terminal.lazy_group import parted

app = typer.Typer(
    cls=parted(
        {
            "list": "notice.lists",
            "show": "notice.lists",
            "resend": "notice.acts",
            "suppress": "notice.acts",
            "preview": "notice.preview",
            "bounce": "notice.bounce",
        }
    ),
    no_args_is_help=True,
    help="通知 · Notices: what became of them, beforehand, once more.",
)
