"""Whom an account lets see what."""

from __future__ import annotations

import pytest

from schemas.registry import Unit
from streams.rules.state.owners import units_below
from streams.services.viewers import RIGHTS, ROLES, Right, Role, Viewer

UNITS = {
    unit_id: Unit(unit_id=unit_id, name=unit_id, supervisor_id=above)
    for unit_id, above in (("gov", None), ("kjj", "gov"), ("xxzx", "kjj"), ("jyj", "gov"), ("a", "b"), ("b", "a"))
}


@pytest.mark.parametrize(
    ("unit_id", "below"),
    [
        ("gov", {"gov", "kjj", "xxzx", "jyj"}),
        ("kjj", {"kjj", "xxzx"}),
        ("jyj", {"jyj"}),
        ("a", {"a", "b"}),  # a mistake of the registry goes round once
        ("gone", {"gone"}),
    ],
)
def test_a_unit_and_what_is_below_it(unit_id: str, below: set[str]) -> None:
    """However deep; others are not seen, nor what is nobody's."""
    found = units_below(UNITS, unit_id)
    assert found == below
    viewer = Viewer("王敏", "reader", unit_id, found)
    assert {one for one in (*UNITS, unit_id) if viewer.sees(one)} == below
    assert not viewer.sees(None)
    assert all(Viewer("王敏", "reader").sees(one) for one in (*UNITS, None))


WHO_MAY: dict[Right, list[Role]] = {
    "look": [*ROLES],
    "export": [*ROLES],
    "handle": ["handler", "supervisor", "admin"],
    "decide": ["supervisor", "admin"],
    "register": ["registrar", "admin"],
    "administer": ["admin"],
}


def test_what_a_role_may() -> None:
    """Each right, by whom; and as whom a role gives commands."""
    assert {right: [role for role in ROLES if Viewer("x", role).may(right)] for right in RIGHTS} == WHO_MAY
    assert {role: Viewer("x", role).command_role for role in ROLES} == {
        "reader": None, "handler": "unit", "supervisor": "supervisor", "registrar": None, "admin": "supervisor",
    }  # fmt: skip
