"""`/tickets/bulk`: one act about many tickets, in two steps: what will happen, and what became of each.

W-12  An act about many tickets (at most 500) is said first, with how many of which units and how many cannot now; then
      each has a command of its own, and its own outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.responses import Response

from schemas.actions import Action
from streams.log_events import event_log
from streams.presentation.labels import NO_UNIT
from streams.presentation.ticket.acts import SAID, TITLES
from streams.rules.commands.acts_now import acts_now
from streams.rules.state.snapshot import Registry
from streams.services.commands import InvalidCommand
from streams.services.failure import Failure
from streams.services.tickets import Found, of_numbers, open_asks
from streams.web.commanding import KafkaAway
from streams.web.desk.acting import act, may_act, outcomes_told, told_on
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.forms.reading import FIELDS as FIELDS_MOST
from streams.web.forms.reading import BadForm, SentForm
from streams.web.outcomes import ORDER
from streams.web.premises import DESK
from streams.web.tickets.acts import AWAY, NOT_MADE
from streams.web.tickets.asked import options
from streams.web.tickets.fields import FIELDS, FilledAct, read_fields
from streams.web.tickets.opened import list_of

MOST: Final = 500
BULK: Final[tuple[Action, ...]] = ("acknowledge", "send_back", "extend", "dismiss", "waive", "reassign")
_WRONG, _NO_SUCH, _AWAY = 422, 404, 503
_REFRESH: Final = {"Refresh": "3"}

log = event_log(__name__)


class _Chosen(NamedTuple):
    """What is to be done, about which tickets."""

    action: Action
    tickets: Sequence[Found]
    cannot: Counter[str]  # how many cannot now, by the reason
    registry: Registry


def bulk_acts(visit: Visit) -> list[tuple[Action, str]]:
    """What the viewer may do about many at once."""
    if visit.premises.signing[DESK].reason:
        return []
    return [(one, TITLES[one]) for one in BULK if may_act(visit, one)]


async def submitted(visit: Visit) -> Response:
    """The first time it says what will happen, the second time (`confirm`) it is done."""
    sent = await filled_in(visit)
    action = next((one for one, _ in bulk_acts(visit) if one == sent.one("act")), None)
    if action is None:
        raise HTTPException(_NO_SUCH)
    ids = await _ids(visit, sent)
    tickets = [one for one in await of_numbers(visit.premises.ledger, ids) if visit.viewer.sees(one.ticket.unit_id)]
    chosen = await _examined(visit, action, tickets)
    if sent.one("confirm") != "1" or not tickets:
        alert = "" if tickets else "请先在列表中选择整改单。"
        return _shown(visit, chosen, FilledAct(), _WRONG if alert else 200, alert)
    return await _carried_out(visit, chosen, sent)


async def _ids(visit: Visit, sent: SentForm) -> list[str]:
    """Those that were chosen, or with `all` the first of the list that the page showed (`query`)."""
    if sent.one("all") != "1":
        return [one for value in sent.every("ticket") for one in value.split(",") if one][:MOST]
    try:
        _, found = await list_of(visit, parse_qsl(sent.one("query"), max_num_fields=FIELDS_MOST))
    except ValueError:
        raise BadForm from None
    try:
        return [row.ticket.ticket_id for row in await found.first(MOST)] if found is not None else []
    except Failure:  # it takes too long
        return []


async def _examined(visit: Visit, action: Action, tickets: Sequence[Found]) -> _Chosen:
    """Which of them cannot be done now (K-47); they are refused by their event."""
    registry = await visit.premises.registry()
    asks = await open_asks(visit.premises.ledger, tickets)
    role, policy = visit.viewer.command_role, visit.premises.policy
    cannot: Counter[str] = Counter()
    for one in tickets:
        acts = acts_now(one.ticket, asks.get(one.ticket.pk, ()), policy, role, registry.zone)
        cannot.update(found.sentence for found in acts if found.action == action and not found.can)
    return _Chosen(action, tickets, cannot, registry)


async def _carried_out(visit: Visit, chosen: _Chosen, sent: SentForm) -> Response:
    filled = read_fields(FIELDS[chosen.action], sent, visit.premises.settings.zone, chosen.registry.units)
    if filled.errors:
        return _shown(visit, chosen, filled, _WRONG, "")
    nonce = sent.one("nonce")
    try:
        done = await act(visit, chosen.action, chosen.tickets, nonce, **filled.fields)
    except KafkaAway:
        log.warning("pages_without_broker")
        return _shown(visit, chosen, filled, _AWAY, AWAY, nonce=nonce)
    except InvalidCommand:
        return _shown(visit, chosen, filled, _WRONG, NOT_MADE)
    return told_on(visit, "tickets/bulk", done.form)


def _shown(visit: Visit, chosen: _Chosen, filled: FilledAct, status: int, alert: str, **more: str) -> Response:
    """`more`: the nonce of the form, where submitting it again is the same."""
    names = {one.unit_id: one.name for one in chosen.registry.units.values()}
    units = Counter(names.get(one.ticket.unit_id or "", one.ticket.unit_id or NO_UNIT) for one in chosen.tickets)
    context: dict[str, Any] = {
        "action": chosen.action,
        "title": TITLES[chosen.action],
        "said": SAID[chosen.action],
        "ids": ",".join(one.ticket.ticket_id for one in chosen.tickets),
        "count": len(chosen.tickets),
        "by_unit": units.most_common(),
        "cannot": chosen.cannot.most_common(),
        "fields": FIELDS[chosen.action],
        "filled": filled,
        "units": options(names),
        "alert": alert,
    }
    return visit.page("tickets/bulk.html", status, **{**context, **more})


async def became(visit: Visit) -> Response:
    """What became of each, what is not done first."""
    told = await outcomes_told(visit)
    if not told:
        raise HTTPException(_NO_SUCH)
    states = Counter(one.state for one in told)
    headers = _REFRESH if states["pending"] else None
    return visit.page(
        "tickets/became.html", 200, headers, outcomes=sorted(told, key=lambda one: ORDER.index(one.state)),
        done=states["done"], refused=states["refused"], pending=states["pending"] + states["late"],
    )  # fmt: skip
