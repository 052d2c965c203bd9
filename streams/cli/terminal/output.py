"""What goes to the terminal: tables and sentences for people, one JSON document for programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

import orjson
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from notifiers.text import harmless
from streams.discretion import hide

PIPED_WIDTH: Final = 120  # characters, where there is no terminal to ask
WRAPPED_AT_LEAST: Final = 12  # places: six Chinese characters, the length of a short name

JsonFlag = Annotated[bool, typer.Option("--json", help="输出一个 JSON 文档 · print one JSON document")]


def out() -> Console:
    """The standard output; colours only on a terminal."""
    return _console(stderr=False)


def err() -> Console:
    """The standard error output, for everything that is not the answer."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    has_width = stream.isatty() or "COLUMNS" in os.environ
    return Console(stderr=stderr, width=None if has_width else PIPED_WIDTH, highlight=False, emoji=False)


def print_json(document: object) -> None:
    """Print one document; times as RFC 3339."""
    typer.echo(orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))


def print_line(document: object) -> None:
    """Print one document on one line, at once."""
    typer.echo(orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS))


def say(text: str, style: str = "") -> None:
    """Print a sentence as it is, whatever brackets it contains."""
    out().print(escape(harmless(text)), style=style, soft_wrap=True)


def complain(text: str, style: str = "red") -> None:
    """Print a sentence on the standard error output as it is, but for secrets."""
    err().print(harmless(hide(text)), style=style, markup=False, soft_wrap=True)


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


class Sheet(Table):
    """An open table; `leave_out` are the columns that a narrow terminal does without, the first of them first."""

    def __init__(self, leave_out: Sequence[str], **looks: Any) -> None:
        super().__init__(box=None, pad_edge=False, header_style="bold", **looks)
        self.leave_out = leave_out


def table(*columns: str, title: str | None = None, gap: int = 2, leave_out: Sequence[str] = ()) -> Sheet:
    """An open table. A column that starts with `>` is aligned to the right, one with `=` never wraps."""
    made = Sheet(leave_out, title=title, title_justify="left", padding=(0, gap, 0, 0))
    for name in columns:
        fixed = name.startswith((">", "="))
        right = name.startswith(">")
        # Chinese has no blanks: a long text is one word to rich, which would cut it.
        made.add_column(name.lstrip(">="), justify="right" if right else "left", no_wrap=fixed, overflow="fold")
    return made


def print_table(made: Sheet, rows: Iterable[Iterable[object]]) -> int:
    """Print the rows; the number of them. What never wraps stays whole, however narrow the terminal is."""
    cells = [["" if cell is None else harmless(str(cell)) for cell in row] for row in rows]
    if not cells:
        return 0
    console = out()
    gap = made.padding[1]
    least = [_least(column, [row[n] for row in cells]) for n, column in enumerate(made.columns)]
    kept, left = list(range(len(made.columns))), []
    for name in made.leave_out:
        if _width(least, kept, gap) <= console.width:
            break
        kept = [n for n in kept if made.columns[n].header != name]
        left.append(name)
    shown = Sheet((), title=made.title, title_justify="left", padding=made.padding)
    for n in kept:  # a column knows its place in its own table, so it cannot be handed on
        column = made.columns[n]
        shown.add_column(
            column.header,
            justify=column.justify,
            no_wrap=column.no_wrap,
            overflow=column.overflow,
            min_width=least[n],
        )
    for row in cells:
        shown.add_row(*(escape(row[n]) for n in kept))
    # A terminal that is narrower still breaks the lines itself.
    console.print(shown, width=max(console.width, _width(least, kept, gap)), crop=False, no_wrap=True)
    if left:
        console.print(f"窗口较窄，未列 · too narrow for: {'、'.join(left)}", style="dim", soft_wrap=True)
    return len(cells)


def _least(column: Column, cells: Sequence[str]) -> int:
    """How many places a column needs; one that wraps makes do with a few."""
    whole = max(map(cell_len, (str(column.header), *cells)))
    return whole if column.no_wrap else min(whole, WRAPPED_AT_LEAST)


def _width(least: Sequence[int], kept: Sequence[int], gap: int) -> int:
    return sum(least[n] + gap for n in kept)


def shortened(document: Any) -> str:
    """A document on one line of at most 200 characters."""
    text = orjson.dumps(document, default=str).decode()
    return text if len(text) <= 200 else text[:199] + "…"  # noqa: PLR2004
