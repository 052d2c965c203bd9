"""`/u/{token}`: the page, what is submitted on it, and the files that came."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from streams.log_events import event_log
from streams.rules.state.snapshot import Now
from streams.services.links import OpenLink
from streams.services.tickets import Found
from streams.store.store import Upload
from streams.web.commanding import KafkaAway
from streams.web.evidence import attachment, take
from streams.web.forms.reading import BadForm, SentForm, read_form
from streams.web.guard.refusals import plain
from streams.web.links import words
from streams.web.links.acting import carry_out, not_now, via
from streams.web.links.door import enter
from streams.web.links.showing import PageRequest, show
from streams.web.links.submission import ACTIONS_OF, Submission, form_of, read
from streams.web.links.typed import TypedForm, typed_on
from streams.web.links.whom import whom_to_call
from streams.web.outcomes import Became, outcomes, worst
from streams.web.premises import Premises

_GET, _POST = "../", "../../"  # from a page to the root
_SEE_OTHER, _WRONG, _REFUSED, _AWAY, _NO_SUCH = 303, 422, 409, 503, 404
_FORM: Final = re.compile(r"web-[0-9a-f]{24}", re.ASCII)
_NONCE_WORDS: Final = {"too_soon": words.TOO_SOON, "too_old": words.TOO_OLD, "not_ours": words.NOT_OURS}

log = event_log(__name__)


def links_router(premises: Premises) -> APIRouter:
    """The routes of the unit's page."""
    router = APIRouter()

    async def look(request: Request, token: str) -> Response:
        now = premises.now()
        link = await enter(premises, request, token, premises.rates.shown, now)
        return link if isinstance(link, Response) else await _look(premises, request, link, token, now)

    async def submit(request: Request, token: str, act: str) -> Response:
        now = premises.now()
        if act not in ACTIONS_OF:
            return _plain(_NO_SUCH)
        link = await enter(premises, request, token, premises.rates.submitted, now)
        return link if isinstance(link, Response) else await _submit(premises, request, link, token, act, now)

    async def file(request: Request, token: str, digest: str) -> Response:
        link = await enter(premises, request, token, premises.rates.shown, premises.now())
        return link if isinstance(link, Response) else await _file(premises, link, digest)

    router.add_api_route("/u/{token}", look, methods=["GET", "HEAD"])
    router.add_api_route("/u/{token}/files/{digest}", file, methods=["GET", "HEAD"])
    router.add_api_route("/u/{token}/{act}", submit, methods=["POST"])
    return router


def _plain(status: int) -> Response:
    return Response(plain(status), status, media_type="text/html; charset=utf-8")


async def _look(premises: Premises, request: Request, link: OpenLink, token: str, now: Now) -> Response:
    query = request.query_params
    number = query.get("page", "1")
    form = query.get("done", "")
    found, typed = await _became(premises, form, link, now) if _FORM.fullmatch(form) else ([], TypedForm())
    wanted = link.ticket(query.get("ticket", ""))
    ticket = wanted or (link.own if len(link.tickets) == 1 else None)
    place = int(number) if number.isdigit() and len(number) < 6 else 1  # noqa: PLR2004 - digits
    asked = PageRequest(token, _GET, ticket, place, found, typed=typed.lines((await premises.registry()).units))
    if worst(found) == "refused":  # to be mended and submitted once more
        asked = replace(asked, form=typed.form, values=typed.values)
    return await show(premises, link, asked, now)


async def _became(premises: Premises, form: str, link: OpenLink, now: Now) -> tuple[list[Became], TypedForm]:
    """What became of what was submitted at once with this link, and what was typed, where it is to be read again."""
    words_of_link = words.outcome_words(await whom_to_call(premises, link))
    found = await outcomes(premises, form, via(link), now, words_of_link)
    if worst(found) not in {"late", "refused"}:
        return found, TypedForm()
    return found, typed_on((await premises.store.acts_of_form(form))[0])


async def _submit(premises: Premises, request: Request, link: OpenLink, token: str, act: str, now: Now) -> Response:
    try:
        sent = await read_form(request, premises.shelf if act == "claim" else None)
    except BadForm as error:
        return _plain(error.status)
    try:
        return await _act(premises, link, token, act, sent, now)
    finally:
        sent.drop()


async def _act(premises: Premises, link: OpenLink, token: str, act: str, sent: SentForm, now: Now) -> Response:
    form = form_of(act, sent)
    if form is None:
        return _plain(400)
    tickets = _chosen(link, act, sent)
    registry = await premises.registry()
    submission = read(form, sent, tickets, premises.settings.zone, registry.units)
    nonce = sent.one("nonce")
    fault = premises.nonces.fault(token, nonce, now.real)
    reason = await not_now(submission, premises)
    files: list[Upload] = []
    if form == "claim" and tickets and fault != "not_ours" and not reason:
        files, faults = await take(premises, via(link), tickets[0].ticket.ticket_id, sent, now.at)
        if faults:
            submission.errors["files"] = "；".join(faults)
    again = _Again(premises, link, token, submission, files, now, listed=sent.one("listed") == "1")
    if submission.errors:
        return await again.show(_WRONG, "", "")
    if fault is not None:  # one that is only too young grows older
        return await again.show(_WRONG, _NONCE_WORDS[fault], nonce if fault == "too_soon" else "")
    if reason:
        return await again.show(_REFUSED, reason, "")
    try:
        done = await carry_out(premises, link, submission, nonce, files, now)
    except KafkaAway:
        log.warning("pages_without_broker")
        return await again.show(_AWAY, words.AWAY, nonce)
    if [one.state for one in done.outcomes] == ["refused"]:
        return await again.show(_REFUSED, done.outcomes[0].text, "")
    several = "" if again.listed else f"ticket={quote(tickets[0].ticket.ticket_id)}&"
    return RedirectResponse(f"../{token}?{several}done={done.form}", _SEE_OTHER)


def _chosen(link: OpenLink, act: str, sent: SentForm) -> list[Found]:
    """The tickets that were named; of a link for one ticket that one, and otherwise that of its own notice.

    On a page of several only those are signed for that somebody has chosen.
    """
    named = [found for ticket_id in sent.every("ticket") if (found := link.ticket(ticket_id)) is not None]
    if named:
        return named if act == "acknowledge" else named[:1]
    if sent.every("ticket") or (act == "acknowledge" and len(link.tickets) > 1):
        return []
    return [link.own]


class _Again:
    """The page once more, with what was typed."""

    def __init__(
        self,
        premises: Premises,
        link: OpenLink,
        token: str,
        submission: Submission,
        files: Sequence[Upload],
        now: Now,
        *,
        listed: bool,
    ) -> None:
        self.listed = listed and len(link.tickets) > 1
        self._premises, self._link, self._token, self._now = premises, link, token, now
        self._submission, self._files = submission, files

    async def show(self, status: int, alert: str, nonce: str) -> Response:
        """With a summary of what is wrong; `nonce`: that of the form, where submitting it again is the same."""
        tickets = self._submission.tickets
        asked = PageRequest(
            self._token,
            _POST,
            None if self.listed else (tickets[0] if tickets else self._link.own),
            form=self._submission.form,
            values=self._submission.values,
            errors=self._submission.errors,
            chosen=[one.ticket.ticket_id for one in tickets],
            kept=self._files,
            alert=alert,
            nonce=nonce,
        )
        return await show(self._premises, self._link, asked, self._now, status)


async def _file(premises: Premises, link: OpenLink, digest: str) -> Response:
    for found in link.tickets:
        if (answer := await attachment(premises, found.ticket.ticket_id, digest)) is not None:
            return answer
    return _plain(_NO_SUCH)
