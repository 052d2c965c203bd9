"""What goes to the terminal: tables and sentences for people, one JSON document for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

PIPED_WIDTH = 120  # characters, where there is no terminal to ask

JsonFlag = Annotated[bool, typer.Option("--json", help="输出一个 JSON 文档 · print one JSON document")]


def out() -> Console:
    """The standard output; colours only on a terminal."""
    return _console(stderr=False)


def err() -> Console:
    """The standard error output, for everything that is not the answer."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    narrow = stream.isatty() or "COLUMNS" in os.environ
    return Console(stderr=stderr, width=None if narrow else PIPED_WIDTH, highlight=False, emoji=False)


def print_json(document: object) -> None:
    """Print one document; times as RFC 3339."""
    typer.echo(orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))


def print_line(document: object) -> None:
    """Print one document on one line, at once."""
    typer.echo(orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS))


def say(text: str, style: str = "") -> None:
    """Print a sentence as it is, whatever brackets it contains."""
    out().print(escape(text), style=style, soft_wrap=True)


def bar(text: str) -> Progress:
    """Progress on a terminal, gone when it is over: the text, how many are `done`, and a bar where the end is known."""
    return Progress(
        TextColumn(f"{text} {{task.fields[done]:,}}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=err(),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def table(*columns: str, title: str | None = None, gap: int = 2) -> Table:
    """An open table. A column that starts with `>` is aligned to the right, one with `=` never wraps."""
    padding = (0, gap, 0, 0)
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold", padding=padding)
    for name in columns:
        fixed = name.startswith((">", "="))
        right = name.startswith(">")
        # Chinese has no blanks: a long text is one word to rich, which would cut it.
        made.add_column(name.lstrip(">="), justify="right" if right else "left", no_wrap=fixed, overflow="fold")
    return made


def print_table(made: Table, rows: Iterable[Iterable[object]]) -> int:
    """Print the rows; the number of them."""
    count = 0
    for row in rows:
        made.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
        count += 1
    if count:
        out().print(made)
    return count


def local(moment: datetime | str | None, zone: ZoneInfo, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """The moment as people read it, in the unit's zone."""
    if moment is None:
        return ""
    aware = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return aware.astimezone(zone).strftime(pattern)


def labelled(labels: Mapping[Any, str], code: str | None) -> str:
    """The Chinese word for a code; the code itself where there is none."""
    return labels.get(code, code) if code else ""


def shortened(document: Any) -> str:
    """A document on one line of at most 200 characters."""
    text = orjson.dumps(document, default=str).decode()
    return text if len(text) <= 200 else text[:199] + "…"  # noqa: PLR2004
