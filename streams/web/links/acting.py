"""What somebody has submitted on the unit's page, as commands: one for each ticket."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.command import Command
from streams.presentation.unit_page.acts import possible
from streams.rules.state.snapshot import Now
from streams.services.commands import new_command
from streams.services.links import OpenLink
from streams.services.tickets import Found
from streams.services.unit_acts import unit_acts
from streams.store.store import Upload
from streams.web.acting import Submitted, submit
from streams.web.evidence import as_evidence
from streams.web.forms.nonces import form_id
from streams.web.links.submission import Submission, content_of
from streams.web.links.typed import written
from streams.web.links.whom import whom_to_call
from streams.web.links.words import outcome_words
from streams.web.premises import LINKS, Premises


def via(link: OpenLink) -> str:
    """The way of whoever holds the link."""
    return f"link:{link.notice.notice_id}"


async def not_now(submission: Submission, premises: Premises) -> str:
    """Why none of its tickets lets it be done now; where some do, the others are refused by their event."""
    acts = await unit_acts(premises.ledger, submission.tickets, premises.policy, premises.settings.zone)
    reasons = [
        one.reason
        for found in submission.tickets
        for one in possible(found.ticket, acts[found.ticket.ticket_id], premises.signing[LINKS].reason)
        if one.form == submission.form
    ]
    return reasons[0] if reasons and all(reasons) else ""


async def carry_out(
    premises: Premises, link: OpenLink, submission: Submission, nonce: str, files: Sequence[Upload], now: Now
) -> Submitted:
    """Raises KafkaAway: the brokers have not taken it; submitted again, it is the same."""
    form = form_id(nonce, submission.form, content_of(submission, [one.sha256 for one in files]))
    commands = [_command(link, submission, found, form, files, now) for found in submission.tickets]
    words = outcome_words(await whom_to_call(premises, link))
    return await submit(premises, LINKS, form, commands, now, words, phone=submission.phone, typed=written(submission))


def _command(
    link: OpenLink, submission: Submission, found: Found, form: str, files: Sequence[Upload], now: Now
) -> Command:
    fields: dict[str, Any] = dict(submission.fields)
    if files:
        fields["evidence"] = {**fields.get("evidence", {}), "files": as_evidence(files)}
    return new_command(
        submission.action,
        found.asset.asset_id,
        submission.name,
        now.at,
        command_id=f"{form}.{found.ticket.ticket_id}",
        ticket_id=found.ticket.ticket_id,
        via=via(link),
        **fields,
    )
