"""The pages of reference are what the code says; the site has every page of the documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.reference import FOLDER, pages
from tests.contract.rules_index import INDEX, index, rule_pages

ROOT = Path(__file__).parents[2]
OF_THE_ROOT = {"security.md", "changelog.md", "contributing.md"}


@pytest.mark.parametrize(("name", "text"), pages().items(), ids=list(pages()))
def test_a_page_is_current(name: str, text: str) -> None:
    """`make docs` writes it anew."""
    assert (FOLDER / name).read_text("utf-8") == text


def test_the_index_of_the_rules_is_current() -> None:
    """`make docs` writes it anew: every rule of every page by number and first sentence."""
    assert INDEX.read_text("utf-8") == index()
    assert len(rule_pages()) == len(list((ROOT / "docs" / "rules").iterdir()))


def test_every_document_has_its_place_in_the_site() -> None:
    """mkdocs.yml names each page once, and none that is not there."""
    named = re.findall(r"^ +- (?:[^:\n]+: )?([\w/.-]+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    documents = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(named) == sorted(documents - {"adr/template.md"} | OF_THE_ROOT)
