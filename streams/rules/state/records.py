"""What the ledger remembers, as frozen records: assets, problems, tickets, runs, requests, notices.

Times are aware (UTC). `pk` is the ledger's own row number; 0 marks a problem that has no row yet.
Fields that end in `_json` hold a document as JSON text, so that nobody decodes what is only passed on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import orjson

from streams.rules.state.bounds import TooMuch


class AssetRecord(NamedTuple):
    """A website or account that the ledger has heard of; `document_json` is its registry record, if registered."""

    pk: int
    asset_id: str
    unit_id: str | None
    name: str
    kind: str | None
    region: str | None
    document_json: str | None
    derive_at: datetime | None = None  # domain's clock: when its problems are to be counted again (rule V-1)
    former_unit_id: str | None = None  # the owner before this one, or before its record was deleted
    run_pages_json: str | None = None  # {"<kind of run>": [<pages>, ...]}: its last runs (rule R-21)
    code: str | None = None  # 网站标识码, its number in the national register: people look for it by that, too


class Problem(NamedTuple):
    """Findings with one fingerprint (glossary: problem 问题)."""

    pk: int
    key: bytes  # 16 bytes, unique among the current problems (rule D-1)
    fingerprint: str  # as producers and people see it
    asset_pk: int
    check: str
    locator: str
    ticket_pk: int  # 0 while it is only suspected or warned of
    ordinal: int  # its place in the ticket, from 1; 0 without a ticket
    status: str  # suspected, warned, open, gone, dismissed, waived
    first_seen_at: datetime
    last_seen_at: datetime
    count: int  # type: ignore[assignment]  # accepted findings; the contract's name, tuple's method is not used
    seen_by_json: str  # {"<source>": ["<latest run_id>", ...]}: who reported it, and in which runs last (sightings.py)
    facts_json: str | None  # title, detail, evidence of the latest finding, for people; None: left out (O-16)
    suspicion_json: str | None  # without a ticket: sightings that wait for confirmation (D-6), warnings (D-11)
    gone_at: datetime | None  # as of when the proof of absence holds
    gone_by_json: str | None  # its end, and what is remembered of it (ending.py)
    current: bool  # False once a recurrence has replaced it by a new row

    @property
    def whole_facts(self) -> str:
        """The facts as JSON. Raises TooMuch where they were left out: nothing is decided or shown without them."""
        if self.facts_json is None:
            msg = "it is decided by the evidence of more problems than are loaded with theirs at once"
            raise TooMuch(msg)
        return self.facts_json

    @property
    def facts(self) -> dict[str, Any]:
        """The same, read."""
        facts: dict[str, Any] = orjson.loads(self.whole_facts)
        return facts

    def seen(
        self, first_at: datetime, last_at: datetime, count: int, seen_by_json: str, facts_json: str | None
    ) -> Problem:
        """The five fields that a sighting changes; they stand in a row, and `_replace` takes twice as long."""
        return Problem._make((*self[:9], first_at, last_at, count, seen_by_json, facts_json, *self[14:]))


class Ticket(NamedTuple):
    """A rectification ticket 整改单: one owner, one deadline, one or more problems. Defaults: as it opens."""

    pk: int
    ticket_id: str
    version: int  # +1 at every change
    asset_pk: int
    unit_id: str | None
    check: str
    group_key: bytes | None  # 16 bytes while open and shared by one cause (rule G-1)
    cause: str | None
    severity: str
    status: str  # open, acknowledged, claimed, closed, dismissed
    opened_at: datetime
    running_since: datetime  # the opening or the latest reopening: what the ladder counts from
    opened_by: str | None  # "<source>\t<run_id>" of the run that opened it
    counted_from: datetime  # its clock's start: the receipt, otherwise the sighting; its latest reopening (rule P-5)
    due_at: datetime
    due_unit: str  # in which its deadline was counted: working_day, hour, month, date
    provisional: bool  # an unpublished year was guessed (rule L-7)
    deadline_json: str  # the rest of the deadline, frozen (terms.py)
    guarded: bool  # opened inside a guarded period
    rung: str | None  # last escalation reached
    plan_json: str  # steps of the ladder, and lines, still to come: [["reminder", "<UTC time>"], ...]
    next_review_at: datetime | None  # when the due watch must look; None = never
    problem_count: int
    open_problem_count: int
    occurrences: int  # this and the two below as of its latest publication; the problems count at once (T-2)
    first_seen_at: datetime
    last_seen_at: datetime
    reminder_count: int = 0
    reopen_count: int = 0
    extension_count: int = 0
    cycle: int = 0  # +1 whenever the ladder starts again; part of every notice's identity
    recurrence_of: str | None = None
    acknowledged_at: datetime | None = None
    acknowledgement_expires_at: datetime | None = None
    waived_until: datetime | None = None
    recheck_outcome: str | None = None  # of the latest recheck since the claim: present, unverifiable
    closed_at: datetime | None = None
    evidence_at: datetime | None = None
    close_reason: str | None = None
    merged_into: str | None = None
    seen_runs_json: str = "[]"  # runs that have opened it, or were its rounds: ["<source>\t<run_id>", ...]
    awaits_sighting: bool = False  # somebody said that he takes care of it: the next run that sees it is news (T-3)


class Following(NamedTuple):
    """The registry record of an asset with many open tickets has changed; they follow page by page."""

    asset_pk: int
    before: tuple[str, ...]  # whose tickets go where the asset goes, beside those of nobody
    now: str | None  # whose they are to be; those that are already need not go
    goes: bool  # it has another owner
    everyone: bool  # whoever has it, it is to be looked at: the asset is deleted, removed or replaced
    moved: bool  # it is replaced


class Follower(NamedTuple):
    """An open ticket that is to follow a change of its asset's registry record."""

    ticket_pk: int
    asset_pk: int
    follows: bool  # it goes where its asset goes
    moved: bool  # the asset has been replaced, and supervisors are told


class Former(NamedTuple):
    """What a recurrence keeps of the problem that was there before (rule C-43)."""

    ticket_id: str
    sources: tuple[str, ...]  # who had reported it


class RunRecord(NamedTuple):
    """What is known of one producer's run over one asset."""

    asset_pk: int
    source: str
    run_id: str
    counted: int  # findings of this run that have arrived
    by_check_json: str  # {"<check>": <distinct problems found>}
    message_json: str | None  # the `run` message, once it has come
    state: str  # collecting, waiting, held, accepted, settled, incomplete, failed, rejected
    evidence_at: datetime | None  # absence holds as of then
    settle_at: datetime | None  # real time: when to decide on absence; None = nothing to decide
    settle_by: datetime | None  # real time: when a run that waits for findings is given up
    accepted_by: str | None  # who let a held run pass
    sample_json: str | None = None  # of a held run: the rechecks that were asked for (sample.py)
    held_by: str | None = None  # the rule that has held it: C-4, R-21, C-45
    begun_at: datetime | None = None  # real time: when the first of it arrived
    first_seen_at: datetime | None = None  # its earliest finding, as observed
    first_found: int = 0  # problems that nobody had reported before


class ProducerStanding(NamedTuple):
    """What a producer's runs said within one slot of time, over all assets; or what is added to that (rule C-45)."""

    source: str
    slot_at: datetime  # the slot's beginning, domain's clock
    staked: int  # open problems that its runs could have closed
    absent: int  # of those, the ones that it did not find again
    held: int  # its runs that were held for it


class ProducerRhythm(NamedTuple):
    """When a producer's runs come, over all assets (rule R-41); times by the domain's clock."""

    source: str
    asset_pk: int  # of its latest run
    last_run_at: datetime
    pauses_json: str  # [[<local day, as an ordinal>, <seconds of the longest pause that ended on it>], ...]
    review_at: datetime | None  # when it will have been silent for too long; None: it is not regular, or silent already
    silent_at: datetime | None  # since when that is said


class WeeklyMail(NamedTuple):
    """When a supervising unit is told of the units below it, once a week (rule N-74); times by the domain's clock."""

    unit_id: str
    since: datetime  # what the next mail tells of begins here
    due_at: datetime | None  # None: it supervises nobody any more, or the pack has no weekly mail


class OpenRequest(NamedTuple):
    """An open recheck request 复查申请: one for each problem, however many ask (rule R-30)."""

    asset_pk: int
    key: bytes  # the problem's identity
    ticket_pk: int  # the ticket that asked first
    request_id: str  # of the first message; repeats are "<id>-2", "<id>-3" (rule R-32)
    reasons: str  # who asks, separated by blanks, the first of them first: "claim_fix run_held"
    requested_at: datetime
    not_before: datetime  # when to look, at the earliest
    sent: int  # messages so far
    expires_at: datetime  # of the latest message
    review_at: datetime  # domain's clock: when it must be looked at again
    unanswered_at: datetime | None = None  # since when it is said that nobody answers
    not_by: str | None = None  # the producer that others are preferred to (rule R-37)


class Ask(NamedTuple):
    """An ask 申请 of a unit that nobody has answered; one for each ticket and kind (rule K-40)."""

    ask_id: str
    ticket_pk: int
    asset_pk: int
    kind: str  # extension, not_ours, false_alarm
    unit_id: str | None  # whose ticket it is: who asks, and is told of the answer
    by: str
    said: str  # the reason
    progress: str | None
    due_at: datetime | None  # extension: until then
    working_days: int | None  # or by so many
    unit_wanted: str | None  # not_ours: whose it would be
    asked_at: datetime
    review_at: datetime | None  # domain's clock: when it is said that nobody answers
    unanswered_at: datetime | None = None  # since when that is said


class Notice(NamedTuple):
    """One message to one person over one channel (glossary: notice 通知)."""

    notice_id: str  # 32 hexadecimal digits, from the cause and the recipient (rule N-1)
    ticket_pk: int
    asset_pk: int
    kind: str  # a step of the ladder, or news: opened, closed, sent_back, reopened, reassigned, warned, asked ...
    channel: str  # email, sms, chat
    unit_id: str | None  # whose contact the recipient is
    name: str
    address: str
    role: str  # duty, head; group
    exempt: bool  # from quiet hours, working days and caps (clock-hour tickets, guarded periods)
    created_at: datetime
    not_before: datetime
    expires_at: datetime
    state: str  # pending, sending, accepted, delivered, undelivered, uncertain, suppressed, expired, dead
    attempts: int
    lease_until: datetime | None  # real time: until when a worker that marked it `sending` owns it
    provider: str | None
    code: str | None  # the provider's code, the reason of a suppression, or `withdrawn`, `stopped` while it is pending
    updated_at: datetime
    delivery_id: str | None = None  # the letter that it went into, from its first attempt on for good
    subject_json: str | None = None  # what it is about where there is no ticket (ticket_pk 0): a warned problem


class ProbeDay(NamedTuple):
    """The probes of an asset on one day; bit n of a map stands for the n-th slot of the day (rule V-4)."""

    asset_pk: int
    day: int  # days since 1970, UTC
    probed: str  # hexadecimal bit map: slots in which somebody tried
    reached: str  # slots in which somebody got through


class HistoryEntry(NamedTuple):
    """One event as the ledger keeps it; `body_json` is the published message, `sentence` its summary without the asset.

    None: an event of before it was kept, under a name that the asset no longer has.
    """

    event_id: str
    asset_pk: int
    ticket_pk: int | None
    at: datetime
    type: str
    body_json: str
    sentence: str | None = None


class OutMessage(NamedTuple):
    """One message for the outbox."""

    topic: str  # the full name
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
