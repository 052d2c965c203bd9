"""Who may give which command: a pack's table, in force where commands are signed (rule O-7)."""

from __future__ import annotations

from typing import Final, Literal, get_args

from pydantic import Field

from schemas.actions import ACTIONS, Action
from schemas.check_rule import PackPart, Sourced

CommandRole = Literal["producer", "unit", "supervisor"]
COMMAND_ROLES: Final[tuple[CommandRole, ...]] = get_args(CommandRole)
_DEFAULT: Final = "默认值：单位签收、反馈、申请、备注，其余由主管单位决定"


class Powers(Sourced):
    """The commands that a role may give."""

    may: tuple[Action, ...]


class CommandPowers(PackPart):
    """By role: a producer 巡检方, the unit 单位 that owns the ticket, its supervisor 主管单位."""

    producer: Powers = Field(default=Powers(may=(), basis=_DEFAULT))
    unit: Powers = Field(
        default=Powers(may=tuple(name for name, row in ACTIONS.items() if row.by_unit), basis=_DEFAULT)
    )
    supervisor: Powers = Field(default=Powers(may=tuple(ACTIONS), basis=_DEFAULT))
