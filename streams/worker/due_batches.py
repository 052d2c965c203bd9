"""Due work in batches (O-14): one that fails is halved until the row to blame is found, which is set aside.

A batch grows again as it goes well. When too many rows of a kind fail in a row, none is set aside any more: the
kind stands, its rows stay due, and it is tried again every half minute, until a release that can decide them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Final, NamedTuple

from streams.ledger import AlreadyThere, LedgerError, Transaction, TransactionEnded
from streams.log_events import event_log
from streams.rules.decide import Undecidable
from streams.rules.state.bounds import TooMuch
from streams.rules.state.inputs import Input
from streams.rules.state.snapshot import Now, Snapshot
from streams.worker.faults import ENDED, STANDS_SECONDS, TAKEN, of_a_row, of_all, root, told
from streams.worker.intake.batch_processor import BatchProcessor

_TRIES: Final[Mapping[type[BaseException], int]] = {AlreadyThere: TAKEN, TransactionEnded: ENDED}

log = event_log(__name__)


class DueRows(NamedTuple):
    """What is due, as it was loaded; `more`: there may be more although nothing was picked."""

    keys: Sequence[Any]
    snapshot: Snapshot | None = None
    more: bool = False


class DueKind(NamedTuple):
    """One kind of due work. `pick` takes at most so many rows and says so in `Transaction.picked` before it loads."""

    name: str
    most: int
    pick: Callable[[Transaction, Now, int], Awaitable[DueRows]]
    input_of: Callable[[Any], Input]


class DueBatches:
    """One per due watch. `noted`: something is set aside, so that what is decided may have a note to lose."""

    def __init__(self, processor: BatchProcessor) -> None:
        self.noted = True
        self._processor = processor
        self._sizes: dict[str, int] = {}
        self._in_a_row: defaultdict[str, list[str]] = defaultdict(list)
        self._decided: dict[str, int] = {}  # rows of the batch that came before the one that failed last
        self._tries: defaultdict[str, int] = defaultdict(int)
        self._stands_until: dict[str, float] = {}

    async def take(self, kind: DueKind) -> bool:
        """Decides a batch of what is due; whether there may be more."""
        if monotonic() < self._stands_until.get(kind.name, 0.0):
            return False
        processor, size = self._processor, self._sizes.get(kind.name, kind.most)
        picked = DueRows(())
        found: Mapping[Any, int] = {}
        try:
            async with processor.ledger.transaction() as tx:
                found = tx.picked
                tx.load_in_bounds(divisible=size > 1)
                now = processor.clock.now()
                await processor.refresh_registry(tx)
                picked = await kind.pick(tx, now, size)
                if picked.snapshot is None or not picked.keys:
                    return picked.more
                inputs = [kind.input_of(key) for key in picked.keys]
                result, chunks = await processor.decide_due(tx, picked.snapshot, inputs, now)
                if self.noted:
                    await tx.set_aside.dealt_with(kind.name, map(_listed, picked.keys))
        except Exception as error:  # noqa: BLE001 - raised again if it is no single row's
            await self._failed(kind, error, picked, found, size)
            return True
        self._went_well(kind, size)
        processor.metrics.outcomes(result.outcomes)
        await processor.hand_over(result, chunks)
        return True

    async def alone(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Due work without rows: where it fails for a fault of ours, it stands and everything else goes on."""
        if monotonic() < self._stands_until.get(name, 0.0):
            return
        try:
            await work()
        except Exception as error:
            if not of_a_row(error) or isinstance(error, LedgerError):
                raise
            self._stand(name, error)

    def _stand(self, name: str, error: Exception) -> None:
        self._stands_until[name] = monotonic() + STANDS_SECONDS
        log.error("due_work_stands", kind=name, fault=told(error), exc_info=error)

    def _went_well(self, kind: DueKind, size: int) -> None:
        self._in_a_row.pop(kind.name, None)
        self._decided.pop(kind.name, None)
        self._tries.pop(kind.name, None)
        if size < kind.most:
            self._sizes[kind.name] = min(size + size // 4 + 1, kind.most)  # slowly: it may have taken too long

    async def _failed(
        self, kind: DueKind, error: Exception, picked: DueRows, found: Mapping[Any, int], size: int
    ) -> None:
        if not found or not of_a_row(error):
            raise error
        cause = root(error)
        if isinstance(error, Undecidable):
            if error.index > self._decided.get(kind.name, 0):
                self._in_a_row.pop(kind.name, None)  # something was decided in between
            self._decided[kind.name] = error.index
            await self._blame(kind, picked.keys[error.index], error, found)
        elif self._worth_another_try(kind, cause, len(found)):
            if isinstance(error, AlreadyThere):
                raise error
        elif len(found) > 1 or (size > 1 and isinstance(cause, TooMuch)):  # a single row alone has more room
            self._sizes[kind.name] = max(len(found) // 2, 1)
            log.warning("due_work_halved", kind=kind.name, rows=len(found), error=repr(cause))
        else:
            await self._blame(kind, next(iter(found)), error, found)

    def _worth_another_try(self, kind: DueKind, cause: BaseException, rows: int) -> bool:
        """A value that was taken may be seen the next time; a machine may have stood still."""
        if not isinstance(cause, AlreadyThere) and (rows > 1 or not isinstance(cause, TransactionEnded)):
            return False
        self._tries[kind.name] += 1
        return self._tries[kind.name] < _TRIES[type(cause)]

    async def _blame(self, kind: DueKind, key: Any, error: Exception, found: Mapping[Any, int]) -> None:
        processor = self._processor
        in_a_row = self._in_a_row[kind.name]
        if not isinstance(root(error), TooMuch):  # that is no fault of ours, however many there are
            in_a_row = [*in_a_row, str(found.get(key))]
        if of_all(in_a_row):
            self._stand(kind.name, error)
            return
        async with processor.ledger.transaction() as tx:
            name = await tx.set_aside.add(kind.name, _listed(key), told(error), processor.clock.now())
        self._in_a_row[kind.name] = in_a_row
        self.noted = True
        log.error("set_aside", kind=kind.name, name=name, fault=told(error), hint="rectify db check", exc_info=error)


def _listed(key: Any) -> list[int | str]:
    return list(key) if isinstance(key, tuple) else [key]
