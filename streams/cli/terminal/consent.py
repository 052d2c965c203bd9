"""What changes much is asked for: by a question at a terminal, by `--yes` everywhere else."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from streams.services.failure import Failure

YesFlag = Annotated[bool, typer.Option("--yes", help="看过差异，不再询问 · do not ask")]


def ask(question: str, *, as_json: bool) -> None:
    """Raises Failure without a yes."""
    if as_json or not sys.stdin.isatty():
        raise Failure("未作改动：看过差异后加 --yes · nothing was changed: say --yes once you have seen the difference")
    if not typer.confirm(question, err=True):
        raise Failure("未作改动 · nothing was changed")
