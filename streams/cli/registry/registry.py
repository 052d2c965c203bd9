"""`rectify registry`: units, assets, contacts, guarded periods and producers: look, take in, hand out, take away."""

from __future__ import annotations

import typer

from streams.cli.terminal.lazy_group import parted

app = typer.Typer(
    cls=parted(
        {
            "import": "registry.import_",
            "list": "registry.list",
            "export": "registry.export",
            "template": "registry.export",
            "remove": "registry.remove",
        }
    ),
    no_args_is_help=True,
    help="名录 · Units, assets, contacts, guarded periods, producers.",
)
