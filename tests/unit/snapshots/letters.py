"""Letters by name: every kind, and the turns that their words take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from streams.presentation.labels import CLOSED_BY
from streams.presentation.letters.letter import KINDS, Kind, Letter, LetterItem, Others, WarningItem
from streams.presentation.letters.office import UNSIGNED
from streams.services.sample_office import AT
from streams.services.samples import VARIANTS, readers, sample
from tests.support.world import POLICY

_UNIT: Final = {"unit_id": "slj", "name": "某市水利局"}
_ASSET: Final = {"asset_id": "slj-wx", "name": "某市水利", "kind": "account", "platform": "weibo"}


def _interview() -> Letter:
    """A pack's own step has its own title, and the words of the step that it is like (N-53)."""
    letter = sample("supervise", POLICY)
    return replace(letter, items=(replace(letter.items[0], title="约谈"),))


def _changed(kind: Kind, reason: str = "", days: int | None = 1, asset: Any = None, **ticket: Any) -> Letter:
    """A kind's sample about another ticket."""
    letter = sample(kind, POLICY)
    (item,) = letter.items
    changed = replace(item, ticket={**item.ticket, **ticket}, asset=asset or item.asset, working_days_left=days)
    return replace(letter, items=(replace(changed, reason=reason or item.reason),))


def _closed(reason: str) -> Letter:
    into = {"merged_into": "ZG230303-9A1C0DE23471"} if reason == "merged" else {}
    return _changed("closed", days=None, close_reason=reason, **into)


def _due(**offset: float) -> dict[str, str]:
    return {"due_at": (AT + timedelta(**offset)).isoformat()}


def _hourly(kind: Kind, **offset: float) -> Letter:
    return _changed(kind, days=0, **_due(**offset), deadline={"amount": 4, "unit": "hour", "basis": "立即整改"})


def _others(kind: Kind) -> Letter:
    """A mail that takes along what else presses, in two units."""
    late = sample("urge", POLICY).items[0]
    soon = replace(sample("reminder", POLICY).items[0], asset=_ASSET, unit=_UNIT)
    rows = (_renamed(late, "ZG230221-19E7B0A4C3D2"), _renamed(soon, "ZG230228-63C5F1E08B9A"))
    return replace(sample(kind, POLICY), others=Others(rows, 9, 4))


def _renamed(item: LetterItem, ticket_id: str) -> LetterItem:
    return replace(item, ticket={**item.ticket, "ticket_id": ticket_id})


def _standing_in() -> Letter:
    """A unit without contacts: the supervising unit is told."""
    letter = sample("opened", POLICY, "supervisor")
    return replace(letter, items=(replace(letter.items[0], standing_in="nobody"),))


def _bare() -> Letter:
    """Nothing is registered, no pack knows the check, and no deadline could be counted."""
    ticket = {"ticket_id": "T-BARE", "asset_id": "nobody-knows", "check": "own.check", "status": "open"}
    return replace(sample("opened"), items=(LetterItem("opened", ticket, None, None, ""),))


def _derived_veto() -> Letter:
    """A veto that is a count lists what it adds up."""
    since = "2023-02-20T09:00:00+08:00"
    parts = [{"locator": f"/lm{number}/", "check": "column.blank", "since": since} for number in range(1, 13)]
    problems = [{"facts": {"title": "空白栏目5个及以上，现有12个", "evidence": {"parts": parts}}}]
    letter = _changed("opened", check="veto.columns_blank", severity="critical", problems=problems)
    names = {"column.blank": "空白栏目"}
    return replace(letter, items=(replace(letter.items[0], check_name="单项否决：空白栏目过多", check_names=names),))


def _supervisors() -> Letter:
    """A digest of two units, to somebody who sees to it that others act."""
    own = replace(sample("supervise", POLICY).items[0], asset=_ASSET, unit=_UNIT)
    items = (own, _renamed(sample("bulletin", POLICY).items[0], "ZG230214-AA27C4905E1D"))
    return replace(sample("supervise", POLICY), items=items)


def _looking() -> Letter:
    """A digest of nothing but the looking."""
    held = _renamed(sample("run_held", POLICY).items[0], "ZG230228-7D15E2B9C0F3")
    return replace(sample("run_held", POLICY), items=(held, sample("recheck_unanswered", POLICY).items[0]))


def _asked() -> Letter:
    """A digest of what units ask for."""
    other = replace(sample("ask_unanswered", POLICY).items[0], asset=_ASSET, unit=_UNIT)
    items = (sample("asked", POLICY).items[0], _renamed(other, "T-SQ20230228"))
    return replace(sample("asked", POLICY), items=items)


def _many() -> Letter:
    """More tickets than a mail has rows."""
    item = sample("urge", POLICY).items[0]
    return replace(
        sample("urge", POLICY), items=tuple(_renamed(item, f"ZG230221-{number:04}5E1D07A2") for number in range(53))
    )


def _warned(times: int, stale_since: str | None, *lines: tuple[str, int, str]) -> Letter:
    """A warning with lines of its own."""
    letter = sample("warned")
    first = letter.warnings[0]
    named = [{"kind": kind, "amount": amount, "unit": unit} for kind, amount, unit in lines]
    changes = {"times": times, "stale_since": stale_since, "since": "2023-03-01T10:00:00+08:00", "lines": named}
    return replace(letter, warnings=(WarningItem({**first.subject, **changes}, first.asset, first.unit),))


LETTERS: Final[Mapping[str, Callable[[], Letter]]] = {
    **{kind: partial(sample, kind, POLICY) for kind in (*KINDS, *VARIANTS)},
    **{
        f"{kind}-to-{reader}": partial(sample, kind, POLICY, reader)
        for kind in (*KINDS, "digest")
        for reader in readers(kind)[1:]
    },
    "opened-standing-in": _standing_in,
    "opened-without-pages": lambda: replace(sample("opened"), pages=(), code=""),
    "opened-unsigned": lambda: replace(sample("opened"), pages=(), code="", letterhead=UNSIGNED),
    "reminder-claimed": lambda: _changed("reminder", status="claimed"),
    "urge-claimed": lambda: _changed("urge", days=-5, status="claimed"),
    "supervise-claimed": lambda: _changed("supervise", days=-5, status="claimed"),
    **{f"closed-{reason}": partial(_closed, reason) for reason in CLOSED_BY},
    "answered-refused": lambda: _changed("answered", "不同意申请（申请延期），理由：时间充足"),
    "digest-of-asks": _asked,
    "interview": _interview,
    "opened-bare": _bare,
    "opened-claimed": lambda: _changed("opened", status="claimed"),
    "opened-veto": _derived_veto,
    "opened-hourly": lambda: replace(_hourly("opened", hours=3, minutes=20), outside="hour"),
    "opened-guarded-night": lambda: replace(sample("guarded", POLICY), outside="guarded"),
    "opened-whole-account": lambda: _changed("opened", asset=_ASSET, problems=[{"facts": {}}]),
    "reminder-hourly": lambda: _hourly("reminder", minutes=35),
    "reminder-today": lambda: _changed("reminder", days=0, **_due(hours=8, minutes=30)),
    "reminder-and-others": lambda: _others("reminder"),
    "urge-and-others": lambda: _others("urge"),
    "urge-hourly": lambda: _hourly("urge", hours=-2, minutes=-15),
    "urge-since-this-morning": lambda: _changed("urge", days=0, **_due(hours=-1)),
    "supervise-hourly": lambda: _hourly("supervise", hours=-30),
    "reopened-content-changed": lambda: _changed("reopened", "内容已变化，原判定不再适用"),
    "reopened-waiver-ended": lambda: _changed("reopened", "报备已到期，问题仍在"),
    "digest-of-supervisors": _supervisors,
    "digest-of-looking": _looking,
    "digest-of-many": _many,
    "warned-again": lambda: _warned(2, "2023-02-20", ("breach", 7, "day"), ("breach", 14, "day")),
    "warned-undated": lambda: _warned(1, None, ("penalty", 1, "month"), ("veto", 3, "month")),
    "warned-rounds": lambda: _warned(1, None, ("breach", 2, "round"), ("breach", 5, "working_day")),
}
