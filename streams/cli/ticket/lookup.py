"""Finding the ticket that a person means."""

from __future__ import annotations

from typing import Annotated

import typer

TicketArgument = Annotated[
    str, typer.Argument(help="整改单号，可只写开头 · ticket id or the unique beginning of one", show_default=False)
]
