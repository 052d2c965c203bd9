"""Templates: all text is data and escaped; a name that a view does not have is a fault of ours."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

STATIC: Final = Path(__file__).parent / "static"


@cache
def static_name(path: Path) -> str:
    """The name under which a file is served: with a mark of its content, so that it may be kept."""
    mark = sha256(path.read_bytes()).hexdigest()[:8]
    return f"{path.stem}.{mark}{path.suffix}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("streams.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["static"] = lambda name: static_name(STATIC / name)
    return environment


def page(template: str, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> HTMLResponse:
    """A page."""
    html = _environment().get_template(template).render(context)
    return HTMLResponse(html, status_code=status, headers=headers)
