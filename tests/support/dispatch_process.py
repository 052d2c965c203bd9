"""A dispatcher as a process of its own, which does nothing but send, and is killed at the worst moment."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from streams.ledger import open_ledger
from tests.support.command_line import ROOT
from tests.support.dispatching import Gateway, MovableClock, Office, mail_post, sms_post

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@asynccontextmanager
async def dispatching(
    log: Path, database: str, smtp: str, gateway: str, ahead: float, name: str
) -> AsyncIterator[Process]:
    """One life of it, from its start to SIGKILL; its clocks are `ahead` by so many seconds."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    words = (database, smtp, gateway, str(ahead), name)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, *words, cwd=ROOT, stdout=descriptor, stderr=descriptor
        )
    finally:
        os.close(descriptor)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _live(database: str, smtp: str, url: str, ahead: float, name: str) -> None:
    clock = MovableClock()
    clock.forward(seconds=ahead)
    ledger = await open_ledger(database, owner=name)
    office, gateway = Office(ledger, clock), Gateway()
    gateway.url = url
    await office.dispatcher(mail_post(smtp), sms_post(gateway, office.reports)).run()


if __name__ == "__main__":
    asyncio.run(_live(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]), sys.argv[5]))
