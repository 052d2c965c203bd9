"""Mails about producers that have fallen silent (rule R-42).

R-42  A silent producer (R-41) is told by mail to the duty contacts of the unit that the registry names for it; where it
      names none that can be reached, to the office's own address (`RECTIFY_OFFICE_EMAIL`); the desk shows it in any
      case. Gathered like openings (N-3), in a letter of its own, and not sent any more once the producer has run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

import orjson

from schemas.addresses import inbox
from schemas.registry import Unit
from streams.rules.notices.notices import EXPIRY
from streams.rules.notices.pending import by_mail, pending
from streams.rules.state.changes import Changes
from streams.rules.state.records import Notice, ProducerRhythm
from streams.rules.state.text import to_json

SILENT: Final = "producer_silent"
"""A type of event and a kind of notice."""


class ToldOfSilence(NamedTuple):
    """Who is told; the office has no unit and no name."""

    unit_id: str | None
    name: str
    address: str
    role: str


def tell(changes: Changes, rhythm: ProducerRhythm, interval: timedelta, unit: Unit | None, office: str) -> None:
    """Records the mails; once for each inbox."""
    subject = {
        "source": rhythm.source,
        "last_run_at": rhythm.last_run_at.isoformat(),
        "usual_seconds": int(interval.total_seconds()),
    }
    told: dict[str, ToldOfSilence] = {}
    for one in [*_of_unit(unit)] or [*_of_office(office)]:
        told.setdefault(inbox("email", one.address), one)
    changes.notify(_mail(changes, rhythm, one, to_json(subject)) for one in told.values())


def is_still(subject_json: str, rhythms: Mapping[str, ProducerRhythm]) -> bool:
    """Whether the producer that a notice tells of has not run since."""
    subject = orjson.loads(subject_json)
    known = rhythms.get(subject["source"])
    return known is not None and known.last_run_at.isoformat() == subject["last_run_at"]


def _of_unit(unit: Unit | None) -> Iterator[ToldOfSilence]:
    if unit is not None:
        for contact, address in by_mail(unit):
            yield ToldOfSilence(unit.unit_id, contact.name, address, contact.role)


def _of_office(office: str) -> Iterator[ToldOfSilence]:
    if office:
        yield ToldOfSilence(None, "", office, "duty")


def _mail(changes: Changes, rhythm: ProducerRhythm, to: ToldOfSilence, subject_json: str) -> Notice:
    cause = f"{SILENT}\x1f{rhythm.source}\x1f{rhythm.last_run_at.isoformat()}\x1f{to.address}"
    return pending(
        cause,
        ticket_pk=0,
        asset_pk=rhythm.asset_pk,
        kind=SILENT,
        channel="email",
        unit_id=to.unit_id,
        name=to.name,
        address=to.address,
        role=to.role,
        at=changes.at,
        not_before=changes.at + timedelta(minutes=changes.policy.sending.gather.minutes),
        expires_at=changes.at + EXPIRY,
        subject_json=subject_json,
    )
