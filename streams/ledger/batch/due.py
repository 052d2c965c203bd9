"""Due work: tickets to review or to publish again, runs to settle, assets to count, requests and asks nobody answers.

Candidates come from a partial index; then their assets are locked, leaving out those that another worker is busy with
(it will see the same row), and what is still due under the lock is loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

from streams.ledger.batch.assets import Assets
from streams.ledger.batch.load import Loading
from streams.ledger.batch.producer_records import ProducerRhythms, ProducerStandings
from streams.ledger.batch.refreshes import Refreshes
from streams.ledger.batch.seen_after import Asking, counted
from streams.ledger.batch.wanted import JudgedAsset, Wanted
from streams.ledger.batch.weekly_mails import WeeklyMails
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.part import Part, Work
from streams.ledger.rows import PROBLEM
from streams.ledger.tables import tickets
from streams.rules.evidence.probes import day_of
from streams.rules.scoring.derived import Counting
from streams.rules.state.snapshot import Registry, RunKey, Snapshot

_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
SPARE: Final = 64  # row numbers at hand, should due work open a ticket (a derived veto)


def _spans(
    keys: Collection[RunKey], began: Mapping[RunKey, datetime]
) -> tuple[dict[int, datetime], dict[int, datetime]]:
    """Of each asset when the last, and the first, of its runs at hand began."""
    last: dict[int, datetime] = {}
    first: dict[int, datetime] = {}
    for key in keys:
        pk, moment = key[0], began[key]
        last[pk] = max(moment, last.get(pk, moment))
        first[pk] = min(moment, first.get(pk, moment))
    return last, first


def _listed(checks: Collection[str]) -> str:
    return ", ".join("'" + check.replace("'", "''") + "'" for check in checks)


class DueWork(Part):
    """Picking what time alone brings about."""

    def __init__(
        self,
        work: Work,
        assets: Assets,
        loading: Loading,
        refreshes: Refreshes,
        standings: ProducerStandings,
        rhythms: ProducerRhythms,
        weeks: WeeklyMails,
    ) -> None:
        super().__init__(work)
        self._assets = assets
        self._loading = loading
        self._refreshes = refreshes
        self._standings = standings
        self._rhythms = rhythms
        self._weeks = weeks

    async def tickets(self, at: datetime, limit: int, registry: Registry) -> tuple[list[int], Snapshot]:
        """The tickets whose `next_review_at` has come, by the domain's clock, most overdue first.

        Where a waiver ends, the open requests come along.
        """
        rows = await self._session.rows(
            "select pk, asset_pk, status from tickets where next_review_at <= ? order by next_review_at limit ?",
            to_micros(at),
            limit,
        )
        assets = await self._assets.lock_by_pk({row[1] for row in rows}, skip_locked=True)
        locked = {asset.pk for asset in assets.values()}
        pks = [row[0] for row in rows if row[1] in locked]
        self._work.picked.update((row[0], row[1]) for row in rows if row[1] in locked)
        waived = {row[1] for row in rows if row[1] in locked and row[2] == "dismissed"}
        wanted = Wanted(assets=assets, ticket_pks=pks, following=pks, requests=waived, new_tickets=SPARE)
        snapshot = await self._loading.snapshot(registry, wanted)
        due = {pk for pk in pks if (moment := snapshot.tickets[pk].next_review_at) is not None and moment <= at}
        return [pk for pk in pks if pk in due or pk in snapshot.followers], snapshot

    async def refreshes(self, real: datetime, limit: int, registry: Registry) -> tuple[list[int], Snapshot]:
        """The tickets that are to be published again, by the wall clock."""
        due = await self._refreshes.take(real, limit)
        found = await self._session.match(tickets, ("pk", "asset_pk"), ("pk",), [(pk,) for pk in due])
        assets = await self._assets.lock_by_pk({row[1] for row in found}, skip_locked=True)
        locked = {asset.pk for asset in assets.values()}
        await self._refreshes.leave({pk: due[pk] for pk, asset_pk in found if asset_pk not in locked}, real)
        here = {pk: asset_pk for pk, asset_pk in found if asset_pk in locked}
        self._work.picked.update(here)
        snapshot = await self._loading.snapshot(registry, Wanted(assets=assets, ticket_pks=list(here)))
        snapshot.counted = frozenset(pk for pk in here if due[pk])
        return list(here), snapshot

    async def runs(
        self, real: datetime, limit: int, registry: Registry, *, brake: int, since: datetime | None = None
    ) -> tuple[list[RunKey], Snapshot]:
        """The runs whose `settle_at` has come, by the wall clock, with the problems that they may close (C-3).

        What was seen since is counted; of an asset with more than `brake` open problems that may be closed all are
        here, for the brake weighs those against the rest (C-4). And what the producers said after `since`, by the
        domain's clock.
        """
        rows = await self._session.rows(
            "select asset_pk, source, run_id, evidence_at from runs where settle_at <= ? "
            "order by settle_at, asset_pk, source, run_id limit ?",
            to_micros(real),
            limit,
        )
        assets = await self._assets.lock_by_pk({row[0] for row in rows}, skip_locked=True)
        locked = {asset.pk for asset in assets.values()}
        keys: list[RunKey] = [(pk, source, run) for pk, source, run, _ in rows if pk in locked]
        self._work.picked.update((key, key[0]) for key in keys)
        pks = sorted({key[0] for key in keys})
        began = {(row[0], row[1], row[2]): _EVER if row[3] is None else from_micros(row[3]) for row in rows}
        here, since_when = _spans(keys, began)
        counts = await counted(self._session, [Asking(key, here[key[0]], began[key]) for key in keys])
        whole = {key[0] for key, number in counts.items() if number.may_close > brake}
        judged = [JudgedAsset(pk, _EVER if pk in whole else here[pk], since_when[pk]) for pk in pks]
        wanted = Wanted(
            assets=assets, runs=keys, judged=judged, held_runs=pks, requests=pks, new_tickets=SPARE
        )  # fmt: skip
        snapshot = await self._loading.snapshot(registry, wanted)
        snapshot.here_until = {pk: here[pk] for pk in pks if pk not in whole}
        snapshot.after = {key: number.after for key, number in counts.items() if key[0] not in whole}
        snapshot.probes = await self._loading.probes(
            {(key[0], day_of(run.evidence_at)) for key, run in snapshot.runs.items() if run.evidence_at is not None}
        )
        snapshot.standings = await self._standings.of((key[1] for key in keys), since)
        due = [key for key in keys if (moment := snapshot.runs[key].settle_at) is not None and moment <= real]
        return due, snapshot

    async def requests(self, at: datetime, limit: int, registry: Registry) -> tuple[list[int], Snapshot]:
        """The assets with recheck requests whose `review_at` has come, by the domain's clock (R-32).

        With all their requests and held runs, the problems asked about, and the tickets of both.
        """
        rows = await self._session.rows(
            "select asset_pk from recheck_requests where review_at <= ? order by review_at limit ?",
            to_micros(at),
            limit,
        )
        assets = await self._assets.lock_by_pk({row[0] for row in rows}, skip_locked=True)
        pks = sorted(asset.pk for asset in assets.values())
        self._work.picked.update(zip(pks, pks, strict=True))
        requests = await self._loading.requests(pks)
        due = {pk for pk in pks if any(one.asset_pk == pk and one.review_at <= at for one in requests.values())}
        keys = [(one.asset_pk, key) for key, one in requests.items()]
        wanted = Wanted(assets=assets, asked_about=keys, held_runs=pks, new_tickets=0)
        snapshot = await self._loading.snapshot(registry, wanted)
        seen = [
            (problem.asset_pk, key) for key, problem in snapshot.problems.items()
            if problem.facts_json is None and problem.last_seen_at > requests[key].not_before
        ]  # fmt: skip
        if seen:  # the answer is quoted
            more = await self._loading.snapshot(registry, Wanted(assets=assets, problem_keys=seen), snapshot)
            snapshot = snapshot.with_more(more)
        tickets = {problem.ticket_pk for problem in snapshot.problems.values()} | {
            one.ticket_pk for one in requests.values()
        }
        snapshot = snapshot.with_more(
            await self._loading.snapshot(registry, Wanted(assets=assets, ticket_pks=tickets), snapshot)
        )
        snapshot.requests = requests
        return sorted(due), snapshot

    async def asks(self, at: datetime, limit: int, registry: Registry) -> tuple[list[int], Snapshot]:
        """The tickets with asks whose `review_at` has come, by the domain's clock (K-44)."""
        rows = await self._session.rows(
            "select ticket_pk, asset_pk from asks where review_at <= ? order by review_at limit ?", to_micros(at), limit
        )
        assets = await self._assets.lock_by_pk({row[1] for row in rows}, skip_locked=True)
        locked = {asset.pk for asset in assets.values()}
        self._work.picked.update((row[0], row[1]) for row in rows if row[1] in locked)
        pks = sorted({row[0] for row in rows if row[1] in locked})
        snapshot = await self._loading.snapshot(registry, Wanted(assets=assets, ticket_pks=pks))
        asks = snapshot.asks.values()
        due = {ask.ticket_pk for ask in asks if ask.review_at is not None and ask.review_at <= at}
        return [pk for pk in pks if pk in due], snapshot

    async def producers(self, at: datetime, limit: int, registry: Registry) -> tuple[list[str], Snapshot]:
        """The producers whose `review_at` has come, by the domain's clock (R-41); no asset is locked for them."""
        sources = await self._rhythms.due(at, limit)
        snapshot = await self._loading.snapshot(registry, Wanted(assets={}))
        snapshot.rhythms = await self._rhythms.of(sources)
        return sources, snapshot

    async def weeks(self, at: datetime, limit: int, registry: Registry) -> tuple[list[str], Snapshot]:
        """The supervising units whose weekly mail is due, by the domain's clock (N-74); no asset is locked for them."""
        found = await self._weeks.due(at, limit)
        snapshot = await self._loading.snapshot(registry, Wanted(assets={}))
        snapshot.weeks = found
        return sorted(found), snapshot

    async def counts(
        self, at: datetime, limit: int, registry: Registry, counting: Counting
    ) -> tuple[list[int], Snapshot]:
        """The assets whose `derive_at` has come, by the domain's clock, with all that is counted of them (V-1).

        The problems that are counted come without their tickets, which are only named.
        """
        rows = await self._session.rows(
            "select pk from assets where derive_at <= ? order by derive_at limit ?", to_micros(at), limit
        )
        assets = await self._assets.lock_by_pk({row[0] for row in rows}, skip_locked=True)
        due = {pk: asset for asset in assets.values() if (pk := asset.pk) and asset.derive_at and asset.derive_at <= at}
        self._work.picked.update(zip(due, due, strict=True))
        keys = [(asset.pk, key) for asset in due.values() for key in counting.keys(asset.asset_id)]
        days = [(pk, day) for pk in due for day in counting.days(at)]
        snapshot = await self._loading.snapshot(
            registry, Wanted(assets=assets, problem_keys=keys, probes=days, new_tickets=len(keys))
        )
        derived = {problem.ticket_pk for problem in snapshot.problems.values()}
        snapshot = snapshot.with_more(
            await self._loading.snapshot(registry, Wanted(assets=assets, ticket_pks=derived), snapshot)
        )
        parts = await self._session.match(
            PROBLEM.table, PROBLEM.columns, ("asset_pk",), [(pk,) for pk in due],
            condition=f"and current and status = 'open' and check_code in ({_listed(counting.checks)})",
        )  # fmt: skip
        snapshot.problems = {row[1]: PROBLEM.decode(row) for row in parts} | snapshot.problems
        named = {problem.ticket_pk for problem in snapshot.problems.values()} - set(snapshot.tickets)
        found = await self._session.match(tickets, ("pk", "ticket_id"), ("pk",), [(pk,) for pk in sorted(named)])
        snapshot.ticket_ids = dict(tuple(row) for row in found)
        return sorted(due), snapshot
