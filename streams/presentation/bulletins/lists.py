"""The named lists of a bulletin: 不合格名单, 问题明细, 未办结留言, 上期未整改."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas.policy import Policy
from streams.presentation.bulletins.numbers import number
from streams.presentation.labels import PLATFORM, labelled, where
from streams.rules.scoring.counting import places
from streams.rules.scoring.grouping import Counted
from streams.rules.scoring.messages import Message
from streams.rules.scoring.scores import Score
from streams.rules.scoring.stood import Standing, Stood
from streams.rules.scoring.tally import Named, Tally
from streams.rules.state.records import AssetRecord


class Names(NamedTuple):
    """What units are called, as of the moment."""

    units: Mapping[str, str]  # by unit_id


def lists(tally: Tally, names: Names) -> dict[str, Any]:
    """By name; rows in the order of the register."""
    return {
        "unqualified": [asset_row(named, tally.policy, names) for named in tally.unqualified],
        "problems": [
            problem_row(named, standing, tally.policy, names)
            for named in tally.problems
            for standing in named.standings
            if standing.check not in tally.policy.derived
        ],
        "not_answered": [
            message_row(waiting.stood, waiting.row, waiting.message, tally.policy, names)
            for waiting in tally.not_answered
        ],
        "last_period_open": [asset_row(named, tally.policy, names) for named in tally.last_period_open],
    }


def reasons(item: Score, policy: Policy) -> list[str]:
    """Why an asset is 不合格."""
    named = [f"单项否决：{policy.rule(code).name.removeprefix('单项否决：')}" for code in item.vetoes]
    mark = policy.limits.pass_mark.points
    if item.points is not None and item.points < mark:
        named.append(f"得分{number(item.points)}，低于{number(mark)}分")
    return named


def asset_row(named: Named, policy: Policy, names: Names) -> dict[str, Any]:
    """An asset with what the period makes of it."""
    score = named.one.score
    return {
        **_of_asset(score.asset, named.row, names),
        "reasons": reasons(score, policy),
        "points": None if score.points is None else number(score.points),
        "path": "；".join(dict.fromkeys(one.locator for one in named.standings if one.locator)),
        "ticket_ids": _tickets(named.standings),
    }


def problem_row(named: Named, standing: Standing, policy: Policy, names: Names) -> dict[str, Any]:
    """One of an asset's problems."""
    score = named.one.score
    rule = policy.rule(standing.check)
    cost = rule.deducted(standing.evidence, score.asset.kind) if score.points is not None else None
    many = places(standing.evidence)
    return {
        **_of_asset(score.asset, named.row, names),
        "check": standing.check,
        "reasons": [rule.name],
        "basis": cost.basis if cost else rule.veto.basis if rule.veto else "",
        "path": where(standing.locator, score.asset.kind),
        "places": many,
        "deducted": number(cost.points * many) if cost else None,
        "points": None if score.points is None else number(score.points),
        "ticket_ids": _tickets([standing]),
    }


def message_row(stood: Stood, row: Counted, message: Message, policy: Policy, names: Names) -> dict[str, Any]:
    """A message to an asset."""
    return {
        **_who(stood.asset),
        "unit": _unit(row.fields["unit"], names),
        "platform": _platform(row.fields.get("platform")),
        "kind": message.kind,
        "path": message.span.known.locator,
        "reasons": [policy.rule(message.span.known.check).name],
        "ticket_ids": [message.slip.ticket_id] if message.slip else [],
    }


def _of_asset(asset: AssetRecord, row: Counted, names: Names) -> dict[str, Any]:
    return {
        **_who(asset),
        "group": row.kind,
        "region": row.fields["region"],
        "unit": _unit(row.fields["unit"], names),
        "platform": _platform(row.fields.get("platform")),
    }


def _who(asset: AssetRecord) -> dict[str, Any]:
    return {"asset_id": asset.asset_id, "name": asset.name, "code": asset.code}


def _unit(unit_id: str, names: Names) -> str:
    return names.units.get(unit_id, unit_id)


def _platform(code: str | None) -> str:
    return labelled(PLATFORM, code)


def _tickets(standings: list[Standing]) -> list[str]:
    return list(dict.fromkeys(one.ticket_id for one in standings if one.ticket_id))
