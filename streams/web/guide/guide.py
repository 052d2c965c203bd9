"""The guide for units as a page: the text of `units.md`, which is ours, with its pictures as files of the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from starlette.responses import HTMLResponse

from streams.web.templating import page, static_name

TEXT: Final = Path(__file__).parent / "units.md"
PICTURES: Final = TEXT.parent / "pictures"
_PIXELS: Final = 16  # where a PNG says width and height, four bytes each
DENSITY: Final = {"360": 2, "1000": 1}  # pixels of a picture for one of the screen, by the width in its name


def guide_page() -> HTMLResponse:
    """The page, of which addresses are relative to the root."""
    markdown = MarkdownIt("commonmark").enable("table")
    tokens = markdown.parse(TEXT.read_text("utf-8"))
    for token in _every(tokens):
        if token.type == "image":
            _serve(token)
    html = markdown.renderer.render(tokens, markdown.options, {})
    return page("guide.html", root="", text=Markup(html))  # noqa: S704 - from a file of the package


def _every(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _every(token.children or [])


def _serve(image: Token) -> None:
    """The picture under its name among the static files, with its size, so that the text does not jump."""
    path = TEXT.parent / str(image.attrs["src"])
    head = path.read_bytes()[_PIXELS : _PIXELS + 8]
    image.attrs["src"] = f"static/{static_name(path)}"
    density = DENSITY[path.stem.split("-")[1]]
    image.attrs["width"] = int.from_bytes(head[:4]) // density
    image.attrs["height"] = int.from_bytes(head[4:]) // density
