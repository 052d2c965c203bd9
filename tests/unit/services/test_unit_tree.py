"""The tree of units: nobody is missing, sums are those of the list, a page has an end. Pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.registry import Unit
from streams.ledger.reading.unit_counts import UnitCounts
from streams.rules.state.owners import units_below
from streams.services.unit_tree import DEEPEST, SHOWN, UnitNode, unit_tree
from tests.support.work import calls


def units(above: dict[str, str | None]) -> dict[str, Unit]:
    """Units by id, each with its supervising unit."""
    return {name: Unit(unit_id=name, name=name, supervisor_id=supervisor) for name, supervisor in above.items()}


def shown(nodes: list[UnitNode]) -> list[str]:
    """Every unit of a page."""
    return [found for node in nodes for found in (node.unit.unit_id, *shown(node.below))]


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.none() | st.sampled_from("abcdefghz"), min_size=1))
def test_nobody_is_missing_and_every_sum_is_that_of_its_link(above: dict[str, str | None]) -> None:
    """Trees, unknown supervisors and circles: each unit once, and with it what `unit=...&sub=1` lists."""
    registered = units(above)
    counts = {name: UnitCounts(number + 1, number, 1) for number, name in enumerate(sorted(registered))}
    tree = unit_tree(registered, registered, counts)
    assert sorted(tree.nodes) == sorted(registered)
    found = shown(tree.tops)
    assert len(found) == len(set(found))
    for name, node in tree.nodes.items():
        below = units_below(registered, name)
        assert node.counts.open == sum(counts[one].open for one in below), name
        assert node.counts.assets == len(below)


def test_a_page_has_an_end() -> None:
    """Many at the top, many below one, a long chain: what is not shown is counted, and costs little."""
    many = units({f"u{number:04}": None for number in range(SHOWN + 7)})
    assert (len(unit_tree(many, many, {}).tops), unit_tree(many, many, {}).left_out) == (SHOWN, 7)
    below = units({"top": None, **{f"u{number:04}": "top" for number in range(SHOWN)}})
    (top,) = unit_tree(below, below, {}).tops
    assert (top.below, top.hidden) == ([], SHOWN)
    chain = units({f"u{number:04}": f"u{number - 1:04}" if number else None for number in range(5_000)})
    with calls(UnitCounts.plus) as work:
        tree = unit_tree(chain, chain, {"u4999": UnitCounts(3, 1, 2)})
    assert shown(tree.tops) == [f"u{number:04}" for number in range(DEEPEST)]
    assert tree.tops[0].counts == UnitCounts(3, 1, 2)
    assert work["plus"] < 15_000
    assert unit_tree(chain, chain, {}, "u4990").nodes.keys() == {f"u{number}" for number in range(4990, 5000)}
