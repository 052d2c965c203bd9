"""The page of one ticket: all that is known of it, and what the viewer can do about it now.

W-10  A ticket of a unit that the viewer does not see is as good as none: the same page after the same look, in lists,
      counts, workbooks, files and forms.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from schemas.channels import CHANNEL_LABELS
from streams.presentation.dates import local
from streams.presentation.labels import NOTICE, labelled
from streams.presentation.letters.kinds import called
from streams.presentation.masking import masked
from streams.presentation.ticket.acts import DeskAct, desk_acts
from streams.presentation.ticket.dossier import Dossier
from streams.presentation.ticket.sheet import header, problem_lines
from streams.presentation.ticket.story import story
from streams.presentation.unit_page.view import CLOCK_RUNS, SHOWN_PLACES, page
from streams.presentation.why_not_sent import answers
from streams.rules.commands.acts_now import acts_now
from streams.services.tickets import Found, case_of, exactly, load
from streams.web.desk.acting import outcomes_told
from streams.web.desk.visits import Visit
from streams.web.evidence import attachment, size_words
from streams.web.outcomes import worst
from streams.web.premises import DESK

_NO_SUCH: Final = 404
_REFRESH: Final = {"Refresh": "3"}
_LOOKS: Final = "本账号只能查看。"


async def seen(visit: Visit, ticket_id: str) -> Found:
    """The ticket, if the viewer sees it; raises 404."""
    found = await exactly(visit.premises.ledger, ticket_id)
    if found is None or not visit.viewer.sees(found.ticket.unit_id):
        raise HTTPException(_NO_SUCH)
    return found


def acts_for(visit: Visit, dossier: Dossier) -> list[DeskAct]:
    """Every act, whether the viewer can do it now, and the reason where not (K-47)."""
    role = visit.viewer.command_role
    reason = _LOOKS if role is None else visit.premises.signing[DESK].reason
    zone = visit.premises.settings.zone
    return desk_acts(acts_now(dossier.ticket, dossier.asks, visit.premises.policy, role, zone), reason)


async def shown(visit: Visit, ticket_id: str) -> Response:
    """The page."""
    found = await seen(visit, ticket_id)
    premises = visit.premises
    registry = await premises.registry()
    number = _number(visit.request.query_params.get("page", "1"), found)
    dossier = await load(premises.ledger, found, first=(number - 1) * SHOWN_PLACES, registry=registry)
    told = await outcomes_told(visit)
    state = worst(told) if told else ""
    it = page(dossier, registry, premises.policy, visit.now.at, premises.registry.day_names, number=number)
    acts = acts_for(visit, dossier)
    now = visit.now.at.astimezone(registry.zone)
    context: dict[str, Any] = {
        "it": it,
        "facts": list(header(dossier, premises.policy, now, registry.zone)),
        "can": [act for act in acts if not act.reason],
        "cannot": [act for act in acts if act.reason],
        "clock_runs": CLOCK_RUNS,
        "looked_at": [
            [line.strip() for line in problem_lines(one, dossier, premises.policy, registry.zone)]
            for one in dossier.problems
        ],
        "story": [
            (local(one.at, registry.zone), one.text, one.rule or "")
            for one in reversed(story(dossier, premises.policy, registry.zone))
        ],
        "why": [one.text for one in answers(case_of(dossier, premises.settings, premises.policy, now))],
        "notices": _notices(visit, dossier),
        "files": [(one, size_words(one.bytes)) for one in await premises.store.uploads_of(found.ticket.ticket_id)],
        "outcomes": told,
        "state": state,
    }
    return visit.page("tickets/ticket.html", 200, _REFRESH if state == "pending" else None, **context)


def _number(text: str, found: Found) -> int:
    """Which page of its places."""
    pages = max(1, -(-found.ticket.problem_count // SHOWN_PLACES))
    return min(max(int(text), 1), pages) if text.isascii() and text.isdigit() and len(text) < 6 else 1  # noqa: PLR2004


def _notices(visit: Visit, dossier: Dossier) -> list[tuple[str, ...]]:
    zone = visit.premises.settings.zone
    return [
        (
            local(one.updated_at, zone),
            called(one.kind, visit.premises.policy),
            labelled(CHANNEL_LABELS, one.channel),
            masked(one),
            labelled(NOTICE, one.state),
            one.code or "",
        )
        for one in dossier.notices
    ]


async def file(visit: Visit, ticket_id: str, digest: str) -> Response:
    """A file that came with a claim: always as an attachment, never as a page of ours."""
    found = await seen(visit, ticket_id)
    answer = await attachment(visit.premises, found.ticket.ticket_id, digest)
    if answer is None:
        raise HTTPException(_NO_SUCH)
    return answer
