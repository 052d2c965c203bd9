"""The ticket's story: what happened, as sentences for somebody who has never seen the system. Pure.

Each event becomes one sentence; what was sent stands between them. The events themselves are in `--json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.channels import CHANNEL_LABELS
from schemas.event import BODIES
from schemas.policy import Policy
from schemas.vocabulary import ROLE_LABELS
from streams.presentation.dates import local
from streams.presentation.labels import NOBODY, NOTICE, OURS, labelled
from streams.presentation.letters.kinds import called
from streams.presentation.ticket.dossier import Dossier
from streams.presentation.ticket.narration import Event, Narrator
from streams.presentation.ticket.sentences import SENTENCES, place, summary
from streams.presentation.why_not_sent import SENT
from streams.rules.state.records import Notice
from streams.rules.state.sightings import DERIVER, sources


class StoryLine(NamedTuple):
    """One sentence: of when, and by which rule."""

    at: datetime
    text: str
    rule: str | None = None


def story(dossier: Dossier, policy: Policy, zone: ZoneInfo) -> list[StoryLine]:
    """Who saw it, why this deadline, what everybody did, who was told, why it ended; oldest first."""
    teller = Narrator(dossier, policy, zone)
    told = [*_seen(teller), *map(teller_of(teller), dossier.events), *_letters(teller)]
    return sorted(told, key=lambda one: one.at)


def teller_of(teller: Narrator) -> Callable[[Event], StoryLine]:
    """Tells of one event."""

    def tell(event: Event) -> StoryLine:
        make = SENTENCES.get(event["type"], summary)
        if any(name not in event for name in BODIES.get(event["type"], ())):
            make = summary
        return StoryLine(datetime.fromisoformat(event["at"]), make(event, teller), event["rule"])

    return tell


def _seen(teller: Narrator) -> Iterator[StoryLine]:
    """Who saw it first, and how often it has been seen."""
    problems = teller.dossier.problems
    if not problems:
        return
    first = min(problems, key=lambda problem: problem.first_seen_at)
    last = max(problem.last_seen_at for problem in problems)
    seen_by = dict.fromkeys(name for problem in problems for name in sources(problem.seen_by_json))
    who = "、".join(OURS if name == DERIVER else name or NOBODY for name in seen_by)
    name = teller.policy.rule(first.check).name
    count = sum(problem.count for problem in problems)
    again = f"；至 {local(last, teller.zone)} 共检出 {count} 次" if count > 1 else ""
    yield StoryLine(
        first.first_seen_at,
        f"{who or NOBODY}在{teller.dossier.asset.name}{place(first.locator)}首次检出“{name}”{again}。",
    )


def _letters(teller: Narrator) -> Iterator[StoryLine]:
    """Who was told of what: the notices of a kind that went out in the same minute are one sentence."""
    groups: dict[tuple[str, str, str], list[Notice]] = {}
    for notice in teller.dossier.notices:
        if notice.state in SENT:
            minute = local(notice.updated_at, teller.zone)
            groups.setdefault((notice.kind, notice.state, minute), []).append(notice)
    for (kind, state, _), members in groups.items():
        people: dict[str, list[str]] = {}
        for notice in members:
            who = f"{teller.unit(notice.unit_id)}{notice.name or NOBODY}（{labelled(ROLE_LABELS, notice.role)}"
            people.setdefault(who, []).append(labelled(CHANNEL_LABELS, notice.channel))
        names = "、".join(f"{who}，{'和'.join(channels)}）" for who, channels in people.items())
        word = NOTICE[state] if state == "delivered" else "已发给"
        yield StoryLine(
            members[0].updated_at,
            f"通知：“{called(kind, teller.policy)}”{word}{names}。",
        )
