"""The scenario: notices and fates become cues, each with its moment; a pure function of the data.

A producer's round publishes what it sees, asset by asset, and then says that its run has ended. People's commands and
the rechecks that they ask for are cues as well; which ticket they are about is known only when it has been opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from streams.demo.fates import StoryAct, moment
from streams.demo.notices import Item, PublishedNotice, items, notices
from streams.presentation.dates import between

START: Final = moment("02-24 09:00")
END: Final = moment("03-10 09:00")

SECOND_PRODUCER: Final = "third-party-scan"
SHOWN: Final = "xn-kjj-site"  # whose page is shown while it runs: its ticket is open from the first day to the last
BROKEN: Final = b'{"type": "finding", "asset_id": "sh-jinshan", "check": "account.stale", "observed_at": '


@dataclass(frozen=True, slots=True)
class Round:
    """A producer looks at some assets: at what, and whether it got through."""

    at: datetime
    source: str
    title: str
    assets: frozenset[str]
    checks: frozenset[str]
    status: str = "complete"


@dataclass(frozen=True, slots=True)
class Cue:
    """Something happens outside: messages are published, or somebody acts on the ticket of an item."""

    at: datetime
    title: str = ""
    messages: tuple[dict[str, Any] | bytes, ...] = ()  # of the findings topic
    item: Item | None = None
    act: StoryAct | None = None

    @property
    def by_link(self) -> bool:
        """Whether a contact acts, on the unit's page."""
        return self.item is not None and self.act is not None and self.item.fate.by_link(self.act)


def cues() -> list[Cue]:
    """The whole scenario, in order."""
    rounds = [*_inspections(), *_patrols()]
    published = [Cue(at.at, at.title, tuple(_round(at, rounds_items(at)))) for at in rounds]
    acts = [Cue(act.at, item=item, act=act) for item in items() for act in item.fate.acts]
    warnings = [
        Cue(item.fate.warned, messages=(_finding(item, item.fate.warned, "platform-check") | {"level": "warning"},))
        for item in items()
        if item.fate.warned
    ]
    broken = Cue(moment("02-24 17:45"), "上海某程序发来半截 JSON · a producer sends half a JSON", (BROKEN,))
    return sorted([*published, *acts, *warnings, broken], key=lambda cue: cue.at)


def rounds_items(look: Round) -> list[Item]:
    """The findings that a round makes: what is there when it looks."""
    return [
        item
        for item in items()
        if item.asset_id in look.assets and item.check in look.checks and item.fate.is_there(look.at)
    ]


def _inspections() -> Iterator[Round]:
    """Each notice's own inspection; what comes to light later is an inspection of its own."""
    for notice in notices():
        by_moment = sorted(notice.items, key=lambda item: item.fate.there[0])
        for at, found in groupby(by_moment, key=lambda item: item.fate.there[0]):
            together = list(found)
            title = together[0].fate.headline or _headline(notice, len(together))
            yield _round_of(at, notice.notice_id, together, title)


def _headline(notice: PublishedNotice, found: int) -> str:
    until = f"，{notice.report_back} 前反馈" if notice.report_back else ""
    period = f"原检查期 {between(str(notice.period['from']), str(notice.period['to']))}"
    return f"{notice.title}：{found} 个问题{until}（{period}）"


def _round_of(at: datetime, source: str, found: Iterable[Item], title: str, status: str = "complete") -> Round:
    keys = [item.key for item in found]
    return Round(at, source, title, frozenset(key[0] for key in keys), frozenset(key[1] for key in keys), status)


def _patrols() -> Iterator[Round]:
    """Later rounds: what is still there is seen again, what a complete run no longer finds is closed."""
    by_notice = {notice.notice_id: notice.items for notice in notices()}
    known = [item for notice in ("zhejiang-2021q4", "xianning-2023q1") for item in by_notice[notice]]
    again = moment("02-24 17:15")
    yield _round_of(
        again, SECOND_PRODUCER, (item for item in known if item.fate.is_there(again)),
        "第三方扫描报来同一批问题 · a second producer reports the same problems",
    )  # fmt: skip
    state = by_notice["sasac-2020q3"]
    sites = [item for item in state if item.check in ("column.stale", "site.intermittent") and item.kind == "website"]
    failing = [item for item in sites if item.asset_id == "shihua-site"]
    yield _round_of(
        moment("02-27 08:30"), "sasac-2020q3", failing,
        "国资委巡检：石化离退休干部局网站抓取失败，一条也没看到，一张也不销 · a failed run closes nothing", "failed",
    )  # fmt: skip
    for day in ("02-27", "02-28", "03-01", "03-02"):
        seen = [item for item in sites if day != "02-27" or item not in failing]
        yield _round_of(moment(f"{day} 08:30"), "sasac-2020q3", seen, "国资委每日巡检 · daily patrol")
    accounts = [item for item in by_notice["shanghai-2021q4"] if item.check == "account.stale"]
    yield _round_of(moment("02-27 17:00"), "shanghai-2021q4", accounts, "上海第二轮检查 · round two")
    zhejiang = by_notice["zhejiang-2021q4"]
    columns = [item for item in zhejiang if item.check.startswith("column.") and item.kind == "website"]
    yield _round_of(moment("03-01 09:30"), "zhejiang-2021q4", columns, "浙江网站巡检 · patrol of the websites")
    stale = [item for item in zhejiang if item.check == "account.stale"]
    yield _round_of(moment("03-06 10:00"), "zhejiang-2021q4", stale, "浙江账号巡检 · patrol of the accounts")
    wuxi = by_notice["wuxi-2023q1"]
    comments = [item for item in wuxi if item.check == "comment.unanswered"]
    yield _round_of(moment("03-03 14:00"), "wuxi-2023q1", comments, "无锡第二轮互动回应检查 · round two")
    weekly = [item for item in wuxi if item.check == "account.stale"]
    yield _round_of(
        moment("03-06 10:30"),
        "wuxi-2023q1",
        weekly,
        "无锡每周巡查复核：上周的账号都已更新 · the weekly patrol finds nothing",
    )


def _round(look: Round, found: Iterable[Item]) -> Iterator[dict[str, Any]]:
    """The messages of a round: of each asset the findings, then the run."""
    by_asset = {asset_id: list[Item]() for asset_id in sorted(look.assets)}
    if look.status == "complete":
        for item in found:
            by_asset[item.asset_id].append(item)
    for asset_id, seen in by_asset.items():
        yield from (_finding(item, look.at, look.source) for item in seen)
        yield {
            "type": "run",
            "asset_id": asset_id,
            "source": look.source,
            "run_id": _run_id(look.source, look.at),
            "status": look.status,
            "started_at": (look.at - timedelta(minutes=30)).isoformat(),
            "finished_at": look.at.isoformat(),
            "checks": sorted(look.checks),
            "found": len(seen),
        }


def _run_id(source: str, at: datetime) -> str:
    return f"{source}-{at:%m%d%H%M}"


def _finding(item: Item, at: datetime, source: str) -> dict[str, Any]:
    notice = next(notice for notice in notices() if notice.notice_id == item.notice_id)
    finding = {
        "type": "finding",
        "asset_id": item.asset_id,
        "check": item.check,
        "locator": _as_others_write(item.locator) if source == SECOND_PRODUCER else item.locator,
        "observed_at": at.isoformat(),
        "source": source,
        "run_id": _run_id(source, at),
        "detail": item.found.get("detail", "监测时点前未按要求更新"),
        "notice": notice.title,
        "period": notice.period,  # when it was really found; kept as `extra`
    }
    if item.check.startswith(("message.", "comment.")):
        finding["received_at"] = item.fate.there[0].isoformat()
    if notice.report_back:
        finding |= {"due_by": notice.report_back, "basis": notice.title}
    return finding | item.fate.facts


def _as_others_write(locator: str) -> str:
    """The same column path as another program writes it; the fingerprint is the same (rule D-1)."""
    return locator.replace("》", " > ")
