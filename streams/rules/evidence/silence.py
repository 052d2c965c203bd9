"""Silent producers 巡检中断: one that ran regularly and does not any more (rule R-41).

A crawler that has died looks like a world without new problems; and what it has reported is never proved gone.

R-41  A producer runs regularly once pauses between its runs, over all assets and whatever their status, have ended on
      three different days (local) of the last 100. Its usual interval is the longest of those pauses, but for the
      longest twentieth: a crawler that works by night is not silent by day, one that rests at weekends not on Sunday,
      and a long holiday is no rhythm; two of its last three pauses are a new one, so who goes from daily to weekly
      runs is called silent twice at most. What counts is when runs arrive, to 5 minutes. Once three usual intervals
      have passed since its last run, and a week since the first pause that is remembered, which may lack a weekend,
      that is said once (`producer_silent`); again only after it has run again. Nobody is called silent while messages
      wait that we have not read.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from typing import Final

import orjson

from streams.rules.notices.silence_mails import SILENT, tell
from streams.rules.state.changes import Changes
from streams.rules.state.outcomes import ProducerOutcome
from streams.rules.state.records import AssetRecord, ProducerRhythm
from streams.rules.state.text import roughly, to_json

NOTED: Final = timedelta(minutes=5)  # runs that come closer together are one
DAYS: Final = 100  # that are remembered
REGULAR: Final = 3  # days on which a pause has ended
INTERVALS: Final = 3
A_WEEK: Final = 7  # days
_SPARED: Final = 20  # of so many pauses one is no measure


def ran(changes: Changes, asset: AssetRecord, source: str) -> None:
    """A run of the producer has arrived."""
    known = changes.rhythms.of(source)
    if known is None:
        changes.rhythms.put(ProducerRhythm(source, asset.pk, changes.at, "[]", None, None))
        return
    pause = changes.at - known.last_run_at
    if pause < NOTED:
        return
    today = changes.local(changes.at).toordinal()
    pauses = _with(known.pauses_json, today, int(pause.total_seconds()))
    interval = usual(pauses)
    until_known = timedelta(days=pauses[0][0] + A_WEEK - today)
    changes.rhythms.put(
        known._replace(
            asset_pk=asset.pk,
            last_run_at=changes.at,
            pauses_json=to_json(pauses),
            review_at=None if interval is None else changes.at + max(INTERVALS * interval, until_known),
            silent_at=None,
        )
    )


def usual(pauses: list[list[int]]) -> timedelta | None:
    """The usual interval, of the longest pause of each day, in order; None: it does not run regularly."""
    if len(pauses) < REGULAR:
        return None
    longest = sorted((seconds for _, seconds in pauses), reverse=True)
    newest = sorted((seconds for _, seconds in pauses[-REGULAR:]), reverse=True)
    return timedelta(seconds=max(longest[len(longest) // _SPARED], newest[1]))


def interval_of(rhythm: ProducerRhythm) -> timedelta | None:
    """A producer's usual interval, for people."""
    return usual(orjson.loads(rhythm.pauses_json))


def review(changes: Changes, source: str, office: str) -> ProducerOutcome:
    """Looks at a producer whose moment has come; the answer names the outcome."""
    known = changes.rhythms.of(source)
    interval = None if known is None else interval_of(known)
    if known is None or interval is None or known.review_at is None or known.review_at > changes.at:
        return "back"
    changes.rhythms.put(known._replace(review_at=None, silent_at=changes.at))
    producer = changes.registry.producers.get(source)
    unit = changes.registry.units.get(producer.unit_id or "") if producer is not None else None
    name = f"“{producer.name}”（{source}）" if producer is not None else f" {source} "
    since, often = roughly(changes.at - known.last_run_at), roughly(interval)
    event = {
        "id": blake2b(f"{SILENT}\x1f{source}\x1f{known.last_run_at.isoformat()}".encode(), digest_size=16).hexdigest(),
        "type": SILENT,
        "at": changes.stamped,
        "asset_id": None,
        "unit_id": unit.unit_id if unit is not None else None,
        "ticket_id": None,
        "ticket_version": None,
        "rule": "R-41",
        "reason": "usual_run_missing",
        "summary": f"巡检方{name}已{since}没有巡检，此前间隔一般不超过{often}",
        "source": source,
        "last_run_at": changes.stamp(known.last_run_at),
        "usual_seconds": int(interval.total_seconds()),
    }
    changes.publish(changes.topics.events, source, event)
    tell(changes, known, interval, unit, office)
    return "silent"


def _with(pauses_json: str, day: int, seconds: int) -> list[list[int]]:
    """The pauses that are remembered, with one that ends on this day."""
    pauses: dict[int, int] = {then: longest for then, longest in orjson.loads(pauses_json) if day - then < DAYS}
    pauses[day] = max(seconds, pauses.get(day, 0))
    return [[then, pauses[then]] for then in sorted(pauses)]
