"""A bulletin as one HTML page, from the same figures: to be looked at, printed, or put on a website."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import FileSystemLoader

from streams.documents.context import context
from streams.documents.filling import environment

_TEMPLATES: Final = Path(__file__).parent / "templates"


def html_page(figures: Mapping[str, Any]) -> bytes:
    """UTF-8; no scripts, nothing from elsewhere."""
    made = environment(FileSystemLoader(_TEMPLATES))
    return made.get_template("bulletin.html").render(context(figures)).encode()
