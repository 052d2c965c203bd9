"""What a snapshot is to hold, in row numbers of the locked assets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from streams.rules.state.records import AssetRecord
from streams.rules.state.snapshot import ProbeKey, RunKey


class JudgedAsset(NamedTuple):
    """Of an asset the open problems last seen by `until`, what waits, and what is gone as of `since` or later."""

    asset_pk: int
    until: datetime
    since: datetime


@dataclass(slots=True)
class Wanted:
    """Needs in row numbers of the locked assets."""

    assets: dict[str, AssetRecord]
    problem_keys: Collection[tuple[int, bytes]] = ()  # asset_pk, identity
    asked_about: Collection[tuple[int, bytes]] = ()  # the same, of which few facts are looked at
    former_keys: Collection[tuple[int, bytes]] = ()  # asset_pk, what an identity was before
    group_keys: Collection[bytes] = ()
    ticket_pks: Collection[int] = ()
    ticket_ids: Collection[str] = ()
    following: Collection[int] = ()  # ticket_pk: of these, such as follow their asset first, if they are to
    whole_tickets: Collection[str] = ()  # of these, such as come with all their problems
    checks: Collection[tuple[int, str]] = ()
    registered: Collection[int] = ()  # asset_pk
    whole_tickets_of: Collection[int] = ()  # asset_pk: its tickets come with all their problems
    awaiting: Collection[int] = ()  # asset_pk
    runs: Collection[RunKey] = ()
    held_runs: Collection[int] = ()  # asset_pk
    later_runs: Collection[int] = ()  # asset_pk
    later_since: datetime | None = None
    judged: Collection[JudgedAsset] = ()  # what runs may prove gone
    requests: Collection[int] = ()  # asset_pk
    run_tickets: Collection[tuple[int, str, str]] = ()  # asset_pk, opened_by, check
    probes: Collection[ProbeKey] = ()
    command_ids: Collection[str] = ()
    notice_ids: Collection[str] = ()
    handed: Collection[int] = ()  # ticket_pk: of these, also, it is asked who has been told of them
    reassigned: Collection[str] = ()  # ticket_id
    reopened: Collection[str] = ()  # ticket_id
    new_tickets: int = 0
