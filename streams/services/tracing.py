"""What became of a message that somebody has sent: `rectify trace`, `GET /api/v1/findings/{id}`.

H-6  A message is named by where it lies (`<topic>-<partition>-<offset>`), and read there once more. Whether it has been
     decided is said by how far its partition was read; which ticket it opened by the ticket's number, and which events
     it brought about by theirs, which are made of that place (T-7, T-8). That it was counted is concluded: it was
     decided, and its problem has been seen then. What Kafka keeps no longer is not traced; nor is said which of several
     sightings made a count what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from schemas.policy import Policy
from schemas.recheck import Recheck
from schemas.run import Run
from schemas.topics import Topics
from streams.files.policy.loading import load_policy
from streams.kafka.batches import MessagePlace
from streams.kafka.config import KafkaConfig
from streams.kafka.single_records import Kept, NoAnswer, dead_letter_of, record_at
from streams.ledger import Ledger
from streams.ledger.reading.links import events_of_ticket
from streams.ledger.reading.queries import find_tickets
from streams.ledger.reading.tracing import problems_known_as, read_to, run_named
from streams.rules.intake.fingerprint import discriminator_of, identify, named
from streams.rules.intake.intake import DatedFinding, Refusal, read_seen
from streams.rules.state.identity import ProblemIdentity
from streams.rules.state.numbering import LogPlace, brought_about, opened_by
from streams.rules.state.places import places_of
from streams.rules.state.records import Problem, Ticket
from streams.services.connections import kafka_config, topics_of
from streams.services.failure import Failure
from streams.settings.model import Settings

Fate = Literal["waiting", "refused", "opened", "counted", "suspected", "warned", "decided", "not_kept", "not_found"]
WORDS: Final[Mapping[Fate, str]] = {
    "waiting": "等待处理 · no worker has read it yet",
    "refused": "不予受理，见死信 · refused: it is a dead letter",
    "opened": "立单 · it opened the ticket",
    "counted": "计入已有问题 · it was counted with a problem of the ticket",
    "suspected": "疑似，待确认 · it waits for confirmation; no ticket yet",
    "warned": "预警，不立单 · before the line; no ticket",
    "decided": "已处理 · it was decided",
    "not_kept": "Kafka 已不保存，无法查证 · Kafka keeps it no longer, or never had it: nobody can tell",
    "not_found": "已处理，台账中已无此问题 · it was decided, and the ledger has nothing of it any more",
}
_KIND: Final = {DatedFinding: "finding", Run: "run", Recheck: "recheck"}


@dataclass(frozen=True, slots=True)
class TracedMessage:
    """What became of a message; `asset_id` and `source` say whose it is."""

    id: str
    fate: Fate
    kind: str | None = None  # finding, run, recheck
    asset_id: str | None = None
    source: str | None = None
    code: str | None = None  # of a refusal
    detail: str | None = None
    ahead: int | None = None  # waiting: messages of its partition that come first
    ticket: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    run: dict[str, Any] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)  # that it has brought about

    def document(self) -> dict[str, Any]:
        """For programs: what is known."""
        return {**{name: value for name, value in asdict(self).items() if value is not None}, "words": WORDS[self.fate]}


class Tracer:
    """Looks after messages of one installation."""

    def __init__(self, ledger: Ledger, kafka: KafkaConfig, topics: Topics, policy: Policy, max_bytes: int) -> None:
        self._ledger, self._kafka, self._topics = ledger, kafka, topics
        self._policy, self._max_bytes = policy, max_bytes

    async def trace(self, message_id: str, at: datetime) -> TracedMessage | None:
        """What became of it; None of what is no id of ours. Raises NoAnswer, LedgerUnavailable."""
        place = place_of(message_id, self._topics.findings)
        if place is None:
            return None
        kept = await record_at(self._kafka, place)
        if kept is None:
            return TracedMessage(message_id, "not_kept")
        read = read_seen(kept.value, kept.headers, at, self._max_bytes)
        about = _about(message_id, read)
        progress = await read_to(self._ledger, place.topic, place.partition)
        if progress is None or progress.next_offset <= place.offset:
            return replace(about, fate="waiting", ahead=place.offset - (progress.next_offset if progress else 0))
        if isinstance(read, Refusal):
            return replace(about, fate="refused", code=read.code, detail=read.detail)
        log_place = LogPlace(*place, progress.epoch)
        if isinstance(read, DatedFinding):
            found = await self._finding(about, read, log_place)
        elif isinstance(read, Run):
            found = await self._run(about, read)
        else:
            found = await self._recheck(about, read, log_place) if isinstance(read, Recheck) else about
        return found if found.fate != "not_found" else await self._refused(found, place, kept)

    async def _finding(self, about: TracedMessage, read: DatedFinding, place: LogPlace) -> TracedMessage:
        finding, places = read.finding, places_of(self._policy)
        rule = self._policy.rule(finding.check)
        discriminator = discriminator_of(rule.discriminator, finding.evidence, places)
        identity = identify(
            finding.asset_id, finding.check, finding.locator, discriminator, finding.fingerprint, places
        )
        known = [
            row
            for row in await problems_known_as(self._ledger, finding.asset_id, identity.keys)
            if row[0].first_seen_at <= read.at <= row[0].last_seen_at
        ]
        if not known:
            return about
        problem, ticket = next((row for row in known if _is_opener(row, place, identity)), known[0])
        described = replace(about, problem=_problem(problem), fate=_without_ticket(problem))
        if ticket is None:
            return described
        fate: Fate = "opened" if _is_opener((problem, ticket), place, identity) else "counted"
        events = await self._events(ticket, place, [problem.fingerprint, f"{finding.source}\x1f{finding.run_id}"])
        return replace(described, fate=fate, ticket=_ticket(ticket), events=events)

    async def _run(self, about: TracedMessage, run: Run) -> TracedMessage:
        known = await run_named(self._ledger, run.asset_id, run.source, run.run_id)
        if known is None:
            return about
        facts = {"run_id": run.run_id, "state": known.state, "counted": known.counted, "found": run.found}
        return replace(about, fate="decided", run=facts)

    async def _recheck(self, about: TracedMessage, recheck: Recheck, place: LogPlace) -> TracedMessage:
        """Of the problem or the ticket that it names."""
        ticket, problem = None, None
        if recheck.ticket_id is not None:
            ticket = next((one for one, _ in await find_tickets(self._ledger, recheck.ticket_id, limit=1)), None)
        elif recheck.fingerprint is not None:
            keys = named(recheck.asset_id, recheck.fingerprint).keys
            problem, ticket = next(iter(await problems_known_as(self._ledger, recheck.asset_id, keys)), (None, None))
        described = replace(about, fate="decided", problem=None if problem is None else _problem(problem))
        if ticket is None:
            return described
        keys_of_events = [problem.fingerprint] if problem is not None else []
        return replace(described, ticket=_ticket(ticket), events=await self._events(ticket, place, keys_of_events))

    async def _events(self, ticket: Ticket, place: LogPlace, dedup_keys: Sequence[str]) -> list[dict[str, Any]]:
        """Among the latest of the ticket, those that the message has brought about, the oldest first."""
        found = [recorded.event for recorded in await events_of_ticket(self._ledger, ticket.ticket_id)]
        return [
            {name: event.get(name) for name in ("id", "type", "at", "rule", "reason", "summary")}
            for event in reversed(found)
            if brought_about(event, place, dedup_keys)
        ]

    async def _refused(self, about: TracedMessage, place: MessagePlace, kept: Kept) -> TracedMessage:
        """Nothing is known of it: it may have been refused when it came, by the clock or by a fault of ours."""
        refused = await dead_letter_of(self._kafka, self._topics.dead_letters, place, kept.timestamp)
        return about if refused is None else replace(about, fate="refused", code=refused.code, detail=refused.detail)


async def trace_message(settings: Settings, ledger: Ledger, message_id: str, at: datetime) -> TracedMessage | None:
    """As `Tracer.trace`, for a command. Raises Failure when no broker answers."""
    policy = load_policy(settings.policy)
    tracer = Tracer(ledger, kafka_config(settings), topics_of(settings), policy, settings.max_message_bytes)
    try:
        return await tracer.trace(message_id, at)
    except NoAnswer:
        msg = f"无法连接 Kafka · no Kafka answers at {kafka_config(settings).bootstrap} (RECTIFY_BROKER)"
        raise Failure(msg) from None


def place_of(message_id: str, topic: str) -> MessagePlace | None:
    """The place that an id names; None if it is none of this topic."""
    named_topic, _, rest = message_id.rpartition("-")[0].rpartition("-")
    offset = message_id.rpartition("-")[2]
    numbers = (rest, offset)
    if named_topic != topic or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in numbers):  # noqa: PLR2004 - digits of a number of Kafka's
        return None
    return MessagePlace(topic, int(rest), int(offset))


def _about(message_id: str, read: object) -> TracedMessage:
    if isinstance(read, DatedFinding):
        return TracedMessage(message_id, "not_found", "finding", read.finding.asset_id, read.finding.source)
    if isinstance(read, Run | Recheck):
        return TracedMessage(message_id, "not_found", _KIND[type(read)], read.asset_id, read.source)
    return TracedMessage(message_id, "not_found")


def _is_opener(row: tuple[Problem, Ticket | None], place: LogPlace, identity: ProblemIdentity) -> bool:
    problem, ticket = row
    return ticket is not None and any(opened_by(ticket.ticket_id, place, key) for key in {problem.key, *identity.keys})


def _without_ticket(problem: Problem) -> Fate:
    return "warned" if problem.status == "warned" else "suspected"


def _problem(problem: Problem) -> dict[str, Any]:
    facts = {"fingerprint": problem.fingerprint, "status": problem.status, "count": problem.count}
    return {**facts, "first_seen_at": problem.first_seen_at, "last_seen_at": problem.last_seen_at}


def _ticket(ticket: Ticket) -> dict[str, Any]:
    facts = {"ticket_id": ticket.ticket_id, "status": ticket.status, "due_at": ticket.due_at.astimezone(UTC)}
    return {**facts, "merged_into": ticket.merged_into}
