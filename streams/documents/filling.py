"""Where templates are filled in: in a sandbox, since a template is code; what it names and nobody has is an error."""

from __future__ import annotations

from typing import Any

from jinja2 import BaseLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from notifiers.text import harmless
from streams.documents.context import chinese_day, risen_or_fallen


def environment(loader: BaseLoader | None = None) -> SandboxedEnvironment:
    """Everything that is put in is escaped; `|day` writes a day in Chinese, `|points` a change."""
    made = SandboxedEnvironment(
        loader=loader, undefined=StrictUndefined, finalize=_fit, autoescape=True, trim_blocks=True
    )
    made.filters.update(day=chinese_day, points=risen_or_fallen)
    return made


def _fit(value: Any) -> Any:
    """A text of strangers without what no document can hold: one odd character would tear all of it."""
    return harmless(value) if type(value) is str else value
