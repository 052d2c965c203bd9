"""A run 巡检 over one asset: what was found, and which places were looked at, whatever happens on the way."""

from __future__ import annotations

import logging
import signal
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from types import TracebackType
from typing import Any, Callable

HELD = 500  # findings that are handed in together
PLACES = 10_000  # that a run may name
TERMINATED = 128 + signal.SIGTERM

log = logging.getLogger("rectify_producer")

Send = Callable[[Sequence["dict[str, Any]"]], Any]


class Run:
    """`with Run(...) as run`; at its end the run is told, and an exception goes on to whoever is outside.

    `send` takes messages: an `Intake`, or in tests `list.extend`. Of a page whose findings were not handed in nothing
    is said, and a run of which anything was not handed in has failed: it closes nothing.
    """

    def __init__(
        self, send: Send, *, asset_id: str, source: str, checks: Sequence[str], run_id: str | None = None
    ) -> None:
        """`checks`: the codes that this run looks for, everywhere it looks."""
        self._send, self.asset_id, self.source, self.checks = send, asset_id, source, list(checks)
        self.run_id = run_id or uuid.uuid4().hex
        self.seen: dict[str, None] = {}
        self.missed: dict[str, None] = {}
        self._held: list[dict[str, Any]] = []
        self._found = 0
        self._broken = False
        self._started = _now()
        self._before: Any = None

    def __enter__(self) -> Run:
        """SIGTERM ends it in order, with exit code 143."""
        self._started = _now()
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, _terminated)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tells how the run has ended."""
        try:
            self._flush()
        except Exception as fault:  # noqa: BLE001 - whatever it is: then nothing may be closed
            log.warning("findings of run %s were not handed in: %s", self.run_id, fault)
        finally:
            if self._before is not None:
                signal.signal(signal.SIGTERM, self._before)
        self._send([self._message(ended=kind is None)])

    @contextmanager
    def looking_at(self, place: str) -> Iterator[None]:
        """The page is looked at in here; an exception (of the page, not of handing in) makes it a missed one."""
        try:
            yield
        except Exception as error:
            if self._broken:
                raise
            log.warning("%s was missed: %s", place, error)
            self.seen.pop(place, None)
            self.missed[place] = None
        else:
            if place not in self.missed:
                self.seen[place] = None

    def found(self, check: str, locator: str, **fields: Any) -> None:
        """One problem at one place; `fields` are those of a finding: `evidence`, `title`, `severity` ..."""
        if check not in self.checks:
            raise ValueError(f"{check}: the run does not name it among its checks")
        at = fields.pop("observed_at", None) or _now()
        self._held.append(
            {
                "asset_id": self.asset_id, "check": check, "locator": locator, "observed_at": at,
                "source": self.source, "run_id": self.run_id, **fields,
            }
        )  # fmt: skip
        if len(self._held) >= HELD:
            self._flush()

    def _flush(self) -> None:
        held, self._held = self._held, []
        if not held:
            return
        try:
            self._send(held)
        except BaseException:
            self._broken = True
            raise
        self._found += len(held)

    def _message(self, *, ended: bool) -> dict[str, Any]:
        whole = ended and not self.missed and not self._broken
        status = "complete" if whole and self.seen else "partial" if self.seen and not self._broken else "failed"
        message: dict[str, Any] = {
            "type": "run", "asset_id": self.asset_id, "source": self.source, "run_id": self.run_id, "status": status,
            "started_at": self._started, "finished_at": _now(), "checks": self.checks, "found": self._found,
            "pages": len(self.seen),
        }  # fmt: skip
        if status == "partial":
            message["locators"] = list(self.seen)[:PLACES]  # fewer are safe: of the others nothing is said
        return message


def _terminated(*_: object) -> None:
    raise SystemExit(TERMINATED)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat()
