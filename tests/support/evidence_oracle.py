"""What is true of one place, told from all that was ever observed of it: no order of arrival, no rule's code.

Everything is put in the order in which it was observed and told once, as a witness would: seen, looked and not there,
seen again. At one moment absence comes last (C-3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

Message = Mapping[str, Any]
APART, SIGHTINGS = timedelta(minutes=10), 3  # of bad moments: as the default pack has it (D-6)


class Told(NamedTuple):
    """The end of the story of one place."""

    times: int
    first_seen_at: datetime
    last_seen_at: datetime
    proof: tuple[datetime, str, str] | None  # the earliest absence that answers the last sighting: when, what, whose
    returns: int  # how often it was back after somebody may have said that it is gone
    between: bool  # somebody saw nothing between two sightings
    confirmed: bool  # of bad moments: so many, or by two
    reported_by_a_run: bool


def told(messages: Sequence[Message], locator: str, trusted: Sequence[str]) -> Told | None:
    """What is true of this place; None: nobody has reported it."""
    findings = [m for m in messages if "type" not in m and m["locator"] == locator]
    if not findings:
        return None
    rechecks = [m for m in messages if m.get("type") == "recheck" and m["locator"] == locator]
    found_at = sorted(moment(m["observed_at"]) for m in findings)
    seen_at = sorted([*found_at, *(moment(m["observed_at"]) for m in rechecks if m["outcome"] == "present")])
    reporters = {m["source"] for m in findings}
    believed = reporters | set(trusted)
    absences = sorted(
        (moment(m["observed_at"]), "recheck", m["source"])
        for m in rechecks
        if m["outcome"] == "absent" and m["source"] in believed
    )
    absences = sorted(
        absences + [(looked_at(run), "run", run["source"]) for run in _silent(messages, findings, locator)]
    )
    return Told(
        len(findings),
        found_at[0],
        seen_at[-1],
        next((one for one in absences if one[0] >= seen_at[-1]), None),
        _returns(
            seen_at, [*(at for at, _, _ in absences), *(looked_at(m) for m in messages if m.get("type") == "run")]
        ),
        any(seen_at[0] <= at < seen_at[-1] for at, _, _ in absences),
        len(reporters) > 1 or _spaced(found_at) >= SIGHTINGS,
        any("run_id" in m for m in findings),
    )


def looked_at(run: Message) -> datetime:
    """As of when a run's silence speaks."""
    return moment(run.get("started_at") or run["finished_at"])


def moment(text: str) -> datetime:
    """A message's time."""
    return datetime.fromisoformat(text)


def _silent(messages: Sequence[Message], findings: Sequence[Message], locator: str) -> list[Message]:
    """The runs that looked at the place, may speak of it, and did not report it."""
    own = {(m["source"], m.get("run_id")) for m in findings}
    reporters = {m["source"] for m in findings}
    runs = [m for m in messages if m.get("type") == "run" and m["status"] != "failed"]
    return [
        run
        for run in runs
        if (run["source"], run["run_id"]) not in own
        and (
            locator in run["locators"]
            if "locators" in run
            else run["status"] == "complete" and run["source"] in reporters
        )
    ]


def _returns(seen_at: Sequence[datetime], absent_at: Sequence[datetime]) -> int:
    returns, is_open, was_open = 0, False, False
    for _, kind in sorted([*((at, 0) for at in seen_at), *((at, 1) for at in absent_at)]):
        if kind:
            is_open = False
        else:
            returns += was_open and not is_open
            is_open = was_open = True
    return returns


def _spaced(seen_at: Sequence[datetime]) -> int:
    count, last = 0, None
    for at in seen_at:
        if last is None or at - last >= APART:
            count, last = count + 1, at
    return count
