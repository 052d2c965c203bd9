"""Changes: what a batch has decided so far, until it is a change set.

It works on copies of the snapshot's dictionaries, so the snapshot itself never changes and `decide` stays pure; every
record is frozen and is replaced, never changed in place. `finish()` hands out what is to be saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

import orjson

from schemas.command import Command
from schemas.ladder import Role
from schemas.policy import Policy
from schemas.registry import Contact, Unit
from schemas.topics import Topics
from schemas.vocabulary import UNASSIGNED
from streams.rules.state.asks import OpenAsks
from streams.rules.state.bounds import TooMuch
from streams.rules.state.documents import actor, asset_document, ticket_document, unit_document
from streams.rules.state.numbering import event_id
from streams.rules.state.past import PastRecord
from streams.rules.state.problem_changes import ProblemChanges, changed
from streams.rules.state.producer_records import Rhythms, Standings
from streams.rules.state.recipe import is_under_way
from streams.rules.state.records import AssetRecord, HistoryEntry, Notice, OutMessage, ProbeDay, RunRecord, Ticket
from streams.rules.state.sightings import hour_of
from streams.rules.state.snapshot import ChangeSet, Now, ProbeKey, PublishedEscalation, RunKey, Snapshot
from streams.rules.state.text import minute, stamp

if TYPE_CHECKING:
    from streams.rules.state.bounds import SaidBytes
    from streams.rules.state.memos import Opening, RunTally, Telling
    from streams.rules.state.numbering import LogPlace
    from streams.rules.state.records import Former
    from streams.rules.state.terms import Deadline


class Changes(ProblemChanges):
    """State so far (snapshot + changes) and what happened, in order."""

    def __init__(self, snapshot: Snapshot, now: Now, policy: Policy, topics: Topics) -> None:
        self.now, self.at, self.hour = now, now.at, hour_of(now.real)
        self.stamped = stamp(now.at, snapshot.registry.zone)  # `at`, as messages carry it
        self.policy, self.topics = policy, topics
        self.registry = snapshot.registry
        self.zone = snapshot.registry.zone
        self.calendar = snapshot.registry.calendar
        self.assets = dict(snapshot.assets)
        self.asset_by_pk = {asset.pk: asset for asset in snapshot.assets.values()}
        super().__init__(snapshot, policy)
        self.groups = dict(snapshot.groups)
        self.commands, self.probes = set(snapshot.commands), dict(snapshot.probes)
        self.counted = snapshot.counted
        self.crowded, self.followers, self.told = snapshot.crowded, snapshot.followers, snapshot.told
        self.ticket_ids, self.heirs, self.notices = snapshot.ticket_ids, snapshot.heirs, dict(snapshot.notices)
        self.here_until, self.after = snapshot.here_until, snapshot.after
        self.standings = Standings(snapshot.standings)  # of producers
        self.rhythms = Rhythms(snapshot.rhythms)
        self.weeks = snapshot.weeks
        self.asks = OpenAsks(snapshot.asks)  # of units
        self.tallies: dict[RunKey, RunTally] = {}
        self.recipients: dict[tuple[str, tuple[Role, ...]], list[tuple[Unit, Contact]]] = {}
        self.tellings: dict[tuple[str, str, bool, bool], Telling | None] = {}  # by unit, kind, guarded, clock hours
        self.openings: dict[tuple[str, Deadline, bool, datetime | None], Opening] = {}
        self.recurrences: dict[bytes, Former] = {}  # by problem key (rule C-6)
        self.inherited: set[int] = set()  # tickets that have another owner by the registry (rules)
        self.seen_again: set[tuple[int, str]] = set()  # tickets and runs of which that was said (rule T-3)
        self.command: Command | None = None  # the command at hand: its events name it
        self.relapse_window = timedelta(days=policy.limits.relapse.days)
        self.place_of: Callable[[int], LogPlace] | None = None  # where the messages were read; nowhere: due work
        self.index = 0  # of the message at hand
        self.reached_at: datetime | None = None  # of the count at hand: when its line was reached (T-7)
        self._events = topics.events  # one text for all messages
        self._recounts: dict[int, None] = {}
        self._republished: dict[int, None] = {}
        self.is_carrying = is_under_way(snapshot.registry, policy)
        self._tickets: dict[int, Ticket] = {}
        self._runs: dict[RunKey, RunRecord] = {}
        self._assets: dict[str, AssetRecord] = {}
        self._probes: dict[ProbeKey, ProbeDay] = {}
        self._day, self._day_begins, self._day_ends = 0, now.at, now.at
        self._announced: dict[int, None] = {}
        self._bumped: set[int] = set()

    # Time

    def stamp(self, moment: datetime) -> str:
        """The moment as messages carry it."""
        return stamp(moment, self.zone)

    def local(self, moment: datetime) -> datetime:
        """The moment in the unit's time zone."""
        return moment.astimezone(self.zone)

    def day_of(self, moment: datetime) -> str:
        """The moment as people read it: 2023-03-06 23:59."""
        return minute(moment, self.zone)

    # State

    def ticket_pk(self) -> int:
        """A reserved row number for a new ticket."""
        return next(self._snapshot.ticket_pks)

    def add_ticket(self, ticket: Ticket) -> None:
        """A new ticket; it is published as it stands at the end of the batch."""
        pk = ticket.pk
        self._announced[pk] = None
        self._bumped.add(pk)
        self.tickets[pk] = self._tickets[pk] = ticket

    def put_ticket(self, ticket: Ticket) -> Ticket:
        """Replaces a ticket; its version grows by one, and it is published."""
        before = self.tickets.get(ticket.pk)
        if ticket.group_key is None and before is not None and before.group_key is not None:
            self.groups.pop(before.group_key, None)  # nothing more joins it, in this batch either
        ticket = ticket._replace(version=ticket.version + 1)
        self.add_ticket(ticket)
        return ticket

    def next_version(self, ticket: Ticket) -> int:
        """The version of a ticket of which only counters change: one more, once in a batch."""
        return ticket.version if ticket.pk in self._bumped else ticket.version + 1

    def count_ticket(self, ticket: Ticket) -> None:
        """Replaces a ticket of which only counters have changed, under its `next_version`; not published yet."""
        self._bumped.add(ticket.pk)
        self.tickets[ticket.pk] = self._tickets[ticket.pk] = ticket

    def recount(self, ticket_pk: int) -> None:
        """The counters of a ticket have changed: they are published with its next change, or within a day (T-2)."""
        self._recounts[ticket_pk] = None

    def republish(self, ticket_pk: int) -> None:
        """A ticket's document has changed without the ticket: it is published in half a minute."""
        self._republished[ticket_pk] = None

    def put_run(self, run: RunRecord) -> None:
        """Replaces what is known of a run."""
        key = (run.asset_pk, run.source, run.run_id)
        if run.evidence_at is not None and run.state != "failed":
            self.looked(run.asset_pk, run.evidence_at)
        self.runs[key] = self._runs[key] = run

    def looked(self, asset_pk: int, moment: datetime) -> None:
        """Somebody has looked at the asset on that day: a run has covered it, or a finding has named it (S-3)."""
        if not self._day_begins <= moment < self._day_ends:
            begins = moment.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
            self._day, self._day_begins = begins.toordinal(), begins.astimezone(UTC)
            self._day_ends = (begins + timedelta(days=1)).astimezone(UTC)
        self.change_set.looks[(asset_pk, self._day)] = None

    def put_probe(self, day: ProbeDay) -> None:
        """Replaces an asset's probes of a day."""
        self.probes[(day.asset_pk, day.day)] = self._probes[(day.asset_pk, day.day)] = day

    def count_again(self, asset_pk: int) -> None:
        """Has an asset counted again soon (rule V-1)."""
        asset = self.asset_by_pk[asset_pk]
        if asset.derive_at is None or asset.derive_at > self.at:
            self.put_asset(asset._replace(derive_at=self.at))

    def put_asset(self, asset: AssetRecord) -> None:
        """Replaces an asset's registry facts."""
        before = self.assets.get(asset.asset_id)
        if before is not None and before.document_json != asset.document_json:
            past = PastRecord("asset", asset.asset_id, self.at, before.document_json)
            self.change_set.past_records.append(past)
        self.assets[asset.asset_id] = self._assets[asset.asset_id] = self.asset_by_pk[asset.pk] = asset

    def asset_of(self, ticket: Ticket) -> AssetRecord:
        """The asset of a ticket."""
        return self.asset_by_pk[ticket.asset_pk]

    # What happened

    def event(
        self,
        kind: str,
        rule: str,
        reason: str,
        sentence: str,
        about: Ticket | AssetRecord,
        /,
        *,
        dedup_key: str = "",
        stored: bool = True,
        history_ticket: Ticket | None = None,
        **facts: Any,
    ) -> dict[str, Any]:
        """Records that something happened and publishes it on the events topic.

        `sentence` does not name the asset: the summary begins with its name, here and nowhere else, and the history
        keeps the sentence beside the message, so that nobody takes a summary apart. `dedup_key` tells events of one
        type, version and message apart (T-8); what is not `stored` is only published; what belongs to no ticket is
        kept in the history of `history_ticket`.
        """
        ticket, asset = (about, self.asset_of(about)) if isinstance(about, Ticket) else (None, about)
        id_ = event_id(self, kind, ticket, dedup_key, asset.asset_id)
        event = {
            "id": id_,
            "type": kind,
            "at": self.stamped,
            "asset_id": asset.asset_id,
            "unit_id": ticket.unit_id if ticket else asset.unit_id,
            "ticket_id": ticket.ticket_id if ticket else None,
            "ticket_version": ticket.version if ticket else None,
            "rule": rule,
            "reason": reason,
            "summary": f"{asset.name}：{sentence}",
            **facts,
        }
        if self.command is not None:
            event |= actor(self.command)
        value = orjson.dumps(event)
        if stored:
            of = ticket or history_ticket
            pk = of.pk if of else None
            entry = HistoryEntry(id_, asset.pk, pk, self.at, kind, value.decode(), sentence)
            self.change_set.history.append(entry)
        self.change_set.outbox.append(OutMessage(self._events, asset.asset_id.encode(), value))
        return event

    def escalate(self, rung: str, event: dict[str, Any], ticket: Ticket | None, supervisor: str | None) -> None:
        """Publishes an event on the rung's topic, with all that a subscriber needs (contract, "Out")."""
        asset = self.assets[event["asset_id"]]
        message = {
            **event,
            "rung": rung,
            "asset": asset_document(asset),
            "unit": unit_document(self.registry, asset.unit_id),
        }
        if ticket is not None:
            message["ticket"] = self.document(ticket)
            message["unit"] = unit_document(self.registry, ticket.unit_id)
        key = (supervisor or UNASSIGNED).encode()
        value = orjson.dumps(message)
        self.change_set.outbox.append(OutMessage(self.topics.escalation(rung), key, value))
        subject = event["ticket_id"] or event["asset_id"]
        unit_id = event["unit_id"] if ticket is not None else asset.unit_id
        self.change_set.escalated.append(PublishedEscalation(event["id"], unit_id, subject, event["at"], value))

    def publish(self, topic: str, key: str, message: dict[str, Any]) -> None:
        """Puts one more message into the outbox."""
        self.change_set.outbox.append(OutMessage(topic, key.encode(), orjson.dumps(message)))

    def notify(self, notices: Iterable[Notice]) -> None:
        """Records notices that are to be sent."""
        self.change_set.notices.extend(notices)

    def document(self, ticket: Ticket) -> dict[str, Any]:
        """The ticket as the contract shows it. Raises TooMuch where the facts of its problems were left out."""
        return ticket_document(ticket, self.asset_of(ticket), self.problems_of(ticket), self.zone)

    def finish(self, said: SaidBytes) -> ChangeSet:
        """What to save: every changed record as it now stands, and each announced ticket once. Raises TooMuch."""
        change_set, known, topic = self.change_set, self._snapshot.tickets, self.topics.tickets
        later = change_set.unpublished  # they follow ticket by ticket (O-16)
        for pk in self._announced:
            ticket = self.tickets[pk]
            if pk in known or pk in self._recounts:  # otherwise a new ticket of one problem, seen once
                totals = self.totals(ticket)
                if totals != (ticket.occurrences, ticket.first_seen_at, ticket.last_seen_at):
                    ticket = self.tickets[pk] = self._tickets[pk] = ticket._replace(**totals._asdict())
            if said.is_enough:
                later.append(pk)
                continue
            try:
                value = orjson.dumps(self.document(ticket))
            except TooMuch:
                later.append(pk)
                continue
            change_set.outbox.append(OutMessage(topic, ticket.ticket_id.encode(), value))
            said.count(change_set.outbox)
        self.remember_costs()
        change_set.problems = [*chain.from_iterable(self._retired.values()), *self._problems.values()]
        for problem in changed(change_set.problems, self._before, self.policy):
            self.count_again(problem.asset_pk)
        change_set.probes = list(self._probes.values())
        for pk, ticket in self._tickets.items():
            (change_set.tickets if pk in known else change_set.new_tickets).append(ticket)
        change_set.runs = list(self._runs.values())
        later += [pk for pk in self._republished if pk not in self._announced]
        change_set.recounts = [pk for pk in self._recounts if pk not in self._announced]
        change_set.recounts_wait = timedelta(hours=self.policy.limits.counters.hours)
        change_set.assets = list(self._assets.values())
        change_set.requests, change_set.answered_requests = self.requests.changed()
        change_set.asks, change_set.ended_asks = self.asks.changed()
        change_set.standings, change_set.cleared = self.standings.changed()
        change_set.rhythms = self.rhythms.changed()
        return change_set
