"""Where templates are filled in: in a sandbox, since a template is code; what it names and nobody has is an error."""

from __future__ import annotations

from jinja2 import BaseLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from streams.documents.context import chinese_day, risen_or_fallen


def environment(loader: BaseLoader | None = None) -> SandboxedEnvironment:
    """Everything that is put in is escaped; `|day` writes a day in Chinese, `|points` a change."""
    made = SandboxedEnvironment(loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    made.filters.update(day=chinese_day, points=risen_or_fallen)
    return made
