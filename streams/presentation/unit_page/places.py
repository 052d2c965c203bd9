"""Where something is wrong, and what, as the unit's page shows it: as letters do, and numbered. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from notifiers.text import clean
from schemas.policy import Policy
from streams.presentation.labels import PROBLEM, labelled
from streams.presentation.letters import places as of_letters
from streams.rules.state.documents import asset_document, problem_document
from streams.rules.state.records import AssetRecord, Problem, Ticket
from streams.rules.state.snapshot import Registry


class NumberedPlace(NamedTuple):
    """One place; `href` is empty where it is no link."""

    where: str
    href: str
    wrong: str
    status: str  # its label, where it is not open any more


def places(
    ticket: Ticket, problems: Sequence[Problem], asset: AssetRecord, registry: Registry, policy: Policy
) -> Iterator[NumberedPlace]:
    """Every problem of a ticket; of a veto what it adds up."""
    documents: list[dict[str, Any]] = [
        orjson.loads(orjson.dumps(problem_document(one, registry.zone))) for one in problems
    ]
    shown: Sequence[Mapping[str, Any]] = of_letters.parts_of({"check": ticket.check}, documents) or documents
    names = {check: policy.rule(check).name for check in {str(one["check"]) for one in shown if "check" in one}}
    whole = of_letters.whole_of(asset_document(asset))
    for one in shown:
        place = of_letters.place_of(one, whole, names)
        yield NumberedPlace(
            place.where, place.href, place.wrong, labelled(PROBLEM, str(one["status"])) if place.gone else ""
        )


def href(text: str) -> str:
    """The address where it may be a link."""
    return text if of_letters.is_link(clean(text)) else ""
