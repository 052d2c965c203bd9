"""Who gets what is published over HTTP, too; pure (rule N-71).

N-71 What is published for supervisors is also posted to their webhooks: an escalation to those of the owner's unit and
     of every unit above it, and to those that are bound to no unit; an issued bulletin to the latter alone, for it
     shows every unit. A post is a CloudEvent with the id of its event, and is recorded together with the decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from schemas.registry import Unit
from streams.rules.state.snapshot import PublishedEscalation

ESCALATION, BULLETIN = "rectify.escalation.v1", "rectify.bulletin.v1"
_SOURCE: Final = "rectify"


class Subscriber(NamedTuple):
    """A webhook, and whose it is; without a unit: everybody's."""

    webhook: str
    unit_id: str | None = None


class NewPost(NamedTuple):
    """What is to be posted; `body` is the CloudEvent as it goes over the wire, at every attempt."""

    webhook: str
    event_id: str
    body: str


def escalation_posts(
    escalated: Iterable[PublishedEscalation], subscribers: Iterable[Subscriber], units: Mapping[str, Unit]
) -> Iterator[NewPost]:
    """The posts of escalations, in their order."""
    by_unit: dict[str | None, list[str]] = {}
    for one in subscribers:
        by_unit.setdefault(one.unit_id, []).append(one.webhook)
    for escalation in escalated:
        whose = (None, *_upwards(escalation.unit_id, units))
        webhooks = [name for unit_id in whose for name in by_unit.get(unit_id, ())]
        if webhooks:
            event = {"id": escalation.event_id, "type": ESCALATION, "time": escalation.at}
            body = _cloud_event({**event, "subject": escalation.subject}, escalation.value)
            yield from (NewPost(name, escalation.event_id, body) for name in webhooks)


def bulletin_posts(bulletin_id: str, document: str, subscribers: Iterable[Subscriber]) -> Iterator[NewPost]:
    """The posts of an issued bulletin."""
    body = _cloud_event({"id": bulletin_id, "type": BULLETIN, "subject": bulletin_id}, document.encode())
    yield from (NewPost(one.webhook, bulletin_id, body) for one in subscribers if one.unit_id is None)


def _upwards(unit_id: str | None, units: Mapping[str, Unit]) -> Iterator[str]:
    """A unit and those above it, each once, also where they supervise each other in a circle."""
    known = set()
    while unit_id is not None and unit_id not in known:
        known.add(unit_id)
        yield unit_id
        unit = units.get(unit_id)
        unit_id = unit.supervisor_id if unit is not None else None


def _cloud_event(attributes: Mapping[str, Any], data: bytes) -> str:
    """Structured mode (CloudEvents 1.0)."""
    head = {"specversion": "1.0", "source": _SOURCE, "datacontenttype": "application/json"}
    return orjson.dumps({**head, **attributes, "data": orjson.Fragment(data)}).decode()
