"""What somebody has submitted, carried out: one command for each ticket, signed, published, awaited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from schemas.command import Command
from streams.presentation.unit_page.acts import possible
from streams.rules.state.snapshot import Now
from streams.services.commands import new_command
from streams.services.links import OpenLink
from streams.services.tickets import Found
from streams.services.unit_acts import unit_acts
from streams.store.store import PageAct, Upload
from streams.web.forms.nonces import form_id
from streams.web.links.evidence import as_evidence
from streams.web.links.outcomes import Became, outcome_of, whom_to_call
from streams.web.links.submission import Submission, content_of
from streams.web.links.typed import written
from streams.web.premises import Premises


class Submitted(NamedTuple):
    """What was submitted at once, and what became of it so far."""

    form: str
    outcomes: list[Became]


async def not_now(submission: Submission, premises: Premises) -> str:
    """Why none of its tickets lets it be done now; where some do, the others are refused by their event."""
    acts = await unit_acts(premises.ledger, submission.tickets, premises.policy, premises.settings.zone)
    reasons = [
        one.reason
        for found in submission.tickets
        for one in possible(found.ticket, acts[found.ticket.ticket_id], premises.signing.reason)
        if one.form == submission.form
    ]
    return reasons[0] if reasons and all(reasons) else ""


async def carry_out(
    premises: Premises, link: OpenLink, submission: Submission, nonce: str, files: Sequence[Upload], now: Now
) -> Submitted:
    """Raises KafkaAway: the brokers have not taken it; submitted again, it is the same."""
    form = form_id(nonce, submission.form, content_of(submission, [one.sha256 for one in files]))
    commands = [_command(link, submission, found, form, files, now) for found in submission.tickets]
    acts = [
        PageAct(
            command.command_id or "",
            form,
            link.notice.notice_id,
            command.ticket_id or "",
            command.asset_id,
            command.action,
            submission.name,
            submission.phone,
            written(submission),
            now.at,
        )
        for command in commands
    ]
    await premises.store.add_acts(acts)
    answers = await premises.commands.carry_out(commands, premises.signing.key)
    whom = await whom_to_call(premises, link)
    return Submitted(form, [outcome_of(act, answer, now, whom) for act, answer in zip(acts, answers, strict=True)])


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
        via=f"link:{link.notice.notice_id}",
        **fields,
    )
