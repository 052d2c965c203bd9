"""The guide for units, as a page of `rectify web` and as a document: for everybody, with its pictures, true."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.presentation.unit_page.acts import TITLES
from streams.rules.commands.link_rights import AFTER_CLOSING, LIVES
from streams.web.guard.headers import CSP
from streams.web.guide.guide import PICTURES, TEXT
from streams.web.links.submission import SHORTEST_MEASURES
from tests.support.pages import Pages, pages_on

ROOT = Path(__file__).parents[3]
SHOWN = re.compile(r"\]\(pictures/([\w-]+\.png)\)")
LARGEST = 150_000  # bytes: it is read on telephones


@pytest.fixture
async def pages(tmp_path: Path, sqlite_database: str) -> AsyncIterator[Pages]:
    """Pages on an empty ledger; the guide asks it nothing."""
    async with pages_on(sqlite_database, tmp_path) as opened:
        yield opened


async def test_the_guide_is_for_everybody(pages: Pages) -> None:
    """Without a token, under the same headers; its pictures come from here and may be kept."""
    shown = await pages.client.get("/guide")
    assert shown.status_code == 200
    assert shown.headers["Content-Security-Policy"] == CSP
    assert "<h1>责任单位办理指南</h1>" in shown.text
    assert "<table>" in shown.text
    pictures = re.findall(r'<img src="(static/[^"]+)" alt="[^"]+" width="\d+" height="\d+" />', shown.text)
    assert len(pictures) == shown.text.count("<img") == len(SHOWN.findall(TEXT.read_text("utf-8")))
    for address in pictures:
        picture = await pages.client.get(f"/{address}")
        assert picture.headers["Content-Type"] == "image/png"
        assert "immutable" in picture.headers["Cache-Control"]
    assert (await pages.client.head("/guide")).status_code == 200
    assert (await pages.client.post("/guide")).status_code == 405


async def test_the_pages_lead_to_it(pages: Pages) -> None:
    """One ticket, several, and a link that opens nothing."""
    tickets = await pages.open_tickets("link.dead", "text.typo")
    token = await pages.token(tickets[0])
    for shown in (await pages.get(token), await pages.get(token, ticket=tickets[0]["ticket_id"]), await pages.get("x")):
        assert '<a href="../guide">办理说明</a>' in shown.text


def test_the_document_is_the_page() -> None:
    """docs/zh has the very file that is served, and all its pictures, no other, none large."""
    assert (ROOT / "docs/zh/units.md").samefile(TEXT)
    assert (ROOT / "docs/zh/pictures").samefile(PICTURES)
    assert set(SHOWN.findall(TEXT.read_text("utf-8"))) == {path.name for path in PICTURES.iterdir()}
    assert all(path.stat().st_size <= LARGEST for path in PICTURES.iterdir())


def test_the_offices_guide_has_its_pictures() -> None:
    """Those that it names, no other, none large."""
    text, folder = (ROOT / "docs/zh/office.md").read_text("utf-8"), ROOT / "docs/zh/office"
    assert sorted(re.findall(r"\]\(office/([\w-]+\.png)\)", text)) == sorted(path.name for path in folder.iterdir())
    assert all(path.stat().st_size <= LARGEST for path in folder.iterdir())


def test_the_guide_says_what_holds() -> None:
    """Every form by its name, the least of words, and when a link ends."""
    text = TEXT.read_text("utf-8")
    assert all(title in text for title in TITLES.values())
    assert f"至少{SHORTEST_MEASURES}个字" in text
    assert f"销号满{AFTER_CLOSING.days}天" in text
    assert f"满{LIVES.days}天" in text
