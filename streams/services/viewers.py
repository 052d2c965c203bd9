"""Who looks at the desk's pages, what they may do there, and of which units they see anything (rule W-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from schemas.powers import CommandRole

Role = Literal["reader", "handler", "supervisor", "registrar", "admin"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
ROLE_LABELS: Final[Mapping[Role, str]] = {
    "reader": "查阅",
    "handler": "经办",
    "supervisor": "督办",
    "registrar": "登记",
    "admin": "管理员",
}

Right = Literal["look", "export", "handle", "decide", "register", "administer"]
RIGHTS: Final[Mapping[Right, frozenset[Role]]] = {
    "look": frozenset(ROLES),
    "export": frozenset(ROLES),
    "handle": frozenset({"handler", "supervisor", "admin"}),  # what a unit may do about its tickets
    "decide": frozenset({"supervisor", "admin"}),  # what its supervising unit decides
    "register": frozenset({"registrar", "admin"}),  # units, assets, calendar
    "administer": frozenset({"admin"}),  # accounts, what everybody has done
}
"""What may be done on the desk's pages, and by whom. Which commands a role may give is the pack's (O-7)."""

_COMMANDS_AS: Final[Mapping[Role, CommandRole]] = {"handler": "unit", "supervisor": "supervisor", "admin": "supervisor"}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody with an account, or a program with a key, at this moment.

    W-1  A viewer has one role and one unit, and sees and does what the role may, of that unit and all units below it;
         without a unit, of everything. What belongs to no unit is seen only by whoever sees everything.
    """

    name: str
    role: Role
    unit_id: str = ""  # empty: everything
    units: frozenset[str] | None = None  # ids of the unit and all below it; None: everything
    via: str = ""  # `account:<name>`, as commands and their events say it

    def sees(self, unit_id: str | None) -> bool:
        """Whether what belongs to this unit may be shown."""
        return self.units is None or unit_id in self.units

    def may(self, right: Right) -> bool:
        """Whether the role allows it."""
        return self.role in RIGHTS[right]

    @property
    def command_role(self) -> CommandRole | None:
        """As whom the viewer gives commands; None: gives none."""
        return _COMMANDS_AS.get(self.role)
