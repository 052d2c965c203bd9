"""What people type where the program has a code: the code itself, or the Chinese word that every list shows for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer


def worded(labels: Mapping[str, str], what: str, help_text: str) -> Any:
    """An option that takes a code or its label (`labels`: code -> label); its value is the code."""

    def code(text: str) -> str:
        for known, label in labels.items():
            if text.strip().lower() in (known, label):
                return known
        said = "、".join(f"{label} {known}" for known, label in labels.items())
        raise typer.BadParameter(f"{text}；可用 · one of: {said}")

    return typer.Option(parser=code, metavar=what, help=help_text)
