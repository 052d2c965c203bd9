"""Cases from real life on the pure core: each is a file in tests/scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.scenario import Case, Core, cases


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.stem)
async def test_case(path: Path) -> None:
    """What the file expects happens."""
    await Case(path).play(Core())


CASE = """title: one
clock: 2026-03-02 10:00
timeline:
  - finding: {asset_id: site, check: link.dead}
  - at: 2026-03-02 11:00
    expect:
      tickets:
        - status: closed
"""


def case(folder: Path, text: str) -> Case:
    """A case of this text."""
    path = folder / "one.yaml"
    path.write_text(text, encoding="utf-8")
    return Case(path)


async def test_what_is_not_as_expected_is_named_with_its_line(tmp_path: Path) -> None:
    """File, line, what was expected, what is, and when."""
    with pytest.raises(AssertionError, match=r"one.yaml:8: status of ticket 1: expected closed, it is open .*11:00"):
        await case(tmp_path, CASE).play(Core())


@pytest.mark.parametrize(
    ("text", "replaced", "fault"),
    [
        ("finding:", "findnig:", r"one.yaml:4: 'findnig' is not one of asset, at, "),
        ("2026-03-02 11:00", "2026-03-02 09:00", r"one.yaml:5: 2026-03-02 09:00 is before 2026-03-02 10:00"),
        ("expect:", "command: {action: close, ticket: 2}\n    expect:", r"one.yaml:6: there is no ticket 2: 1 so far"),
        ("clock:", "clok:", r"one.yaml:2: 'clok' is not one of "),
        ("tickets:\n        - status: closed", "refused: [time_ahead]", r"one.yaml:7: refused: expected .*it is \[\]"),
        ("{asset_id: site, check: link.dead}", "link.dead", r"one.yaml:4: fields are expected here"),
    ],
)
async def test_a_fault_of_the_file_is_named_with_its_line(tmp_path: Path, text: str, replaced: str, fault: str) -> None:
    """Nothing misspelt is passed over in silence."""
    assert text in CASE
    with pytest.raises(AssertionError, match=fault):
        await case(tmp_path, CASE.replace(text, replaced)).play(Core())
