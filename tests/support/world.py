"""A world in memory: everything the ledger would remember, and the pure core on top of it. No I/O, a clock to set.

It says what users see: tickets, events, notices, messages by topic. The same decisions run on the real ledger in the
integration tests.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from schemas.ladder import LASTING
from schemas.policy import Policy
from schemas.registry import GuardedPeriod, Producer, Unit
from schemas.topics import Topics
from streams.files.calendar.builtin import builtin_calendar
from streams.files.policy.loading import load_policy
from streams.rules.decide import decide
from streams.rules.intake.intake import Refusal
from streams.rules.needs import NEEDS, needs_of
from streams.rules.state.inputs import (
    Input,
    JudgeRun,
    PublishTicket,
    RecountAsset,
    Registration,
    ReviewAsks,
    ReviewProducer,
    ReviewRequests,
    ReviewTicket,
    ReviewWeek,
    UnitChanged,
)
from streams.rules.state.numbering import LogPlace
from streams.rules.state.outcomes import LABELS
from streams.rules.state.records import (
    Ask,
    AssetRecord,
    HistoryEntry,
    Notice,
    OpenRequest,
    OutMessage,
    ProbeDay,
    Problem,
    ProducerRhythm,
    ProducerStanding,
    RunRecord,
    Ticket,
    WeeklyMail,
)
from streams.rules.state.snapshot import REFRESH_WAIT, Adopted, ChangeSet, Now, Registry, Snapshot, Totals
from streams.rules.tickets.invariants import violations
from streams.rules.tickets.tickets import OPEN
from streams.worker.intake.reading import command_reader, finding_reader
from streams.worker.intake.registrar import RegistryEntry, read_record
from tests.support.event_ids import EventIds
from tests.support.summaries import look_at_summaries

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = load_policy(None)
TRUSTING = POLICY.model_copy(update={"trusted": ("linter", "prober", "probe")})  # whoever asks them or not (C-50)
TOPICS = Topics()
MAX_BYTES = 1_048_576


def local(text: str) -> datetime:
    """A moment in Shanghai: `2023-02-24 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def _adopted(entry: HistoryEntry, adopted: Iterable[Adopted]) -> HistoryEntry:
    """As the ledger does: a warning of a ticket's past gets its number."""
    if entry.type != "warned" or entry.ticket_pk is not None:
        return entry
    mine = (entry.asset_pk, json.loads(entry.body_json)["fingerprint"])
    pks = [one.ticket_pk for one in adopted if (one.asset_pk, one.fingerprint) == mine and entry.at >= one.since]
    return entry._replace(ticket_pk=pks[0]) if pks else entry


def _summed(added: Iterable[ProducerStanding]) -> tuple[ProducerStanding, ...]:
    """As the ledger does: what was added to a slot, together."""
    sums: dict[tuple[str, datetime], list[int]] = {}
    for source, slot_at, *counts in added:
        sums[(source, slot_at)] = [
            one + more for one, more in zip(sums.get((source, slot_at), [0] * 3), counts, strict=True)
        ]
    return tuple(ProducerStanding(*slot, *counts) for slot, counts in sums.items())


def _falls_away(notice: Notice) -> bool:
    """As the ledger does: what was decided of a ticket is told in any case, and what is to be decided too."""
    return notice.state == "pending" and notice.kind not in LASTING


class World:
    """State, clock and outbox."""

    def __init__(self, at: str = "2026-02-13 16:00", policy: Policy = POLICY) -> None:
        self.policy = policy
        self.now = local(at)
        self.real = self.now
        self.assets: dict[str, AssetRecord] = {}
        self.problems: list[Problem] = []
        self.tickets: dict[int, Ticket] = {}
        self.runs: dict[tuple[int, str, str], RunRecord] = {}
        self.notices: dict[str, Notice] = {}
        self.probes: dict[tuple[int, int], ProbeDay] = {}
        self.requests: dict[bytes, OpenRequest] = {}
        self.asks: dict[tuple[int, str], Ask] = {}
        self.standings: list[ProducerStanding] = []
        self.rhythms: dict[str, ProducerRhythm] = {}
        self.weeks: dict[str, WeeklyMail] = {}
        self.office = ""  # its own mail address
        self.history: list[HistoryEntry] = []
        self.commands: set[str] = set()
        self.former: dict[bytes, bytes] = {}  # what identities of problems were before -> what they are now
        self.recounts: dict[int, datetime] = {}  # ticket pk -> the real time at which its counters are published
        self.unpublished: dict[int, datetime] = {}  # ticket pk -> the real time at which it is published
        self._counted: frozenset[int] = frozenset()  # of what is published, that which is due for its counters alone
        self.outbox: list[OutMessage] = []
        self.event_ids = EventIds(TOPICS.events)
        self.refused: list[Refusal] = []
        self.outcomes: Counter[str] = Counter()
        self.registry = Registry({}, builtin_calendar(), {}, ZONE)
        self.epoch = 0  # of the logs that are read
        self._offsets: Counter[tuple[str, int]] = Counter()
        self._pks = itertools.count(1)
        self._problem_pks = itertools.count(1)
        self._read_finding = finding_reader(policy, MAX_BYTES)
        self._read_command = command_reader(MAX_BYTES)

    # What comes in

    def unit(self, unit_id: str, name: str = "", **fields: Any) -> None:
        """Registers a unit."""
        record = {"unit_id": unit_id, "name": name or unit_id, **fields}
        units = {**self.registry.units, unit_id: Unit.model_validate_json(json.dumps(record))}
        self.registry = replace(self.registry, units=units)
        if "replaced_by" in record:
            self.follow_unit(unit_id)

    def delete_unit(self, unit_id: str) -> None:
        """Deletes a unit's record."""
        units = {name: unit for name, unit in self.registry.units.items() if name != unit_id}
        self.registry = replace(self.registry, units=units)
        self.follow_unit(unit_id)

    def follow_unit(self, unit_id: str) -> None:
        """What the due watch does once a unit was merged or deleted."""
        self.decide([UnitChanged(pk) for pk, ticket in self.tickets.items() if ticket.unit_id == unit_id])

    def delete_asset(self, asset_id: str) -> None:
        """Deletes an asset's record."""
        self.decide([Registration(asset_id, None)])

    def guarded(self, name: str, **fields: Any) -> None:
        """Registers a guarded period."""
        period = GuardedPeriod.model_validate_json(json.dumps({"name": name, **fields}))
        self.registry = replace(self.registry, guarded={**self.registry.guarded, name: period})

    def producer(self, source: str, name: str = "", **fields: Any) -> None:
        """Registers a producer."""
        record = Producer.model_validate_json(json.dumps({"source": source, "name": name or source, **fields}))
        self.registry = replace(self.registry, producers={**self.registry.producers, source: record})

    def calendar(self, year: int, days: dict[str, bool]) -> None:
        """Publishes a year's arrangement, day -> off: open tickets with a provisional deadline are looked at."""
        arrangement = {date.fromisoformat(day): off for day, off in days.items()}
        self.registry = replace(self.registry, calendar=self.registry.calendar.with_year(year, arrangement))
        for pk, ticket in self.tickets.items():
            if ticket.status in OPEN and ticket.provisional:
                self.tickets[pk] = ticket._replace(next_review_at=self.now)
        self.until(self.now.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"))

    def asset(self, asset_id: str, name: str = "", **fields: Any) -> None:
        """Registers an asset."""
        record = {"asset_id": asset_id, "name": name or asset_id, "kind": "website", **fields}
        content = read_record(f"asset:{asset_id}".encode(), json.dumps(record).encode(), MAX_BYTES)
        assert not isinstance(content, Refusal | RegistryEntry), content
        self.decide([content])

    def send(self, *messages: dict[str, Any] | bytes, partition: int = 0) -> None:
        """One batch of the findings topic."""
        self._take(messages, self._read_finding, TOPICS.findings, partition)

    def command(self, **fields: Any) -> None:
        """One command."""
        at = self.now.isoformat()
        self._take([{"by": "张三", "at": at, **fields}], self._read_command, TOPICS.commands)

    def _take(self, messages: Iterable[dict[str, Any] | bytes], read: Any, topic: str, partition: int = 0) -> None:
        inputs: list[Input] = []
        places: list[LogPlace] = []
        for message in messages:
            place = LogPlace(topic, partition, self._offsets[topic, partition], self.epoch)
            self._offsets[topic, partition] += 1
            value = message if isinstance(message, bytes) else self.encoded(message)
            content = read(SimpleNamespace(value=value, headers=()), self.now)
            if isinstance(content, Refusal):
                self.refused.append(content)
            else:
                inputs.append(content)
                places.append(place)
        self.decide(inputs, places)

    @staticmethod
    def encoded(message: dict[str, Any]) -> bytes:
        """As it lies on the topic."""
        return json.dumps(message, default=lambda value: getattr(value, "isoformat", value.__str__)()).encode()

    # Deciding

    def decide(self, inputs: list[Input], places: Sequence[LogPlace] = ()) -> None:
        """Decides one batch, read at these places, and remembers what was decided."""
        for asset_id in needs_of([content for content in inputs if type(content) in NEEDS]).asset_ids:
            if asset_id not in self.assets:
                pk = len(self.assets) + 1
                self.assets[asset_id] = AssetRecord(pk, asset_id, None, asset_id, None, None, None)
        self._decide(inputs, places)
        self._count()

    def _decide(self, inputs: list[Input], places: Sequence[LogPlace] = ()) -> None:
        place_of = places.__getitem__ if places else None
        result = decide(self.snapshot(), inputs, Now(self.now, self.real), self.policy, TOPICS, place_of)
        assert result.outcomes.keys() <= LABELS, "an outcome that is not listed"
        self.outcomes += result.outcomes
        self._remember(result.change_set)

    def _count(self) -> None:
        """The assets whose problems are to be counted, as the due watch does soon after."""
        due = [asset.pk for asset in self.assets.values() if asset.derive_at and asset.derive_at <= self.now]
        if due:
            self._decide([RecountAsset(pk) for pk in due])

    def snapshot(self) -> Snapshot:
        """Everything, as if the batch touched it all."""
        return Snapshot(
            self.registry,
            dict(self.assets),
            {problem.key: problem for problem in self.problems if problem.current},
            dict(self.tickets),
            {t.group_key: t.pk for t in self.tickets.values() if t.group_key is not None},
            dict(self.runs),
            set(self.commands),
            self._totals(),
            self._pks,
            dict(self.probes),
            {pk: ticket.ticket_id for pk, ticket in self.tickets.items()},
            dict(self.notices),
            dict(self.requests),
            dict(self.asks),
            self._heirs(),
            _summed(self.standings),
            dict(self.rhythms),
            dict(self.weeks),
            dict(self.former),
            counted=self._counted,
            told=self._told(),
        )

    def _told(self) -> dict[int, frozenset[str]]:
        """Which units have been told of the tickets: what is due is sent."""
        told: dict[int, set[str]] = {pk: set() for pk in self.tickets}
        for one in self.notices.values():
            if one.unit_id and one.code != "withdrawn" and one.not_before <= self.now:
                told.setdefault(one.ticket_pk, set()).add(one.unit_id)
        return {pk: frozenset(units) for pk, units in told.items()}

    def _totals(self) -> dict[int, Totals]:
        """Of the tickets of which a problem has recurred in another one: what all their rows add up to."""
        rows: dict[int, list[Problem]] = defaultdict(list)
        for problem in self.problems:
            rows[problem.ticket_pk].append(problem)
        return {
            pk: Totals(
                sum(problem.count for problem in mine),
                min(problem.first_seen_at for problem in mine),
                max(problem.last_seen_at for problem in mine),
            )
            for pk, mine in rows.items()
            if not all(problem.current for problem in mine)
        }

    def _heirs(self) -> dict[int, tuple[str, ...]]:
        """Which tickets have the problems now that others had."""
        now = {problem.key: problem.ticket_pk for problem in self.problems if problem.current}
        heirs: dict[int, set[str]] = defaultdict(set)
        for problem in self.problems:
            if not problem.current and (heir := self.tickets.get(now.get(problem.key, 0))) is not None:
                heirs[problem.ticket_pk].add(heir.ticket_id)
        return {pk: tuple(sorted(ids)) for pk, ids in heirs.items()}

    def _rename(self, change_set: ChangeSet) -> None:
        for one in change_set.renamed:
            if (request := self.requests.pop(one.former, None)) is not None:
                self.requests.setdefault(one.key, request._replace(key=one.key))
            self.former |= {former: one.key for former, now in self.former.items() if now == one.former}
            self.former[one.former] = one.key

    def _remember(self, change_set: ChangeSet) -> None:
        before = dict(self.assets)
        self.assets |= {asset.asset_id: asset for asset in change_set.assets}
        for problem in change_set.problems:
            if problem.pk:
                place = next(i for i, known in enumerate(self.problems) if known.pk == problem.pk)
                self.problems[place] = problem
            else:
                self.problems.append(problem._replace(pk=next(self._problem_pks)))
        for ticket in (*change_set.new_tickets, *change_set.tickets):
            self.tickets[ticket.pk] = ticket
        for run in change_set.runs:
            self.runs[(run.asset_pk, run.source, run.run_id)] = run
        self.probes |= {(day.asset_pk, day.day): day for day in change_set.probes}
        self._rename(change_set)
        self.requests = {
            key: request
            for key, request in self.requests.items()
            if (request.asset_pk, key) not in set(change_set.answered_requests)
        }
        self.requests |= {request.key: request for request in change_set.requests}
        self.asks = {key: ask for key, ask in self.asks.items() if key not in change_set.ended_asks}
        self.asks |= {(ask.ticket_pk, ask.kind): ask for ask in change_set.asks}
        self.standings = [one for one in self.standings if one.source not in change_set.cleared] + change_set.standings
        self.rhythms |= {one.source: one for one in change_set.rhythms}
        self.weeks |= {one.unit_id: one for one in change_set.weeks}
        for pk in change_set.withdrawn:
            for notice in [n for n in self.notices.values() if n.ticket_pk == pk and _falls_away(n)]:
                self.notices[notice.notice_id] = notice._replace(code="withdrawn")
        for notice_id in change_set.suppressed:
            self.notices[notice_id] = self.notices[notice_id]._replace(code="stopped", not_before=self.now)
        for notice in change_set.notices:
            self.notices.setdefault(notice.notice_id, notice)
        self.history += change_set.history
        self.history = [_adopted(entry, change_set.adopted) for entry in self.history]
        self.commands.update(change_set.commands)
        self.recounts = dict.fromkeys(change_set.recounts, self.real + change_set.recounts_wait) | self.recounts
        self.unpublished = dict.fromkeys(change_set.unpublished, self.real + REFRESH_WAIT) | self.unpublished
        self.event_ids.see(change_set.outbox)
        look_at_summaries(TOPICS.events, change_set.outbox, change_set.history, before, self.assets)
        self.outbox += change_set.outbox
        assert not [*violations(self.tickets.values(), self.problems, self.asks.values())], (
            "the ledger contradicts itself (O-12)"
        )

    # Time

    def until(self, at: str) -> None:
        """Lets the domain's clock run to this moment; whatever is due on the way happens when it is due."""
        end = local(at)
        while True:
            due = [t.next_review_at for t in self.tickets.values() if t.next_review_at is not None]
            due += [request.review_at for request in self.requests.values()]
            due += [ask.review_at for ask in self.asks.values() if ask.review_at is not None]
            due += [one.review_at for one in self.rhythms.values() if one.review_at is not None]
            due += [one.due_at for one in self.weeks.values() if one.due_at is not None]
            due += [asset.derive_at for asset in self.assets.values() if asset.derive_at is not None]
            moment = min(due, default=None)
            if moment is None or moment > end:
                break
            self.now = max(self.now, moment)
            self.decide(self._due())
        self.now = max(self.now, end)

    def _due(self) -> list[Input]:
        reviews: list[Input] = [
            ReviewTicket(t.pk) for t in self.tickets.values() if t.next_review_at and t.next_review_at <= self.now
        ]
        requests = {one.asset_pk for one in self.requests.values() if one.review_at <= self.now}
        asks = {one.ticket_pk for one in self.asks.values() if one.review_at and one.review_at <= self.now}
        producers = sorted(one.source for one in self.rhythms.values() if one.review_at and one.review_at <= self.now)
        silences = [ReviewProducer(source, self.office) for source in producers]
        weeks = sorted(one.unit_id for one in self.weeks.values() if one.due_at and one.due_at <= self.now)
        return [
            *reviews, *map(ReviewRequests, requests), *map(ReviewAsks, sorted(asks)), *silences,
            *map(ReviewWeek, weeks),
        ]  # fmt: skip

    def jump(self, at: str) -> None:
        """The system was down until this moment: everything due is handled late."""
        self.now = local(at)
        self.decide(self._due())

    def wait(self, seconds: float) -> None:
        """Real time passes: runs settle, counters are published."""
        self.real += timedelta(seconds=seconds)
        due_runs = [(run.settle_at, key) for key, run in self.runs.items() if run.settle_at is not None]
        self.decide([JudgeRun(*key) for moment, key in sorted(due_runs) if moment <= self.real])
        self._publish_due(self.unpublished)
        self._publish_due(self.recounts)

    def _publish_due(self, noted: dict[int, datetime]) -> None:
        due = [pk for pk, at in noted.items() if at <= self.real]
        for pk in due:
            del noted[pk]
        self._counted = frozenset(due) if noted is self.recounts else frozenset()
        self.decide([PublishTicket(pk) for pk in due])
        self._counted = frozenset()

    # What is seen

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Published events, in order."""
        events = [json.loads(m.value) for m in self.outbox if m.topic == TOPICS.events and m.value]
        return [event for event in events if kind is None or event["type"] == kind]

    def published(self, topic: str) -> list[dict[str, Any]]:
        """Published messages of a topic, in order."""
        return [json.loads(message.value) for message in self.outbox if message.topic == topic and message.value]

    def ticket(self) -> Ticket:
        """The only ticket."""
        (ticket,) = self.tickets.values()
        return ticket

    def by_status(self) -> Counter[str]:
        """How many tickets have each status."""
        return Counter(ticket.status for ticket in self.tickets.values())

    def told(self) -> list[tuple[str, str, str, str]]:
        """Notices as (local time, kind, channel, name), in order."""
        return [
            (n.created_at.astimezone(ZONE).strftime("%m-%d %H:%M"), n.kind, n.channel, n.name)
            for n in self.notices.values()
        ]
