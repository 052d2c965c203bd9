"""`/desk/decisions/producer`: the held runs of one producer, decided about together.

W-22  Of a producer's held runs those may be accepted together that are held for their producer (C-45): each of the
      others has a question of its own. All of them may be rejected together. At most 200 at once, each by a command of
      its own, with its own outcome; what will happen is said and confirmed first.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response

from notifiers.text import clean
from streams.ledger.reading.supervision import HeldFilter, count_held_runs
from streams.log_events import event_log
from streams.presentation.supervision import RUN_ACTS, RunActWords
from streams.rules.closing.producer_brake import RULE as PRODUCER_BRAKE
from streams.services.commands import InvalidCommand
from streams.services.runs import HeldRun, held_behind, runs_called
from streams.web.commanding import KafkaAway
from streams.web.desk.acting import judge, outcomes_told, told_on
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.forms.reading import SentForm
from streams.web.outcomes import ORDER
from streams.web.supervision.held_runs import FIRST, of_producer, why_not
from streams.web.tickets.acts import AWAY, NOT_MADE
from streams.web.tickets.fields import FIELDS, FilledAct, read_fields

MOST: Final = 200  # runs at once
BYTES: Final = 48_000  # of their names in a form
SHOWN: Final = 10  # assets that are named
_NO_SUCH, _WRONG, _REFUSED, _AWAY = 404, 422, 409, 503
_REFRESH: Final = {"Refresh": "3"}

log = event_log(__name__)


class _Together(NamedTuple):
    """What is decided about together: the act, the runs, how many there are in all."""

    act: RunActWords
    source: str
    runs: list[HeldRun]
    total: int


async def _chosen(visit: Visit, act: RunActWords, source: str) -> _Together:
    chosen = HeldFilter(visit.viewer.units, source, _rule(act))
    runs = await held_behind(visit.premises.ledger, FIRST, MOST, chosen)
    return _Together(act, source, runs, await count_held_runs(visit.premises.ledger, chosen))


def _rule(act: RunActWords) -> str | None:
    return PRODUCER_BRAKE if act.action == "accept_run" else None


async def asked_for(visit: Visit) -> Response:
    """What can be decided about together, or the form of the decision (`act`)."""
    source = visit.request.query_params.get("source", "")
    both = [await _chosen(visit, act, source) for act in RUN_ACTS.values()]
    if not any(one.runs for one in both):
        raise HTTPException(_NO_SUCH)
    wanted = next((one for one in both if one.act.name == visit.request.query_params.get("act") and one.runs), None)
    if wanted is not None and not why_not(visit):
        return _form(visit, wanted, FilledAct(), 200, "")
    numbers = [(one.act, of_producer(source, one.total, _rule(one.act))) for one in both]
    return visit.page("supervision/producer.html", source=source, both=numbers, cannot=why_not(visit))


async def submitted(visit: Visit) -> Response:
    """One command a run that the form named; where the page goes says what became of them."""
    sent = await filled_in(visit)
    act, source, named = RUN_ACTS.get(sent.one("act")), sent.one("source"), _read(sent.one("runs"))
    if act is None or not 0 < len(named) <= MOST:
        raise HTTPException(_NO_SUCH)
    runs = await runs_called(visit.premises.ledger, source, named)
    seen = [one for one in runs if visit.viewer.sees(one.asset.unit_id)]
    of_act = [one for one in seen if act.action == "reject_run" or one.of_producer]
    if len(of_act) != len(named) or any(one.run.held_by is None for one in of_act):
        raise HTTPException(_NO_SUCH)
    return await _carried_out(visit, _Together(act, source, of_act, len(of_act)), sent)


def _read(text: str) -> set[tuple[str, str]]:
    try:
        found = orjson.loads(text)
        return {(str(asset_id), str(run_id)) for asset_id, run_id in found}
    except (orjson.JSONDecodeError, TypeError, ValueError):
        return set()


async def _carried_out(visit: Visit, together: _Together, sent: SentForm) -> Response:
    action = together.act.action
    filled = read_fields(FIELDS[action], sent, visit.premises.settings.zone, {})
    if filled.errors:
        return _form(visit, together, filled, _WRONG, "")
    if reason := why_not(visit):
        return _form(visit, together, filled, _REFUSED, reason)
    nonce = sent.one("nonce")
    try:
        done = await judge(visit, action, together.runs, nonce, **filled.fields)
    except KafkaAway:
        log.warning("pages_without_broker")
        return _form(visit, together, filled, _AWAY, AWAY, nonce=nonce)
    except InvalidCommand:
        return _form(visit, together, filled, _WRONG, NOT_MADE)
    return told_on(visit, "desk/decisions/became", done.form)


def _form(visit: Visit, together: _Together, filled: FilledAct, status: int, alert: str, **more: str) -> Response:
    """`more`: the nonce of the form, where submitting it again is the same."""
    runs = together.runs
    named = [(one.asset.asset_id, one.run.run_id) for one in runs]
    while len(text := orjson.dumps(named).decode()) > BYTES:
        del named[len(named) // 2 :]
    context: dict[str, Any] = {
        "act": together.act,
        "source": together.source,
        "total": together.total,
        "count": len(named),
        "runs": text,
        "names": [clean(one.asset.name) for one in runs[: min(SHOWN, len(named))]],
        "fields": FIELDS[together.act.action],
        "filled": filled,
        "alert": alert,
    }
    return visit.page("supervision/together.html", status, **{**context, **more})


async def became(visit: Visit) -> Response:
    """What became of them, what is not done first."""
    told = await outcomes_told(visit)
    if not told:
        raise HTTPException(_NO_SUCH)
    states = Counter(one.state for one in told)
    words = Counter((one.state, one.text) for one in told)
    return visit.page(
        "supervision/became.html",
        200,
        _REFRESH if states["pending"] else None,
        done=states["done"],
        refused=states["refused"],
        pending=states["pending"] + states["late"],
        lines=sorted(words.items(), key=lambda one: ORDER.index(one[0][0])),
    )
