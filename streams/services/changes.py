"""What has changed while people look at pages, read once for all of them (W-53).

W-53 An open list, ticket or desk says in one line that there are changes: of the tickets that it shows, or, where it
     shows numbers, of any that its viewer sees; nothing on the page moves until it is asked for again. A process reads
     the history of the ledger on from where it stood five seconds ago (workers commit out of turn), every two seconds,
     while a page listens to it and no longer, whatever the number of pages. It is a hint: what was missed, as when
     another process goes on, is there when the page is asked for again.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from secrets import token_hex
from time import monotonic
from typing import Final, NamedTuple

from streams.ledger import Ledger, LedgerError
from streams.ledger.reading.changes import TicketChange, changes_behind, last_place
from streams.log_events import event_log

LOOK_SECONDS: Final = 2.0
LATE_SECONDS: Final = 5.0  # that an entry may be committed after a later one; a transaction takes less
WAIT_SECONDS: Final = 25.0  # for something to say; proxies give up after a minute
LISTENERS: Final = 200  # of a process
ONES: Final = 12  # of one session: each window that is looked at
PAGE: Final = 1_000
_PAGES: Final = 10  # at one look; of more it is only known that there were many
KEPT: Final = 2 * _PAGES * PAGE  # changes: more than a look reads again

log = event_log(__name__)


class Behind(NamedTuple):
    """What has changed behind a place. `unknown`: too much, or too long ago, to say what."""

    place: str
    ticket_ids: tuple[str, ...] = ()
    unknown: bool = False


class _Heard(NamedTuple):
    """A change, in the order in which this process has read them."""

    number: int
    change: TicketChange


class ChangeFeed:
    """One for each process that serves pages."""

    def __init__(
        self,
        ledger: Ledger,
        look_seconds: float = LOOK_SECONDS,
        wait_seconds: float = WAIT_SECONDS,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._ledger, self._seconds = ledger, seconds
        self._look_seconds, self._wait_seconds = look_seconds, wait_seconds
        self._name = token_hex(4)  # places are this process's
        self._numbers = count(1)
        self._known: deque[_Heard] = deque()
        self._first = self._last = 0  # the number before the first that is known, and of the last
        self._read_to: deque[tuple[float, int]] = deque()  # when the history had been read how far
        self._listeners: Counter[str] = Counter()
        self._look: asyncio.Task[None] | None = None
        self._reading = asyncio.Lock()  # who looks for the first time reads beside the look of those who wait
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Nobody waits any longer."""
        self._stopped.set()

    @contextmanager
    def seat(self, who: str) -> Iterator[bool]:
        """Whether there is room for one more of this session."""
        if self._listeners.total() >= LISTENERS or self._listeners[who] >= ONES:
            yield False
            return
        self._listeners[who] += 1
        try:
            yield True
        finally:
            self._listeners[who] -= 1
            self._listeners += Counter()  # forgets those at 0

    async def behind(self, place: str, sees: Callable[[str | None], bool]) -> Behind:
        """What has changed behind this place of what is seen; waits a while for something.

        A place of no process, or of another one, is where the history ends now. Raises LedgerError.
        """
        name, _, number = place.partition("-")
        if name != self._name or not number.isdecimal():
            await self._read()
            return Behind(self._place)
        since = int(number)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._wait_seconds):
                while not (found := self._seen(since, sees)).ticket_ids and not found.unknown:
                    if self._stopped.is_set():
                        break
                    await self._after_a_while()
        return self._seen(since, sees)

    @property
    def _place(self) -> str:
        return f"{self._name}-{self._last}"

    def _seen(self, since: int, sees: Callable[[str | None], bool]) -> Behind:
        if since < self._first:
            return Behind(self._place, unknown=True)
        changed = (one.change for one in self._known if one.number > since)
        ids = dict.fromkeys(one.ticket_id for one in changed if one.ticket_id is not None and sees(one.unit_id))
        return Behind(self._place, tuple(ids))

    async def _after_a_while(self) -> None:
        """One look for all who wait."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._next_look())
        await asyncio.shield(self._look)

    async def _next_look(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), self._look_seconds)
        try:
            await self._read()
        except LedgerError as error:
            log.debug("pages_without_database", error=str(error))

    async def _read(self) -> None:
        async with self._reading:
            await self._read_on()

    async def _read_on(self) -> None:
        now = self._seconds()
        if not self._read_to:
            self._read_to.append((now, await last_place(self._ledger)))
            return
        while len(self._read_to) > 1 and self._read_to[1][0] <= now - LATE_SECONDS:
            self._read_to.popleft()
        place = before = self._read_to[0][1]
        heard = {one.change.place for one in self._known if one.change.place > before}
        for _ in range(_PAGES):
            found = await changes_behind(self._ledger, place, PAGE)
            for one in found:
                if one.place not in heard:
                    self._last = next(self._numbers)
                    self._known.append(_Heard(self._last, one))
            place = found[-1].place if found else place
            if len(found) < PAGE:
                break
        else:
            place = await last_place(self._ledger)
            self._known.clear()
            self._read_to.clear()
            self._first = self._last = next(self._numbers)
        self._read_to.append((now, max(place, self._read_to[-1][1] if self._read_to else 0)))
        while len(self._known) > KEPT:
            self._first = self._known.popleft().number
