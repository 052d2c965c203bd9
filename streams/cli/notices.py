"""`rectify notice`: what people are told: before it is sent, what became of it, once more, and when it comes back."""

from __future__ import annotations

import typer

from streams.cli.parts import parted

app = typer.Typer(
    cls=parted(
        {
            "list": "notice_lists",
            "show": "notice_lists",
            "resend": "notice_acts",
            "suppress": "notice_acts",
            "preview": "notice_preview",
            "bounce": "notice_bounce",
        }
    ),
    no_args_is_help=True,
    help="通知 · Notices: what became of them, beforehand, once more.",
)
