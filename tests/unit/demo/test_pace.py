"""The demonstration's clock waits for a worker that is behind, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schemas.topics import Topics
from streams.clock import Acceleration, system_time
from streams.demo import pace
from streams.demo.fates import moment
from streams.demo.pace import Pace, PatientClock
from streams.ledger import Ledger, Move, open_ledger, upgrade

RATE = 36_000.0  # an hour of the story in a tenth of a second
SOON = 0.5
TOPICS = Topics()


def clock() -> PatientClock:
    """Runs from the scenario's first moment."""
    return PatientClock(Acceleration(moment("02-24 09:00"), RATE, system_time()))


@asynccontextmanager
async def kept(file: Path, patient: PatientClock, published: list[datetime]) -> AsyncIterator[tuple[Pace, Ledger]]:
    """A pace at work on a ledger that has handled nothing."""
    await upgrade(f"sqlite:///{file}")
    ledger = await open_ledger(f"sqlite:///{file}", owner="pace")
    keeper = Pace(patient, ledger, TOPICS, published)
    keeping = asyncio.create_task(keeper.keep())
    try:
        yield keeper, ledger
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await ledger.close()


async def handle(ledger: Ledger, messages: int) -> None:
    """So many messages are behind the worker."""
    async with ledger.transaction() as tx:
        await tx.offsets.move(TOPICS.findings, {0: Move(None, messages)})


async def test_it_stands_and_runs_on_from_there() -> None:
    """No time is lost and none is invented; waits are reckoned as ever."""
    patient = clock()
    patient.stand()
    stood = patient.now().at
    await asyncio.sleep(0.05)
    assert patient.now().at == stood
    assert patient.real_seconds_until(stood + timedelta(hours=1)) == pytest.approx(0.1)
    patient.go()
    assert timedelta() <= patient.now().at - stood < timedelta(hours=5)
    await asyncio.sleep(0.05)
    assert patient.now().at - stood >= timedelta(minutes=30)


async def test_the_clock_waits_until_what_was_sent_is_handled(tmp_path: Path) -> None:
    """It stands an hour after the sending, and runs on when the worker has caught up."""
    patient = clock()
    sent_at = patient.now().at
    async with kept(tmp_path / "r.db", patient, [sent_at]) as (keeper, ledger):
        await asyncio.sleep(SOON)
        assert patient.stands_at is not None
        assert timedelta(hours=1) <= patient.now().at - sent_at
        stood = patient.stands_at
        await handle(ledger, 1)
        await asyncio.sleep(SOON)
        assert patient.stands_at is None
        assert patient.now().at > stood
        assert keeper.waited > 0


async def test_it_does_not_wait_for_what_is_handled(tmp_path: Path) -> None:
    """A worker that keeps up is not slowed down."""
    patient = clock()
    async with kept(tmp_path / "r.db", patient, [patient.now().at]) as (keeper, ledger):
        await handle(ledger, 1)
        await asyncio.sleep(SOON)
        assert (patient.stands_at, keeper.waited) == (None, 0.0)


async def test_what_hangs_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that does nothing at all does not stop the story."""
    monkeypatch.setattr(pace, "AT_MOST", 0.05)
    patient = clock()
    async with kept(tmp_path / "r.db", patient, [patient.now().at]) as (keeper, _):
        await asyncio.sleep(SOON)
        assert patient.stands_at is None
        assert 0.05 <= keeper.waited < SOON
