"""What the commands of bulletins have in common: the period, the moment, the area, the fields by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.cli.terminal.session import domain_now
from streams.files.typed_fields import read_typed
from streams.services.bulletins.figures import WantedFigures
from streams.settings.model import Settings

FromOption = Annotated[str, typer.Option("--from", help="期间首日 · first day of the period, such as 2023-01-01")]
ToOption = Annotated[str, typer.Option("--to", help="期间末日（含） · last day")]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="统计时点：一日（到其末）或时刻，缺省为现在 · counted as of a day's end or a moment; default: now",
    ),
]
AreaOption = Annotated[
    str | None,
    typer.Option("--area", help="地区、组、单位及下属 · a region, a group, or a unit with all below it"),
]
TypedOption = Annotated[
    Path | None, typer.Option("--typed", help="手工填写的内容（yaml） · fields by hand, also points of bonus")
]


def wanted(
    settings: Settings, begin: str, end: str, as_of: str | None, area: str | None, typed: Path | None = None
) -> WantedFigures:
    """What was asked for; raises typer.BadParameter for what is no day."""
    moment = as_of or domain_now(settings).isoformat()
    fields: Mapping[str, Any] = {} if typed is None else read_typed(typed)
    return WantedFigures(day(begin, "--from"), day(end, "--to"), moment, area, fields)


def day(text: str, option: str) -> date:
    """A day such as 2023-02-24; raises typer.BadParameter for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{option}：日期形如 2023-02-24 · a day such as 2023-02-24, not {text!r}"
        raise typer.BadParameter(msg) from None
