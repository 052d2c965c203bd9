"""A section of the page of figures is replaced by the newer one, the others stay."""

from __future__ import annotations

from bench.scale_page import replaced, table

PAGE = "# Scale\n\nHead.\n\n## Growth\n\n- old\n\n## Bulk\n\n- stays\n"


def test_a_section_is_replaced_in_its_place() -> None:
    """Whatever stands behind it."""
    assert replaced(PAGE, "Growth", "## Growth\n\n- new \\1\n") == PAGE.replace("old", "new \\1")
    assert replaced(PAGE, "Bulk", "## Bulk\n\n- new\n") == PAGE.replace("stays", "new")


def test_a_new_section_comes_last() -> None:
    """On a page that does not have it."""
    assert replaced(PAGE, "Start", "## Start\n\n- x\n") == PAGE + "\n## Start\n\n- x\n"


def test_a_table() -> None:
    """As Markdown has it."""
    assert table(("a", "b"), [(1, "x")]) == "| a | b |\n| --- | --- |\n| 1 | x |"
