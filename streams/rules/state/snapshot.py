"""The snapshot: the part of the ledger that a batch touches, and what was decided about it.

`Needs` says what to load, `Snapshot` is what was loaded, `ChangeSet` what to save. All three are plain facts; the
ledger turns them into statements, the rules never see one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.registry import GuardedPeriod, Producer, Unit
from streams.rules.state.past import PastProblem, PastRecord
from streams.rules.state.records import (
    Ask,
    AssetRecord,
    Follower,
    Following,
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
from streams.rules.state.workdays import Calendar


class Now(NamedTuple):
    """The two clocks of a batch, read once at the edge (aware, UTC)."""

    at: datetime  # the domain's clock: deadlines, quiet hours, history
    real: datetime  # the wall clock: waits that are about transport (run settling, counter refresh, leases)


class UnreadRecord(NamedTuple):
    """A registry record that this release cannot read: the version that it came with, and what is wrong with it."""

    version: int
    fault: str


@dataclass(frozen=True, slots=True)
class Registry:
    """A snapshot of who owns what and which days are worked (assets are rows of the snapshot)."""

    units: Mapping[str, Unit]
    calendar: Calendar
    guarded: Mapping[str, GuardedPeriod]
    zone: ZoneInfo
    version: int = 0  # grows with every change
    producers: Mapping[str, Producer] = field(default_factory=dict)  # by source
    keyed_by: str | None = None  # by what all problems have their fingerprints (rule D-14); None: as they should
    unread: Mapping[tuple[str, str], UnreadRecord] = field(default_factory=dict)  # by kind and id (rule O-14)


FOLLOWING: Final = 250  # open tickets of an asset that follow a change of its record at once, or in a page
REFRESH_WAIT: Final = timedelta(seconds=30)  # real time; then a ticket is published that had no room, or came late

RunKey = tuple[int, str, str]  # asset_pk, source, run_id
ProbeKey = tuple[int, int]  # asset_pk, day


class Totals(NamedTuple):
    """What all rows of a ticket's problems add up to, as the ledger has them; also those that let go (C-6)."""

    occurrences: int
    first_seen_at: datetime
    last_seen_at: datetime


class SeenAfter(NamedTuple):
    """Open problems of an asset that a run cannot close, as they were seen after it began: counted, not loaded."""

    seen_by_json: str  # of each of them
    number: int
    before: int  # of these, such as were first seen before the run began
    ticket_pk: int | None = None  # named where they count once, or not at all: those of a cause, of a claim
    is_claimed: bool = False


@dataclass(slots=True)
class Needs:
    """What a batch touches. Assets are locked (and created, if new) before anything else is read."""

    asset_ids: set[str] = field(default_factory=set)
    problem_keys: set[tuple[str, bytes]] = field(default_factory=set)  # + identity; current, without their tickets
    ticket_pks: set[int] = field(default_factory=set)  # tickets, with what their documents show
    former_keys: set[tuple[str, bytes]] = field(default_factory=set)  # + what an identity was before (rule D-14)
    group_keys: set[bytes] = field(default_factory=set)  # open tickets by cause
    ticket_ids: set[str] = field(default_factory=set)  # tickets by name, with what their documents show
    whole_tickets: set[str] = field(default_factory=set)  # of these, such as come with all their current problems
    checks: set[tuple[str, str]] = field(default_factory=set)  # (asset_id, check): all their current problems
    registered: set[str] = field(default_factory=set)  # asset_id: its open tickets, if it has no more than FOLLOWING
    removed: set[str] = field(default_factory=set)  # asset_id: its tickets come with all their current problems
    awaiting: set[str] = field(default_factory=set)  # asset_id: which of its tickets await a sighting
    runs: set[tuple[str, str, str]] = field(default_factory=set)  # (asset_id, source, run_id)
    held_runs: set[str] = field(default_factory=set)  # asset_id: all its held runs
    later_runs: set[str] = field(default_factory=set)  # asset_id: its latest runs that have been judged (rule C-41)
    later_since: datetime | None = None  # of these, only what was silent from then on
    run_tickets: set[tuple[str, str, str, str]] = field(default_factory=set)  # + check: tickets this run opened
    requests: set[str] = field(default_factory=set)  # asset_id: all its open recheck requests
    standings: set[str] = field(default_factory=set)  # sources: what they have said of late (rule C-45)
    standings_since: datetime | None = None
    rhythms: set[str] = field(default_factory=set)  # sources: when their runs come (rule R-41)
    command_ids: set[str] = field(default_factory=set)
    reassigned: set[str] = field(default_factory=set)  # ticket_id: which units have been told of it (rule A-16)
    reopened: set[str] = field(default_factory=set)  # ticket_id: where its problems have gone since (rule K-19)
    notice_ids: set[str] = field(default_factory=set)  # that commands name, each with its ticket; they are locked
    new_tickets: int = 0  # at most so many tickets may be opened: row numbers to reserve

    def look_since(self, asset_id: str, at: datetime) -> None:
        """Whoever has looked at the asset then or later, and seen nothing, may matter (rule C-41)."""
        self.later_runs.add(asset_id)
        if self.later_since is None or at < self.later_since:
            self.later_since = at


@dataclass(slots=True)
class Snapshot:
    """What was loaded; the rules read it and never change it.

    Every ticket comes with its first 50 problems by ordinal (for its document); those of
    `Needs.whole_tickets`, `run_tickets` or of a run to judge with all of theirs.
    """

    registry: Registry
    assets: dict[str, AssetRecord]  # by asset_id
    problems: dict[bytes, Problem]  # by key
    tickets: dict[int, Ticket]  # by pk
    groups: dict[bytes, int]  # group key of an open ticket -> its pk
    runs: dict[RunKey, RunRecord]
    commands: set[str]  # command ids that have acted before
    totals: dict[int, Totals]  # by ticket pk, for those of which not all problems are here
    ticket_pks: Iterator[int]  # reserved row numbers for new tickets
    probes: dict[ProbeKey, ProbeDay] = field(default_factory=dict)
    ticket_ids: dict[int, str] = field(default_factory=dict)  # by pk, of tickets that are only named (rule V-2)
    notices: dict[str, Notice] = field(default_factory=dict)  # by id, those that commands name
    requests: dict[bytes, OpenRequest] = field(default_factory=dict)  # by the problem's key
    asks: dict[tuple[int, str], Ask] = field(default_factory=dict)  # by ticket and kind: the open ones of the tickets
    heirs: dict[int, tuple[str, ...]] = field(default_factory=dict)  # pk -> tickets that have its problems now (K-19)
    standings: tuple[ProducerStanding, ...] = ()  # within the window, of the producers at hand (rule C-45)
    rhythms: dict[str, ProducerRhythm] = field(default_factory=dict)  # by source, of the producers at hand
    weeks: dict[str, WeeklyMail] = field(default_factory=dict)  # by unit, of those whose weekly mail is due (N-74)
    renamed: dict[bytes, bytes] = field(default_factory=dict)  # what former keys of problems are now (rule D-14)
    awaiting: frozenset[int] = frozenset()  # pks of tickets of which a sighting is news (T-3), of the assets asked for
    counted: frozenset[int] = frozenset()  # pks of tickets that are due for their counters alone (T-2)
    crowded: set[int] = field(default_factory=set)  # registered assets with more open tickets than can be loaded
    followers: dict[int, Follower] = field(default_factory=dict)  # by ticket pk; they follow before all else
    told: dict[int, frozenset[str]] = field(default_factory=dict)  # pk -> units told of it, of such as may go
    here_until: dict[int, datetime] = field(default_factory=dict)  # asset_pk: its open ones seen later are in `after`
    after: Mapping[RunKey, Sequence[SeenAfter]] = field(default_factory=dict)  # of runs to judge

    def with_more(self, other: Snapshot) -> Snapshot:
        """This snapshot and another one of the same transaction."""
        return Snapshot(
            self.registry,
            self.assets | other.assets,
            self.problems | other.problems,
            self.tickets | other.tickets,
            self.groups | other.groups,
            self.runs | other.runs,
            self.commands | other.commands,
            self.totals | other.totals,
            chain(self.ticket_pks, other.ticket_pks),
            self.probes | other.probes,
            self.ticket_ids | other.ticket_ids,
            self.notices | other.notices,
            self.requests | other.requests,
            self.asks | other.asks,
            self.heirs | other.heirs,
            self.standings + other.standings,
            self.rhythms | other.rhythms,
            self.weeks | other.weeks,
            self.renamed | other.renamed,
            self.awaiting | other.awaiting,
            self.counted | other.counted,
            self.crowded | other.crowded,
            self.followers | other.followers,
            self.told | other.told,
            self.here_until | other.here_until,
            {**self.after, **other.after},
        )


class PublishedEscalation(NamedTuple):
    """What was published for supervisors: the event's id, whose it is, what it is about, when, and all of it."""

    event_id: str
    unit_id: str | None
    subject: str
    at: str
    value: bytes


class Renamed(NamedTuple):
    """A problem has another identity (rule D-14); `pk` 0: its row has ended, and another problem's has this one."""

    asset_pk: int
    former: bytes
    key: bytes
    fingerprint: str
    pk: int


class Adopted(NamedTuple):
    """Warnings that become a ticket's past (rule D-11): those of a fingerprint since then."""

    asset_pk: int
    fingerprint: str
    ticket_pk: int
    since: datetime
    key: bytes  # the problem's: warnings may name what its fingerprint was before (rule D-14)


@dataclass(slots=True)
class ChangeSet:
    """What to save, in one transaction with the offset. Everything here is final: rows as they shall stand."""

    problems: list[Problem] = field(default_factory=list)  # pk 0: insert, otherwise update
    new_tickets: list[Ticket] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)  # changed
    runs: list[RunRecord] = field(default_factory=list)  # insert or update by (asset_pk, source, run_id)
    probes: list[ProbeDay] = field(default_factory=list)  # insert or update by (asset_pk, day)
    standings: list[ProducerStanding] = field(default_factory=list)  # to be added to what is there, in order (C-45)
    cleared: list[str] = field(default_factory=list)  # sources whose standings are deleted before that (C-47)
    rhythms: list[ProducerRhythm] = field(default_factory=list)  # insert or update by source, in order
    weeks: list[WeeklyMail] = field(default_factory=list)  # update by unit (N-74)
    requests: list[OpenRequest] = field(default_factory=list)  # insert or update by (asset_pk, key)
    answered_requests: list[tuple[int, bytes]] = field(default_factory=list)  # (asset_pk, key): they are over
    asks: list[Ask] = field(default_factory=list)  # insert or update by (ticket_pk, kind)
    ended_asks: list[tuple[int, str]] = field(default_factory=list)  # (ticket_pk, kind): answered, or over
    notices: list[Notice] = field(default_factory=list)  # insert; one that exists already stays as it is
    withdrawn: list[int] = field(default_factory=list)  # ticket pks whose pending notices fall away
    suppressed: list[str] = field(default_factory=list)  # ids of pending notices that a person stops (N-22)
    history: list[HistoryEntry] = field(default_factory=list)
    adopted: list[Adopted] = field(default_factory=list)  # after `history` is written
    assets: list[AssetRecord] = field(default_factory=list)  # changed registry facts, update by pk
    past_problems: list[PastProblem] = field(default_factory=list)  # as they were known until now (S-5)
    past_records: list[PastRecord] = field(default_factory=list)  # the same of assets
    looks: dict[tuple[int, int], None] = field(default_factory=dict)  # (asset_pk, local day as an ordinal): S-3
    following: list[Following] = field(default_factory=list)  # noted for each of its open tickets
    commands: list[str] = field(default_factory=list)  # command ids that have acted now
    outbox: list[OutMessage] = field(default_factory=list)
    escalated: list[PublishedEscalation] = field(default_factory=list)  # of the outbox; for webhooks (N-71)
    recounts: list[int] = field(default_factory=list)  # ticket pks whose counters have changed, to be published
    recounts_wait: timedelta = timedelta()  # real time; so much later (T-2)
    unpublished: list[int] = field(default_factory=list)  # ticket pks that had no room in the outbox (O-16)
    renamed: list[Renamed] = field(default_factory=list)  # after updates of problems, before their inserts
