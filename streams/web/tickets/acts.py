"""`/tickets/{id}/acts/{act}`: the form of an act, and what is submitted with it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from schemas.actions import ASKS, Action, AskKind
from schemas.vocabulary import ASK_LABELS
from streams.files.uploads.kinds import ACCEPTED
from streams.log_events import event_log
from streams.presentation.ticket.acts import SAID, DeskAct, action_named
from streams.presentation.ticket.dossier import Dossier
from streams.presentation.unit_page.view import CLOCK_RUNS, head
from streams.presentation.waiting import ask_words
from streams.rules.state.snapshot import Registry
from streams.services.commands import InvalidCommand
from streams.services.tickets import Found, load
from streams.store.store import Upload
from streams.web.commanding import KafkaAway
from streams.web.desk.acting import act, told_on
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.evidence import KINDS_SAID, as_evidence, take
from streams.web.forms.reading import SentForm
from streams.web.tickets.asked import SELECTED
from streams.web.tickets.fields import FIELDS, ActField, FilledAct, read_fields
from streams.web.tickets.single import acts_for, seen

_NO_SUCH, _WRONG, _REFUSED, _AWAY = 404, 422, 409, 503
AWAY: Final = "系统暂时无法接收，内容尚未提交，已保留在下面。请过几分钟再点一次“提交”，重复提交只算一次。"
NOT_MADE: Final = "内容不符合要求，请核对后再提交。"

log = event_log(__name__)


class _ActPage(NamedTuple):
    """What a form stands on."""

    found: Found
    dossier: Dossier
    registry: Registry
    act: DeskAct
    fields: tuple[ActField, ...]


def _kind(action: Action, given: str) -> AskKind | None:
    if action != "ask":
        return None
    return next((kind for kind in ASKS if kind == given), None)


async def _page_of(visit: Visit, ticket_id: str, name: str, kind: str) -> _ActPage:
    """Raises 404 where there is no such ticket for the viewer, or no such act."""
    found = await seen(visit, ticket_id)
    action = action_named(name)
    if action is None or (action == "ask" and _kind(action, kind) is None):
        raise HTTPException(_NO_SUCH)
    registry = await visit.premises.registry()
    dossier = await load(visit.premises.ledger, found, registry=registry)
    wanted = _kind(action, kind)
    one = next(one for one in acts_for(visit, dossier) if (one.action, one.kind) == (action, wanted))
    return _ActPage(found, dossier, registry, one, FIELDS[wanted or action])


async def asked_for(visit: Visit, ticket_id: str, name: str) -> Response:
    """The form, or why there is none now."""
    page = await _page_of(visit, ticket_id, name, visit.request.query_params.get("kind", ""))
    if page.act.reason:
        return _shown(visit, page, FilledAct(), (), _REFUSED, page.act.reason)
    return _shown(visit, page, FilledAct(), (), 200, "")


async def submitted(visit: Visit, ticket_id: str, name: str) -> Response:
    """Acts by a command, and goes back to the ticket, which says what came of it."""
    await seen(visit, ticket_id)
    sent = await filled_in(visit, visit.premises.shelf if name == "claim" else None)
    try:
        page = await _page_of(visit, ticket_id, name, sent.one("kind"))
        return await _carried_out(visit, page, sent)
    finally:
        sent.drop()


async def _carried_out(visit: Visit, page: _ActPage, sent: SentForm) -> Response:
    filled = read_fields(page.fields, sent, visit.premises.settings.zone, page.registry.units)
    files: list[Upload] = []
    if page.act.action == "claim_fix" and not page.act.reason:
        ticket_id = page.found.ticket.ticket_id
        files, faults = await take(visit.premises, visit.viewer.via, ticket_id, sent, visit.now.at)
        if faults:
            filled.errors["files"] = "；".join(faults)
    if filled.errors:
        return _shown(visit, page, filled, files, _WRONG, "")
    if page.act.reason:
        return _shown(visit, page, filled, files, _REFUSED, page.act.reason)
    fields: dict[str, Any] = {**filled.fields, **({"kind": page.act.kind} if page.act.kind else {})}
    if files:
        fields["evidence"] = {**fields.get("evidence", {}), "files": as_evidence(files)}
    nonce = sent.one("nonce")
    try:
        done = await act(visit, page.act.action, [page.found], nonce, **fields)
    except KafkaAway:
        log.warning("pages_without_broker")
        return _shown(visit, page, filled, files, _AWAY, AWAY, nonce=nonce)
    except InvalidCommand:
        return _shown(visit, page, filled, files, _WRONG, NOT_MADE)
    if [one.state for one in done.outcomes] == ["refused"]:
        return _shown(visit, page, filled, files, _REFUSED, done.outcomes[0].text)
    return told_on(visit, f"tickets/{page.found.ticket.ticket_id}", done.form)


def _shown(
    visit: Visit, page: _ActPage, filled: FilledAct, files: Any, status: int, alert: str, **more: str
) -> Response:
    """`more`: the nonce of the form, where submitting it again is the same."""
    registry, dossier = page.registry, page.dossier
    units = sorted(
        ((one.unit_id, one.name) for one in registry.units.values() if one.unit_id != page.found.ticket.unit_id),
        key=lambda one: one[1],
    )
    context: dict[str, Any] = {
        "head": head(page.found.ticket, page.found.asset, (), registry, visit.premises.policy, visit.now.at),
        "act": page.act,
        "said": SAID.get(page.act.action, ASK_LABELS.get(page.act.kind or "", "")),
        "fields": page.fields,
        "filled": filled,
        "kept": files,
        "alert": alert,
        "units": units if len(units) <= SELECTED else [],
        "asks": [(one.ask_id, ask_words(one, registry.units, registry.zone)) for one in dossier.asks],
        "problems": [one for one in dossier.problems if one.status == "open" and one.current],
        "accepted": ACCEPTED,
        "kinds_said": KINDS_SAID,
        "clock_runs": CLOCK_RUNS,
    }
    return visit.page("tickets/act.html", status, **{**context, **more})
