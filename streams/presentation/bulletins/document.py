"""A bulletin's figures as one JSON document (contract, "What programs may read in pages and figures"; rule S-4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from schemas.policy import Policy
from streams.presentation.bulletins.definitions import definitions
from streams.presentation.bulletins.lists import Names, lists
from streams.presentation.bulletins.numbers import dense_ranks, half_up, number, percent, points_between
from streams.presentation.labels import ASSET_CLASS, NO_UNIT, PLATFORM
from streams.rules.scoring.figures import Figures, Points
from streams.rules.scoring.grouping import DIMENSIONS, Key, in_order
from streams.rules.scoring.messages import Answers
from streams.rules.scoring.scores import FULL
from streams.rules.scoring.tally import Tally

SCHEMA: Final = "rectify.bulletin.v1"
NOT_REGISTERED: Final = "（未登记）"
_GROUPS: Final[Mapping[str, str]] = {"websites": "政府网站", "accounts": "政务新媒体"}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {"platform": PLATFORM, "class": ASSET_CLASS}


class AskedFigures(NamedTuple):
    """What was asked for, as people write it."""

    begin: str  # 2023-01-28
    end: str
    as_of: str  # a day, or a moment with an offset
    area: str | None = None


def document(
    tally: Tally, asked: AskedFigures, names: Names, last: Mapping[str, Any] | None, typed: Mapping[str, Any]
) -> dict[str, Any]:
    """All figures of a tally; `last`: the issued bulletin before this one; `typed`: fields by hand."""
    policy = tally.policy
    totals = _totals(tally, last)
    by = {name: _rows(tally, name, rows, names) for name, rows in sorted(tally.by.items(), key=_dimension)}
    by["area"] = by.get("region", [])
    by["check"] = _checks(tally)
    return {
        "schema": SCHEMA,
        "from": asked.begin,
        "to": asked.end,
        "as_of": asked.as_of,
        **({"area": asked.area} if asked.area else {}),
        "pack": policy.ref,
        "totals": totals,
        "by": by,
        "problems": by["check"],
        "lists": lists(tally, names),
        "tickets": _tickets(tally),
        "set_aside": dict(sorted(tally.aside.items())),
        "messages": {kind: _kind(tally, kind, names) for kind in ("zhaocuo", "message", "comment")},
        "after": _after(tally),
        "last_period": None if last is None else _last(last),
        "sums": _sums(totals, by),
        "definitions": definitions(policy),
        "typed": dict(typed),
    }


def _dimension(item: tuple[str, object]) -> tuple[int, str]:
    name = item[0]
    return (DIMENSIONS.index(name) if name in DIMENSIONS else len(DIMENSIONS), name)


def _totals(tally: Tally, last: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    rules, labels = tally.policy.bulletin, group_labels(tally.policy)
    before = {row["group"]: row for row in (last or {}).get("totals", ())}
    made = []
    for name in ("websites", "accounts", *(group.name for group in rules.groups)):
        row = {"group": name, "label": labels[name], **_row(tally.totals[name], name, tally.policy)}
        if name in before:
            row["change"] = {
                "unqualified": row["unqualified"] - before[name]["unqualified"],
                "rate_points": points_between(row["rate"], before[name].get("rate")),
            }
        made.append(row)
    return made


def group_labels(policy: Policy) -> dict[str, str]:
    """How groups are printed, by name: both kinds, and those of the pack."""
    rules = policy.bulletin
    named = {**_GROUPS, **{group.name: group.label or group.name for group in rules.groups}}
    return {name: rules.labels.get(name, text) for name, text in named.items()}


def _row(figures: Figures, group: str, policy: Policy) -> dict[str, Any]:
    rules = policy.bulletin
    good = figures.checked - figures.unqualified
    return {
        "running": figures.running,
        "checked": figures.checked,
        "checked_running": figures.checked_running,
        "ratio": percent(figures.checked_running, figures.running, rules.places_of("ratio", group)),
        "problem": figures.problem,
        "qualified": good,
        "unqualified": figures.unqualified,
        "rate": percent(good, figures.checked, rules.places_of("rate", group)),
        "unqualified_rate": percent(figures.unqualified, figures.checked, rules.places_of("unqualified_rate", group)),
        "points": _points(figures.points, group, policy),
    }


def _points(points: Points, group: str, policy: Policy) -> dict[str, Any]:
    rules = policy.bulletin
    mean = points.mean
    upper: list[float | None] = [None, *rules.bands]
    bands = [
        {
            "from": number(bound),
            "below": None if above is None else number(above),
            "number": many,
            "share": percent(many, points.number, rules.places_of("share", group)),
        }
        for bound, above, many in zip(rules.bands, upper, points.bands, strict=False)
    ]
    return {
        "best": None if points.best is None else number(points.best),
        "worst": None if points.worst is None else number(points.worst),
        "mean": None if mean is None else half_up(mean, rules.places_of("mean", group)),
        "full": number(FULL + (rules.bonus.most if rules.bonus else 0.0)),
        "bands": bands,
    }


def _rows(tally: Tally, dimension: str, rows: Mapping[tuple[str, Key], Figures], names: Names) -> list[dict[str, Any]]:
    made = []
    for group in _GROUPS:
        keys = in_order([key for kind, key in rows if kind == group], dimension, tally.policy.bulletin)
        some = [(key, rows[group, key]) for key in keys]
        for (key, figures), rank in zip(some, _ranks([figures.points.mean for _, figures in some]), strict=True):
            row = {
                "key": key if isinstance(key, str) else list(key),
                "label": label(dimension, key, tally.policy, names),
                "group": group,
                **_row(figures, group, tally.policy),
            }
            if rank is not None:
                row["rank"] = rank
            made.append(row)
    return made


def label(dimension: str, key: Key, policy: Policy, names: Names) -> str:
    """How a key is printed."""
    parts: Sequence[str] = (key,) if isinstance(key, str) else key
    words = []
    for name, part in zip(dimension.split(" x "), parts, strict=True):
        none = NO_UNIT if name == "unit" else NOT_REGISTERED
        known = names.units if name == "unit" else _WORDS.get(name, {})
        words.append(policy.bulletin.labels.get(part) or known.get(part) or part or none)
    return " · ".join(words)


def _ranks(means: Sequence[Fraction | None]) -> list[int | None]:
    """Dense ranks of those that have points."""
    known = [mean for mean in means if mean is not None]
    ranks = iter(dense_ranks(known))
    return [None if mean is None else next(ranks) for mean in means]


def _checks(tally: Tally) -> list[dict[str, Any]]:
    """Problems by check, most first."""
    rows = sorted(tally.checks.rows.items(), key=lambda item: (-item[1].problems, item[0]))
    return [
        {
            "check": check,
            "key": check,
            "label": tally.policy.bulletin.labels.get(check) or tally.policy.rule(check).name,
            "assets": row.assets,
            "problems": row.problems,
            "places": row.places,
        }
        for check, row in rows
    ]


def _tickets(tally: Tally) -> dict[str, Any]:
    slips, rules = tally.slips, tally.policy.bulletin
    return {
        "issued": slips.issued,
        "done": slips.done,
        "done_rate": percent(slips.done, slips.issued, rules.places_of("done_rate")),
        "done_on_time": slips.done_on_time,
        "overdue": slips.overdue,
        "extended": slips.extended,
        "urged": slips.urged,
        "reopened": slips.reopened,
    }


def _kind(tally: Tally, kind: str, names: Names) -> dict[str, Any]:
    found, policy = tally.messages[kind], tally.policy
    by_unit = {
        unit_id: found.by_unit[unit_id]
        for unit_id in in_order(found.by_unit, "unit", policy.bulletin)
        if isinstance(unit_id, str)
    }
    by_check = sorted(found.by_check.items())
    return {
        **_answers(found.whole, policy),
        "by_unit": [
            {"key": key, "label": label("unit", key, policy, names), **_answers(answers, policy)}
            for key, answers in by_unit.items()
        ],
        "by_check": [
            {"key": key, "label": policy.rule(key).name, **_answers(answers, policy)} for key, answers in by_check
        ],
    }


def _answers(answers: Answers, policy: Policy) -> dict[str, Any]:
    rules = policy.bulletin
    average, slowest = (
        None if value is None else half_up(value, rules.places_of("average"))
        for value in (answers.average, answers.slowest)
    )
    return {
        "received": answers.received,
        "valid": answers.valid,
        "done": answers.done,
        "on_time": answers.on_time,
        "at_once": answers.at_once,
        "average": average,
        "average_unit": rules.average_unit,
        "slowest": slowest,
        "on_time_rate": percent(answers.on_time, answers.valid, rules.places_of("on_time_rate")),
        "answer_rate": percent(answers.done, answers.valid, rules.places_of("answer_rate")),
    }


def _after(tally: Tally) -> dict[str, Any]:
    """整改后合格率: of websites and accounts together, and of each."""

    def one(found: Iterable[Figures], group: str = "") -> dict[str, Any]:
        some = list(found)
        checked, open_ = sum(f.checked for f in some), sum(f.still_unqualified for f in some)
        places = tally.policy.bulletin.places_of("rate", group)
        return {"checked": checked, "unqualified": open_, "rate": percent(checked - open_, checked, places)}

    return {
        **one(tally.totals[name] for name in _GROUPS),
        **{name: one([tally.totals[name]], name) for name in _GROUPS},
    }


def _last(last: Mapping[str, Any]) -> dict[str, Any]:
    """What the bulletin before this one said."""
    kept = {name: last.get(name) for name in ("bulletin_id", "number", "date", "from", "to", "as_of", "totals")}
    listed = last.get("lists", {}).get("unqualified", ())
    unqualified = listed if isinstance(listed, list) else ()  # or it stands in a file
    return {**kept, "unqualified": [{k: row.get(k) for k in ("asset_id", "name", "unit")} for row in unqualified]}


def _sums(totals: Sequence[Mapping[str, Any]], by: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Parts that must add up to their total: assets of all regions, levels and so on are all assets.

    But for websites by platform: most have none, and no row there.
    """
    made = []
    for group in _GROUPS:
        whole = next(row for row in totals if row["group"] == group)
        for dimension in DIMENSIONS:
            rows = [row for row in by.get(dimension, ()) if row["group"] == group]
            if not rows or (group, dimension) == ("websites", "platform"):
                continue
            for figure in ("running", "checked", "unqualified"):
                parts = [row[figure] for row in rows]
                made.append(
                    {
                        "name": f"{group}.{figure} by {dimension}",
                        "parts": parts,
                        "total": whole[figure],
                        "holds": sum(parts) == whole[figure],
                    }
                )
    return made
