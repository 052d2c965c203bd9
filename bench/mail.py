"""`python -m bench.mail`: mails a second into a local postfix, by the sender alone and by a worker's dispatcher.

sender      letters rendered, built and handed over by `MailPost`, four at a time, as a worker does
dispatcher  the same behind the ledger: picked, recorded before and after, a receipt for each state

Each with and without STARTTLS. Postfix throws the mails away once it has them in its queue.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from bench import machine
from notifiers.email import EmailNotifier
from notifiers.protocol import Recipient
from streams.ledger import open_ledger, upgrade
from streams.ledger.reading.counts import counts
from streams.presentation.letters.letter import Letter
from streams.services.samples import sample
from streams.worker import logs
from streams.worker.delivery.dispatch import Timings
from streams.worker.delivery.in_flight import AT_ONCE
from streams.worker.delivery.senders import MailPost
from tests.support.dispatching import Office
from tests.support.postfix import Postfix

FROM: Final = "整改平台 <rectify@bench.test>"
RETURNS: Final = "bounces+{}@bench.test"
SETTLE_S: Final = 0.05


class Spent(NamedTuple):
    """Time that went by."""

    seconds: float
    cpu_seconds: float  # of this process: what is left of the rate on a machine that has time for nothing else

    @classmethod
    def now(cls) -> Spent:
        """What both clocks show."""
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, other: Spent) -> Spent:
        """Between two readings."""
        return Spent(self.seconds - other.seconds, self.cpu_seconds - other.cpu_seconds)


class Measured(NamedTuple):
    """One line of the answer."""

    name: str
    mails: int
    spent: Spent
    connections: int

    def __str__(self) -> str:
        """For people."""
        rate = self.mails / self.spent.seconds
        busy = self.mails / self.spent.cpu_seconds
        figures = f"{self.mails:>6} mails {rate:>6.0f} /s {busy:>6.0f} /s of own CPU"
        return f"{self.name:<22} {figures} {self.connections:>4} connections"


def post(postfix: Postfix, *, tls: bool) -> tuple[MailPost, EmailNotifier]:
    """The way out, and what is to be closed afterwards."""
    options = f"?starttls=require&cafile={postfix.certificate}" if tls else "?starttls=never"
    notifier = EmailNotifier(f"smtp://127.0.0.1:{postfix.port}{options}", RETURNS)
    return MailPost(notifier, FROM), notifier


async def by_sender(way: MailPost, mails: int) -> Spent:
    """Hand over so many letters; the time that it took."""
    numbers = iter(range(mails))
    template = sample("reminder")

    async def hand_over() -> None:
        for number in numbers:
            to = Recipient("王五", f"person{number}@unit.test", "duty")
            letter = Letter(to, template.items, template.at, template.zone)
            outcome = await way.send(f"{number:032x}", letter)
            if outcome.state != "accepted":
                raise RuntimeError(outcome.code)

    started = Spent.now()
    await asyncio.gather(*(hand_over() for _ in range(AT_ONCE)))
    return Spent.now() - started


async def by_dispatcher(way: MailPost, mails: int) -> Spent:
    """Let a worker's dispatcher send as many notices from an SQLite ledger."""
    with tempfile.TemporaryDirectory(prefix="rectify-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'rectify.db'}"
        await upgrade(url)
        ledger = await open_ledger(url)
        office = Office(ledger)
        ticket = await office.ticket("T-1")
        for number in range(mails):
            await office.notice(f"n-{number}", ticket, address=f"person{number}@unit.test", unit_id=f"u{number}")
        started = Spent.now()
        async with office.working(way, timings=Timings()):
            # A receipt before each mail and one after it; asking the ledger would be part of what is measured.
            while sum(len(offered.messages) for offered in office.offered) < 2 * mails:  # noqa: ASYNC110
                await asyncio.sleep(SETTLE_S)
            spent = Spent.now() - started
        found = (await counts(office.ledger, office.clock.now().at)).notices
        await ledger.close()
        if found != {"accepted": mails}:
            raise RuntimeError(str(found))
        return spent


WAYS: Final[dict[str, Callable[[MailPost, int], Awaitable[Spent]]]] = {
    "sender": by_sender,
    "dispatcher": by_dispatcher,
}


async def main(mails: int) -> None:
    """Measure everything, and print it."""
    logs.configure(level="ERROR")
    print(f"load average before the start: {machine.load()}")
    for tls in (False, True):
        for name, send in WAYS.items():
            postfix = Postfix(tls=tls)
            await asyncio.to_thread(postfix.start)
            try:
                before = postfix.connections
                way, notifier = post(postfix, tls=tls)
                spent = await send(way, mails)
                await notifier.close()
                after = postfix.connections
            finally:
                await asyncio.to_thread(postfix.stop)
            print(Measured(f"{name}{', STARTTLS' if tls else ''}", mails, spent, after - before), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.mail", description=__doc__)
    parser.add_argument("--mails", type=int, default=2_000, help="mails a measurement (default: %(default)s)")
    asyncio.run(main(parser.parse_args().mails))
