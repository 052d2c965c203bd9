"""What becomes of one finding of a notice: the words of which the storyboard is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Asia/Shanghai")
YEAR: Final = 2023

Action = Literal["acknowledge", "claim_fix", "ask", "approve", "extend", "refuse_ask", "recheck", "answer"]
ON_PAGE: Final[frozenset[Action]] = frozenset(("acknowledge", "claim_fix", "ask"))
AT_ONCE: Final = timedelta(hours=12)  # of the story; so soon, a form would have been open for less than 3 real seconds


def moment(text: str) -> datetime:
    """`02-24 09:00`, in the year and zone of the demonstration."""
    return datetime.fromisoformat(f"{YEAR}-{text}").replace(tzinfo=ZONE)


def day(text: str) -> date:
    """`02-24`."""
    return date.fromisoformat(f"{YEAR}-{text}")


@dataclass(frozen=True, slots=True)
class StoryAct:
    """What a person or a producer does about a ticket, and when."""

    at: datetime
    action: Action
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fate:
    """One finding of a notice, re-dated, and how it goes.

    `there` are the moments at which the problem comes, goes, comes back ...; a patrol sees what is there.
    `path` is what must happen, in order: a word of `outcome.STEPS` and its day; one with `?` may fall away.
    """

    asset_id: str
    there: tuple[datetime, ...]
    due: tuple[date, ...]  # the due day at the opening, and each that follows an extension or a relapse
    path: str
    acts: tuple[StoryAct, ...] = ()
    ends: str = "closed recheck_absent"  # status, and reason of the closing
    facts: dict[str, Any] = field(default_factory=dict)  # what the finding says beside the notice's own words
    warned: datetime | None = None  # when it was seen before the line was crossed
    headline: str = ""  # of the round that finds it, where it is not the notice itself
    adds_up: Mapping[str, Fate] = field(default_factory=dict)  # by derived code: how the veto goes that it amounts to

    def is_there(self, at: datetime) -> bool:
        """Whether somebody who looks at this moment sees the problem."""
        return sum(change <= at for change in self.there) % 2 == 1

    def by_link(self, act: StoryAct) -> bool:
        """Whether a contact does it on the unit's page; what is done at once is a command of the unit's own system."""
        return act.action in ON_PAGE and act.at - self.there[0] >= AT_ONCE


def fate(asset_id: str, there: str, due: str, path: str, *acts: StoryAct, warned: str = "", **more: Any) -> Fate:
    """A fate with its times in short: `02-24 09:00 > 03-01 12:00`, and days `03-06 > 03-09`."""
    return Fate(
        asset_id,
        tuple(moment(part) for part in there.split(" > ") if part),
        tuple(day(part) for part in due.split(" > ")),
        path,
        acts,
        warned=moment(warned) if warned else None,
        **more,
    )


def acknowledge(at: str) -> StoryAct:
    """签收."""
    return StoryAct(moment(at), "acknowledge")


def claim(at: str, measures: str) -> StoryAct:
    """反馈整改."""
    return StoryAct(moment(at), "claim_fix", {"measures": measures})


def ask_extension(at: str, until: str, reason: str) -> StoryAct:
    """申请延期, until the end of a day."""
    wanted = {"kind": "extension", "due_at": f"{day(until)}T23:59:59+08:00", "reason": reason}
    return StoryAct(moment(at), "ask", wanted)


def refuse(at: str, reason: str) -> StoryAct:
    """不同意."""
    return StoryAct(moment(at), "refuse_ask", {"reason": reason})


def recheck(at: str, outcome: str = "absent", **evidence: str) -> StoryAct:
    """The answer to the recheck that a claim has asked for."""
    return StoryAct(moment(at), "recheck", {"outcome": outcome, "evidence": evidence})


def answer(at: str, text: str) -> StoryAct:
    """A citizen's message or comment is answered: `absent`, with the answer as evidence."""
    return StoryAct(moment(at), "answer", {"outcome": "absent", "evidence": {"answer": text}})


def approve(at: str, reason: str) -> StoryAct:
    """审核: a person's answer to a recheck that could not be made."""
    return StoryAct(moment(at), "approve", {"reason": reason})


def extend(at: str, working_days: int, reason: str) -> StoryAct:
    """延期."""
    return StoryAct(moment(at), "extend", {"working_days": working_days, "reason": reason})


def fixed(claimed: str, measures: str, rechecked: str) -> tuple[StoryAct, StoryAct]:
    """Put right: claimed, and found gone at the recheck."""
    return claim(claimed, measures), recheck(rechecked)
