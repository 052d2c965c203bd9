"""Every kind has its four templates, and no template stands about without a kind."""

from pathlib import Path

import pytest

import notifiers
from streams.presentation.letters.letter import KINDS

TEMPLATES = Path(notifiers.__file__).parent / "templates"
FILES = {"subject.txt", "body.txt", "body.html", "sms.txt"}


@pytest.mark.parametrize("kind", [*KINDS, "digest", "warned", "producer_silent", "weekly"])
def test_a_kind_has_its_four_templates(kind: str) -> None:
    """Subject, text, HTML and short message are there, and nothing else."""
    assert {path.name for path in (TEMPLATES / kind).iterdir()} == FILES


def test_every_folder_is_a_kind() -> None:
    """A folder that nothing renders would rot."""
    assert {path.name for path in TEMPLATES.iterdir() if path.is_dir()} == {
        *KINDS, "digest", "warned", "producer_silent", "weekly",
    }  # fmt: skip


def test_html_is_made_of_escaping_templates_only() -> None:
    """A macro from a .txt file used in HTML would come unescaped: HTML imports and extends HTML only."""
    for path in TEMPLATES.rglob("*.html"):
        tags = [
            line for line in path.read_text(encoding="utf-8").splitlines() if "{% extends" in line or "{% from" in line
        ]
        assert all('.html"' in line for line in tags), path
        assert "|safe" not in path.read_text(encoding="utf-8"), path
