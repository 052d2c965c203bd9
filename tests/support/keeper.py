"""One Kafka for all processes of a test session: it lives in the one that started the others."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any, Final

import pytest

from streams.local.kafka import LocalKafka

UP_WITHIN: Final = 180.0  # seconds, on a busy machine
LOOK_SECONDS: Final = 0.05
_PORT: Final = "port"  # the broker's file: there as soon as the port is chosen
_WANTED, _UP, _FAILED = "wanted", "up", "failed"  # files beside it


class Keeper:
    """A plugin of pytest in the process that divides the tests: it starts a broker once one of the others asks."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rectify-kept-"))
        self._over = Event()
        # The kernel ends a server with the *thread* that started it: this one lives as long as the session.
        self._thread = Thread(target=asyncio.run, args=(self._keep(),), name="keeper")
        self._thread.start()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a process of pytest-xdist where to ask."""
        node.workerinput["kept"] = str(self.folder)

    def pytest_unconfigure(self) -> None:
        """The session is over, and nobody asks any more."""
        self._over.set()
        self._thread.join()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _keep(self) -> None:
        while not (self.folder / _WANTED).exists():
            if self._over.is_set():
                return
            await asyncio.sleep(LOOK_SECONDS)
        broker = LocalKafka(self.folder, brief=True)
        try:
            await broker.start()
        except Exception as error:  # noqa: BLE001 - whoever asked raises it
            (self.folder / _FAILED).write_text(str(error))
            return
        (self.folder / _UP).touch()
        await asyncio.to_thread(self._over.wait)
        await broker.stop()


def ask(folder: Path) -> LocalKafka:
    """The broker of the session, which must not be stopped; `folder` is the keeper's."""
    (folder / _WANTED).touch()
    until = monotonic() + UP_WITHIN
    while not (folder / _UP).exists():
        assert not (folder / _FAILED).exists(), (folder / _FAILED).read_text()
        assert monotonic() < until, f"no Kafka within {UP_WITHIN} s"
        sleep(LOOK_SECONDS)
    return LocalKafka(folder, int((folder / _PORT).read_text()))


@contextmanager
def own(folder: Path) -> Iterator[LocalKafka]:
    """A broker of this process, where no other one tests."""
    broker = LocalKafka(folder, brief=True)
    # A loop of its own and never the thread's current one, which belongs to pytest-asyncio.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(broker.start(print))
        yield broker
        runner.run(broker.stop())
