"""The named lists of a bulletin: 不合格名单, 问题明细, 未办结留言, 上期未整改."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas.policy import Policy
from streams.presentation.bulletins.numbers import number
from streams.presentation.labels import PLATFORM, labelled, where
from streams.rules.scoring.counting import places
from streams.rules.scoring.scores import Score
from streams.rules.scoring.stood import Standing
from streams.rules.scoring.tally import Named, Tally


class Names(NamedTuple):
    """What units are called, as of the moment."""

    units: Mapping[str, str]  # by unit_id


def lists(tally: Tally, names: Names) -> dict[str, Any]:
    """By name; rows in the order of the register."""
    return {
        "unqualified": [_asset(named, tally.policy, names) for named in tally.unqualified],
        "problems": [row for named in tally.problems for row in _problems(named, tally.policy, names)],
        "not_answered": [
            {
                **_who(waiting.stood.asset.asset_id, waiting.stood.asset.name, waiting.stood.asset.code),
                "unit": _unit(waiting.row.fields["unit"], names),
                "platform": _platform(waiting.row.fields.get("platform")),
                "kind": waiting.message.kind,
                "path": waiting.message.span.known.locator,
                "reasons": [tally.policy.rule(waiting.message.span.known.check).name],
                "ticket_ids": [waiting.message.slip.ticket_id] if waiting.message.slip else [],
            }
            for waiting in tally.not_answered
        ],
        "last_period_open": [_asset(named, tally.policy, names) for named in tally.last_period_open],
    }


def reasons(item: Score, policy: Policy) -> list[str]:
    """Why an asset is 不合格."""
    named = [f"单项否决：{policy.rule(code).name.removeprefix('单项否决：')}" for code in item.vetoes]
    mark = policy.limits.pass_mark.points
    if item.points is not None and item.points < mark:
        named.append(f"得分{number(item.points)}，低于{number(mark)}分")
    return named


def _asset(named: Named, policy: Policy, names: Names) -> dict[str, Any]:
    score = named.one.score
    return {
        **_who(score.asset.asset_id, score.asset.name, score.asset.code),
        "group": named.row.kind,
        "region": named.row.fields["region"],
        "unit": _unit(named.row.fields["unit"], names),
        "platform": _platform(named.row.fields.get("platform")),
        "reasons": reasons(score, policy),
        "points": None if score.points is None else number(score.points),
        "path": "；".join(dict.fromkeys(one.locator for one in named.standings if one.locator)),
        "ticket_ids": _tickets(named.standings),
    }


def _problems(named: Named, policy: Policy, names: Names) -> list[dict[str, Any]]:
    score = named.one.score
    made = []
    for standing in named.standings:
        if standing.check in policy.derived:
            continue
        rule = policy.rule(standing.check)
        cost = rule.deducted(standing.evidence, score.asset.kind) if score.points is not None else None
        many = places(standing.evidence)
        made.append(
            {
                **_who(score.asset.asset_id, score.asset.name, score.asset.code),
                "group": named.row.kind,
                "region": named.row.fields["region"],
                "unit": _unit(named.row.fields["unit"], names),
                "platform": _platform(named.row.fields.get("platform")),
                "check": standing.check,
                "reasons": [rule.name],
                "basis": cost.basis if cost else rule.veto.basis if rule.veto else "",
                "path": where(standing.locator, score.asset.kind),
                "places": many,
                "deducted": number(cost.points * many) if cost else None,
                "points": None if score.points is None else number(score.points),
                "ticket_ids": _tickets([standing]),
            }
        )
    return made


def _who(asset_id: str, name: str, code: str | None) -> dict[str, Any]:
    return {"asset_id": asset_id, "name": name, "code": code}


def _unit(unit_id: str, names: Names) -> str:
    return names.units.get(unit_id, unit_id)


def _platform(code: str | None) -> str:
    return labelled(PLATFORM, code)


def _tickets(standings: list[Standing]) -> list[str]:
    return list(dict.fromkeys(one.ticket_id for one in standings if one.ticket_id))
