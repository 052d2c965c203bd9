"""`/desk/decisions`: the runs that wait for a person, what each of them would close, and the decision about it.

W-21  A held run is decided about on a page that says what accepting it would close now, how many of how many, ticket by
      ticket, and what its sample has answered; the decision is confirmed on a form of its own, is one command in the
      viewer's name (`accept_run`, `reject_run`), and the page says what its event says. Only runs over assets whose
      unit the viewer sees are there, and of their problems only those of tickets that the viewer sees.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from notifiers.text import clean
from schemas.actions import Action
from streams.ledger.reading.supervision import HeldFilter, OpenPlace, count_held_runs, held_of_producers
from streams.log_events import event_log
from streams.presentation.labels import NO_UNIT
from streams.presentation.supervision import RUN_ACTS, RUN_STATES, RunActWords, why_held
from streams.services.commands import InvalidCommand
from streams.services.runs import HeldRun, Stake, held_behind, run_called, stake_of
from streams.services.ticket_list import total_words
from streams.web.commanding import KafkaAway
from streams.web.desk.acting import judge, may_act, outcomes_told, told_on
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.forms.reading import SentForm
from streams.web.outcomes import worst
from streams.web.premises import DESK
from streams.web.supervision.numbers import DeskCounting, Number
from streams.web.tickets.acts import AWAY, NOT_MADE
from streams.web.tickets.fields import FIELDS, FilledAct, read_fields

FIRST: Final = ("", "", "")
A_PAGE: Final = 20  # runs
PLACES: Final = 50
PRODUCERS: Final = 20  # that have several held runs
_HELD: Final = "held"
_NAMED: Final = ("asset_id", "source", "run_id")
_SEPARATOR: Final = "\x1f"
_NO_SUCH, _WRONG, _REFUSED, _AWAY = 404, 422, 409, 503
_REFRESH: Final = {"Refresh": "3"}
LOOKS: Final = "本账号只能查看。"
_NOT_BY_ROLE: Final = "由主管单位决定，本账号的角色不能采信或否决巡检。"

log = event_log(__name__)


class RunNumbers(NamedTuple):
    """A run, whose it is, and what is at stake in it."""

    held: HeldRun
    unit: str
    path: str
    absent: Number
    covered: Number
    unseen: int  # more that would be closed, of tickets that the viewer does not see


def run_path(held: HeldRun, **more: str) -> str:
    """Of the page about a run, below our root."""
    return f"desk/decisions/run?{urlencode({**held.named, **more})}"


def _seen(visit: Visit, places: list[OpenPlace]) -> list[OpenPlace]:
    return [one for one in places if visit.viewer.sees(one.unit_id)]


async def stake_numbers(counting: DeskCounting, held: HeldRun) -> RunNumbers:
    """How many of how many it would close, as links to them."""
    stake = await stake_of(counting.visit.premises.ledger, held, counting.visit.premises.policy)
    return _numbers(counting, held, stake)


def _numbers(counting: DeskCounting, held: HeldRun, stake: Stake) -> RunNumbers:
    unit = counting.registry.units.get(held.asset.unit_id or "")
    absent, covered = (_seen(counting.visit, some) for some in (stake.absent, stake.covered))
    return RunNumbers(
        held,
        unit.name if unit is not None else held.asset.unit_id or NO_UNIT,
        run_path(held),
        Number("采信后销号", run_path(held), len(absent), is_exact=True),
        Number("可销号", run_path(held, show="covered"), len(covered), is_exact=True),
        len(stake.absent) - len(absent),
    )


async def listed(visit: Visit) -> Response:
    """Every held run that the viewer sees, or those of a producer."""
    counting = await DeskCounting.of(visit)
    query = visit.request.query_params
    after = query.get("after", "")
    parts = tuple(after.split(_SEPARATOR))
    last = (parts[0], parts[1], parts[2]) if len(parts) == len(_NAMED) else FIRST
    ledger, units = visit.premises.ledger, visit.viewer.units
    source, held_by = query.get("source") or None, query.get("held_by") or None
    chosen = HeldFilter(units, source, held_by)
    found = await held_behind(ledger, last, A_PAGE + 1, chosen)
    rows = [await stake_numbers(counting, one) for one in found[:A_PAGE]]
    behind = _SEPARATOR.join(found[A_PAGE - 1].named.values()) if len(found) > A_PAGE else ""
    kept = {name: value for name, value in (("source", source), ("held_by", held_by)) if value}
    several = {} if source else await held_of_producers(ledger, units, PRODUCERS)
    return visit.page(
        "supervision/held_runs.html",
        rows=rows,
        total=total_words(await count_held_runs(ledger, chosen)),
        why=lambda one: why_held(one.run.held_by, visit.premises.policy),
        source=source,
        several=[of_producer(name, many) for name, many in several.items()],
        next=urlencode({**kept, "after": behind}) if behind else "",
        first=f"desk/decisions?{urlencode(kept)}" if kept else "desk/decisions",
        later=bool(after),
        zone=counting.registry.zone,
    )


def of_producer(source: str, many: int, held_by: str | None = None) -> Number:
    """How many runs of a producer are held, or are for this rule, as a link to them."""
    query = {"source": source, **({"held_by": held_by} if held_by else {})}
    return Number(source, f"desk/decisions?{urlencode(query)}", many)


class _RunPage(NamedTuple):
    """What the page about a run stands on."""

    counting: DeskCounting
    held: HeldRun
    stake: Stake


async def _page_of(visit: Visit, given: dict[str, str]) -> _RunPage:
    """Raises 404 where there is no such run for the viewer, or none that was ever held."""
    held = await run_called(visit.premises.ledger, *(given[name] for name in _NAMED))
    if held is None or held.run.held_by is None or not visit.viewer.sees(held.asset.unit_id):
        raise HTTPException(_NO_SUCH)
    stake = Stake([], [])
    if held.run.state == _HELD:
        stake = await stake_of(visit.premises.ledger, held, visit.premises.policy)
    return _RunPage(await DeskCounting.of(visit), held, stake)


def why_not(visit: Visit) -> str:
    """Why the viewer cannot decide about runs; empty: can."""
    if visit.viewer.command_role is None:
        return LOOKS
    if not may_act(visit, "accept_run"):
        return _NOT_BY_ROLE
    return visit.premises.signing[DESK].reason


async def shown(visit: Visit) -> Response:
    """The page about a run, or the form of a decision (`act`)."""
    query = visit.request.query_params
    page = await _page_of(visit, {name: query.get(name, "") for name in _NAMED})
    act = next((one for name, one in RUN_ACTS.items() if name == query.get("act")), None)
    if act is not None and page.held.run.state == _HELD and not why_not(visit):
        return _form(visit, page, act, FilledAct(), 200, "")
    told = await outcomes_told(visit)
    state = worst(told) if told else ""
    return _shown(visit, page, 200, outcomes=told, state=state)


def _shown(visit: Visit, page: _RunPage, status: int, **context: Any) -> Response:
    query = visit.request.query_params
    numbers = _numbers(page.counting, page.held, page.stake)
    show = "covered" if query.get("show") == "covered" else "absent"
    places = _seen(visit, page.stake.covered if show == "covered" else page.stake.absent)
    pages = max(1, -(-len(places) // PLACES))
    given = query.get("page", "1")
    number = min(max(int(given), 1), pages) if given.isascii() and given.isdigit() and len(given) < 6 else 1  # noqa: PLR2004
    common: dict[str, Any] = {
        "it": numbers,
        "why": why_held(page.held.run.held_by, visit.premises.policy),
        "is_held": page.held.run.state == _HELD,
        "run_state": RUN_STATES.get(page.held.run.state, ""),
        "cannot": why_not(visit),
        "acts": RUN_ACTS,
        "show": show,
        "total": len(places),
        "places": places[(number - 1) * PLACES : number * PLACES],
        "waiting": page.held.waiting,
        "checks": visit.premises.policy,
        "zone": page.counting.registry.zone,
        "previous": run_path(page.held, show=show, page=str(number - 1)) if number > 1 else "",
        "next": run_path(page.held, show=show, page=str(number + 1)) if number < pages else "",
    }
    headers = _REFRESH if context.get("state") == "pending" else None
    return visit.page("supervision/held_run.html", status, headers, **{**common, **context})


def _form(
    visit: Visit, page: _RunPage, act: RunActWords, filled: FilledAct, status: int, alert: str, **more: str
) -> Response:
    """`more`: the nonce of the form, where submitting it again is the same."""
    context: dict[str, Any] = {
        "it": _numbers(page.counting, page.held, page.stake),
        "act": act,
        "fields": FIELDS[act.action],
        "filled": filled,
        "alert": alert,
        "name": clean(page.held.asset.name),
    }
    return visit.page("supervision/decide.html", status, **{**context, **more})


async def submitted(visit: Visit) -> Response:
    """Accepts or rejects by a command, and goes back to the run, which says what came of it."""
    sent = await filled_in(visit)
    page = await _page_of(visit, {name: sent.one(name) for name in _NAMED})
    act = next((one for name, one in RUN_ACTS.items() if name == sent.one("act")), None)
    if act is None:
        raise HTTPException(_NO_SUCH)
    return await _carried_out(visit, page, act, sent)


async def _carried_out(visit: Visit, page: _RunPage, act: RunActWords, sent: SentForm) -> Response:
    action: Action = act.action
    filled = read_fields(FIELDS[action], sent, visit.premises.settings.zone, page.counting.registry.units)
    if filled.errors:
        return _form(visit, page, act, filled, _WRONG, "")
    if visit.premises.signing[DESK].reason:
        return _form(visit, page, act, filled, _REFUSED, visit.premises.signing[DESK].reason)
    nonce = sent.one("nonce")
    try:
        done = await judge(visit, action, [page.held], nonce, **filled.fields)
    except KafkaAway:
        log.warning("pages_without_broker")
        return _form(visit, page, act, filled, _AWAY, AWAY, nonce=nonce)
    except InvalidCommand:
        return _form(visit, page, act, filled, _WRONG, NOT_MADE)
    return told_on(visit, run_path(page.held), done.form)
