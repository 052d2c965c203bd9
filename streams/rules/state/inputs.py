"""Inputs: everything that is put before `decide`, from Kafka or from the due watch."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from schemas.command import Command
from schemas.finding import Finding
from schemas.powers import CommandRole
from schemas.recheck import Recheck
from schemas.registry import Asset
from schemas.run import Run
from streams.rules.state.identity import ProblemIdentity
from streams.rules.state.records import Problem


class SignedCommand(Command):
    """A command whose signature has been verified."""

    signed_by: str
    signing_units: frozenset[str] | None  # None: any
    signed_role: CommandRole


class Observation(NamedTuple):
    """A finding with what intake has worked out about it."""

    finding: Finding
    identity: ProblemIdentity
    facts_json: str
    seen_at: datetime  # `observed_at` in UTC
    cause: str | None = None  # named, or inferred by the check's rule (grouping.py)


class Registration(NamedTuple):
    """An asset's registry record, or its deletion."""

    asset_id: str
    record: Asset | None


class ReviewTicket(NamedTuple):
    """A ticket whose moment has come (rule E-1), or one to be looked at before it (`early`: a calendar has come)."""

    ticket_pk: int
    early: bool = False


class AssetChanged(NamedTuple):
    """A ticket whose asset has another registry record (A-2, A-3, A-10, A-13, A-14); the snapshot says how."""

    ticket_pk: int


class UnitChanged(NamedTuple):
    """A ticket whose unit has only now become known, was merged into another one, or deleted (A-4, A-11, A-12)."""

    ticket_pk: int


class PublishTicket(NamedTuple):
    """A ticket that is to be published once more (rule T-2)."""

    ticket_pk: int


class JudgeRun(NamedTuple):
    """A run whose waiting time has ended (rule R-3)."""

    asset_pk: int
    source: str
    run_id: str


class RecountAsset(NamedTuple):
    """An asset whose problems are to be counted again (rule V-1)."""

    asset_pk: int


class Carried(NamedTuple):
    """A problem whose fingerprint was made otherwise, and the identity that it has by now (rule D-14)."""

    asset_id: str
    problem: Problem
    identity: ProblemIdentity


class ReviewRequests(NamedTuple):
    """An asset with recheck requests whose moment has come (rules R-32 to R-34)."""

    asset_pk: int


class ReviewAsks(NamedTuple):
    """A ticket with asks whose moment has come (rule K-44)."""

    ticket_pk: int


class ReviewProducer(NamedTuple):
    """A producer whose runs have not come for a while (rule R-41)."""

    source: str
    office: str  # the office's own mail address, empty: it has named none (rule R-42)


class ReviewWeek(NamedTuple):
    """A supervising unit whose weekly mail is due (rule N-74)."""

    unit_id: str


Input = (
    Observation
    | Run
    | Recheck
    | Command
    | Registration
    | ReviewTicket
    | AssetChanged
    | UnitChanged
    | PublishTicket
    | JudgeRun
    | RecountAsset
    | ReviewRequests
    | ReviewAsks
    | ReviewProducer
    | ReviewWeek
    | Carried
)
