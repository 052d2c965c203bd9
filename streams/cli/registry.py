"""`rectify registry`: units, assets, contacts, guarded periods and producers: look, take in, hand out, take away."""

from __future__ import annotations

import typer

from streams.cli.parts import parted

app = typer.Typer(
    cls=parted(
        {
            "import": "registry_import",
            "list": "registry_list",
            "export": "registry_export",
            "template": "registry_export",
            "remove": "registry_remove",
        }
    ),
    no_args_is_help=True,
    help="名录 · Units, assets, contacts, guarded periods, producers.",
)
