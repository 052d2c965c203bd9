"""Histories of the loop by number, for stages on which real time cannot be hurried: every run says what it found.

Each history is one asset's, so that many can be played at once. A chapter is what is said about an asset between two
moments, in order, a run's last word at its end.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.support.loop import CAUSES, START
from tests.support.loop_oracle import Place
from tests.support.world import ZONE

CHECKS = ("check.a", "check.b")
PLACES = ("/1", "/2", "/3", "/4")
DAYS = (0, 1, 1.5, 3, 8, 9, 45, 46, 46.5, 90)  # when the chapters are; problems come back within 30 days, and later


class Act(NamedTuple):
    """A person acts on the ticket that has this place's problem, if there is one."""

    action: str
    place: Place


class Chapter(NamedTuple):
    """What happens at one time: acts first, then messages."""

    at: str  # local
    acts: list[Act]
    messages: list[dict[str, Any]]


def history(seed: int) -> list[Chapter]:
    """The history of this number; the same for the same number."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    chapters = []
    for number, day in enumerate(DAYS):
        now = datetime.fromisoformat(START).replace(tzinfo=ZONE) + timedelta(days=day)
        acts = [Act(chance.choice(("acknowledge", "claim_fix", "close", "dismiss")), _place(chance, seed))]
        messages = [_look(chance, seed, now) for _ in range(chance.randint(0, 5))]
        if chance.random() < 0.7:
            messages += _run(chance, seed, f"r{number}", now)
        chapters.append(Chapter(f"{now:%Y-%m-%d %H:%M}", acts if chance.random() < 0.3 else [], messages))
    return chapters


def _place(chance: random.Random, seed: int) -> Place:
    return Place(f"site-{seed}", chance.choice(CHECKS), chance.choice(PLACES))


def _look(chance: random.Random, seed: int, now: datetime) -> dict[str, Any]:
    """A finding without a run, or a recheck; some of them late."""
    place = _place(chance, seed)
    at = (now - timedelta(minutes=chance.choice((0, 0, 90, 1_500)))).isoformat()
    if chance.random() < 0.5:
        outcome = chance.choice(("absent", "absent", "present", "unverifiable"))
        return {"type": "recheck", **place._asdict(), "outcome": outcome, "observed_at": at}
    return _finding(place, chance.choice(("crawler", "linter")), at)


def _run(chance: random.Random, seed: int, run_id: str, now: datetime) -> list[dict[str, Any]]:
    source = chance.choice(("crawler", "linter"))
    run = {"run_id": run_id}
    found = [_finding(_place(chance, seed), source, now.isoformat()) | run for _ in range(chance.randint(0, 6))]
    found += chance.sample(found, min(len(found), chance.randint(0, 2)))  # its own retries
    status = chance.choice(("complete", "complete", "complete", "partial", "failed"))
    where = {"locators": list(PLACES[:2])} if chance.random() < 0.3 else {}
    checks = list(CHECKS[: chance.randint(1, 2)])
    ended = {
        "type": "run", "asset_id": f"site-{seed}", "source": source, **run, "status": status, "checks": checks,
        "started_at": (now - timedelta(minutes=5)).isoformat(), "finished_at": now.isoformat(), "found": len(found),
        **where,
    }  # fmt: skip
    return [*found, ended]


def _finding(place: Place, source: str, at: str) -> dict[str, Any]:
    cause = {"cause": CAUSES[place.locator]} if place.locator in CAUSES else {}
    return {**place._asdict(), **cause, "source": source, "observed_at": at}
