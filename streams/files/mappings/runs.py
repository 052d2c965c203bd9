"""The run 巡检 of a tool's report: complete only if everything says so; otherwise what it still proves, or nothing.

F-7  A report makes a `complete` run only if all of this holds: the tool ended with an exit code that its mapping lists,
     nobody stopped it, its messages hold no sign of an interruption and those of an end, the start page answered, the
     report is whole, and every row of it could be read. If nothing but the first three fails, and it names the places
     that it has looked at, the run is `partial` with those; otherwise it is `failed`: of a report that is cut off
     nobody knows what would have stood in the rest. Without an exit code there is no run at all.
F-8  Only a crawler's complete run is of the whole asset; any other names the places that it has covered, at most
     10,000 and 768 KiB of them. What is missed is never among them.
F-9  A page that is gone (404, 410) counts as looked at for checks of its content (`text.*`, `content.*`) only, while
     the start page answers; for any other check that is where the fault may be, and it is missed.
F-10  If the start page does not answer, the run has failed, and one finding `site.unreachable` takes the place of
      whatever else the report says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from schemas.base import LOCATOR_LIMIT, PLACES_LIMIT
from schemas.mapping import Mapping
from streams.files.mappings.reading import Reading, ReportFacts

PLACES_BYTES: Final = 768 * 1024  # bytes of all places of a run, which is one message
_OF_CONTENT: Final = ("text.", "content.")


@dataclass(frozen=True, slots=True)
class AskedPages:
    """What became of pages that were asked for beside the tool."""

    start: bool | None = None  # whether the start page answered; None: it was not asked
    answered: AbstractSet[str] = frozenset()
    gone: AbstractSet[str] = frozenset()  # 404, 410
    missed: AbstractSet[str] = frozenset()
    start_url: str = ""
    start_status: int = 0  # what it answered with; 0: nothing


class ReportRun(NamedTuple):
    """The run, if there is one, why it is what it is, and the findings that belong to it."""

    message: dict[str, Any] | None
    why: tuple[str, ...]
    messages: tuple[dict[str, Any], ...]


def run_of(mapping: Mapping, reading: Reading, facts: ReportFacts, asked: AskedPages | None = None) -> ReportRun:
    """What the report says about its run."""
    asked = asked or AskedPages()
    down = reading.down or asked.start is False
    messages = (_unreachable(facts, asked),) if down and facts.asset_id else () if down else reading.messages
    if (none := _no_run(mapping, facts)) is not None:
        return ReportRun(None, (none,), messages)
    if down:
        return _run(facts, "failed", ("首页没有应答 · the start page did not answer",), messages, reading)
    covered, missed = _places(mapping, reading, asked)
    proves_nothing = tuple(_worthless(mapping, reading, asked, covered))
    if proves_nothing:
        return _run(facts, "failed", proves_nothing, messages, reading)
    short = tuple(_shortcomings(mapping, reading, facts))
    named, cut = _fitting(covered)
    if short and not named:
        return _run(facts, "failed", short, messages, reading)
    if short or not mapping.crawls:
        status = "partial" if short else "complete"
        run = _run(facts, status, (*short, *cut, f"查了 {len(named)} 处 · {len(named)} places"), messages, reading)
        run.message.update(locators=named, pages=len(covered))  # type: ignore[union-attr] # it has one
        return run
    left, too_many = _fitting(missed)
    if too_many:
        return _run(facts, "failed", ("漏查的位置过多 · too many places were missed to be named",), messages, reading)
    run = _run(facts, "complete", ("查完全站 · all of the asset",), messages, reading)
    run.message.update({"pages": len(covered)} if covered else {}, **({"missed": left} if left else {}))  # type: ignore[union-attr]
    return run


def _no_run(mapping: Mapping, facts: ReportFacts) -> str | None:
    if mapping.exit is None:
        return "该工具的报告不说明查了哪里，不发布巡检 · its reports make no run; nothing closes"
    if facts.exit_code is None:
        return "没有退出码，不发布巡检，不会销号 · without an exit code there is no run; nothing closes"
    return None if facts.asset_id else "没有指明资产，不发布巡检 · no asset is named: no run is published"


def _run(
    facts: ReportFacts, status: str, why: tuple[str, ...], messages: tuple[dict[str, Any], ...], reading: Reading
) -> ReportRun:
    run = {
        "type": "run",
        "asset_id": facts.asset_id,
        "run_id": facts.run_id,
        "source": facts.source,
        "status": status,
        "started_at": None if facts.started is None else facts.started.isoformat(),
        "finished_at": facts.finished.isoformat(),
        "checks": list(reading.looked_for),
        "found": sum(one["type"] == "finding" and one["asset_id"] == facts.asset_id for one in messages),
    }
    return ReportRun({name: value for name, value in run.items() if value is not None}, why, messages)


def _places(mapping: Mapping, reading: Reading, asked: AskedPages) -> tuple[list[str], list[str]]:
    covered = list(reading.covered)
    if mapping.places == "files" and mapping.covered is None:
        covered = sorted(asked.answered)
    elif mapping.asks_pages or mapping.places == "files":
        covered = [place for place in covered if place in asked.answered]
    missed = [*reading.missed, *sorted(asked.missed)]
    if all(check.startswith(_OF_CONTENT) for check in reading.looked_for):
        covered += sorted(asked.gone)
    else:
        missed += sorted(asked.gone)
    outside = set(missed)
    return [place for place in covered if place not in outside], missed


def _worthless(mapping: Mapping, reading: Reading, asked: AskedPages, covered: list[str]) -> Iterator[str]:
    """Why the report proves nothing at all."""
    if reading.unreadable or reading.cut:
        yield reading.unreadable or reading.cut
    elif mapping.counted is not None:
        count = re.search(mapping.counted, reading.said, re.IGNORECASE)
        if count is None or int(count[1]) != reading.rows:
            said, rows = count[1] if count is not None else "?", reading.rows
            yield f"工具写了 {said} 行，报告里有 {rows} 行 · the tool wrote {said} rows, the report has {rows}"
    if reading.refused:
        yield f"{len(reading.refused)} 行不可读 · rows that cannot be read: {len(reading.refused)}"
    if not reading.looked_for:
        yield "没有说明查了什么 · it does not say what it has looked for"
    if (mapping.asks_pages or mapping.places == "files") and asked.start is None:
        yield (
            "报告不能证明首页有应答 · the report does not show that the start page answered;"
            " use `rectify produce`, which asks (with --pages where it names files)"
        )
    if not covered and (mapping.covered is not None or mapping.places == "files") and not reading.unreadable:
        yield "报告没有写明查了哪些页面 · the report names no page that was looked at"


def _shortcomings(mapping: Mapping, reading: Reading, facts: ReportFacts) -> Iterator[str]:
    """Why the run is not complete."""
    if facts.stopped:
        yield facts.stopped
    if mapping.exit is not None and facts.exit_code not in mapping.exit.complete:
        listed = "、".join(map(str, mapping.exit.complete))
        yield f"退出码 {facts.exit_code} 不在 {listed} 之内 · exit code {facts.exit_code} is none of {listed}"
    if mapping.interrupted is not None and (sign := re.search(mapping.interrupted, reading.said, re.IGNORECASE)):
        yield f"工具自称中断或有遗漏 · the tool says that it was interrupted or missed something: {sign[0][:100]}"
    if mapping.finished is not None and not re.search(mapping.finished, reading.said, re.IGNORECASE):
        yield f"工具没有说它完成了 · the tool does not say that it finished ({mapping.finished!r})"
    if reading.partial:
        yield reading.partial


def _fitting(places: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """As many places as one message holds."""
    fitting: list[str] = []
    room, left = PLACES_BYTES, 0
    for place in places:
        room -= len(place.encode()) + 3
        if room < 0 or len(fitting) == PLACES_LIMIT or len(place) > LOCATOR_LIMIT:
            left += 1
        else:
            fitting.append(place)
    return fitting, (f"另有 {left} 处写不下，不作销号依据 · {left} more places do not fit",) if left else ()


def _unreachable(facts: ReportFacts, asked: AskedPages) -> dict[str, Any]:
    evidence = {"http_status": asked.start_status, **({"url": asked.start_url} if asked.start_url else {})}
    return {
        "type": "finding",
        "asset_id": facts.asset_id,
        "source": facts.source,
        "run_id": facts.run_id,
        "check": "site.unreachable",
        "observed_at": facts.finished.isoformat(),
        "evidence": evidence,
    }
