"""An office on a real ledger (SQLite): it registers, looks, finds, hears answers, and asks for its figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from schemas.bulletin_rules import BulletinRules
from streams.ledger import Ledger
from streams.services.bulletins.figures import WantedFigures, figures
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import POLICY, ZONE, local


class Office:
    """One worker's batch processor, and the clock of the period."""

    def __init__(self, ledger: Ledger, at: str, **rules: Any) -> None:
        self.ledger = ledger
        self.clock = StillClock(at)
        self.policy = POLICY.model_copy(update={"bulletin": BulletinRules(**rules)})
        self.processor = ProcessorOnLedger(ledger, self.clock, self.policy)
        self._waiting: list[dict[str, Any]] = []

    async def register(self, assets: Iterable[dict[str, Any]]) -> None:
        """Assets, and the units that are named with `unit`."""
        records: list[tuple[bytes | None, dict[str, Any] | None]] = [
            (f"asset:{one['asset_id']}".encode(), {"name": one["asset_id"], **one}) for one in assets
        ]
        await self.processor._take("rectify.registry", records)

    async def unit(self, unit_id: str, name: str) -> None:
        """A unit."""
        await self.processor.register(f"unit:{unit_id}", unit_id=unit_id, name=name)

    async def look(self, asset_ids: Iterable[str], run_id: str = "q") -> None:
        """A run has covered each of them."""
        run: dict[str, Any] = {"type": "run", "source": "patrol", "run_id": run_id, "status": "complete", "found": 0}
        run |= {"finished_at": self._now, "checks": ["home.stale"]}
        self._waiting += [{**run, "asset_id": one} for one in asset_ids]

    async def find(self, asset_id: str, check: str, locator: str = "", **fields: Any) -> None:
        """One finding; fields of the contract stay what they are, everything else is evidence."""
        own = {str(name): fields.pop(name) for name in ("received_at", "level") if name in fields}
        finding = {"asset_id": asset_id, "check": check, "locator": locator, "evidence": fields}
        self._waiting.append({**finding, "observed_at": self._now, "source": "patrol", **own})

    async def answer(self, asset_id: str, check: str, locator: str = "") -> None:
        """It is gone, or answered."""
        recheck = {"type": "recheck", "asset_id": asset_id, "check": check, "locator": locator, "outcome": "absent"}
        self._waiting.append({**recheck, "observed_at": self._now, "source": "patrol"})

    async def decided(self) -> None:
        """What waits is sent in one fetch, and what is due then happens."""
        if self._waiting:
            await self.processor.send(*self._waiting)
            self._waiting.clear()
        await self.processor.due()

    async def set(self, at: str) -> None:
        """The clock goes on to this moment; what was said before is decided before."""
        await self.decided()
        self.clock.at = self.clock.real = local(at)
        await self.processor.due()

    async def figures(self, begin: str, end: str, as_of: str | None = None, **more: Any) -> dict[str, Any]:
        """The figures of a period."""
        await self.decided()
        moment = as_of or self.clock.at.astimezone(ZONE).isoformat()
        last = more.pop("last", None)
        wanted = WantedFigures(date.fromisoformat(begin), date.fromisoformat(end), moment, **more)
        return await figures(self.ledger, wanted, self.policy, ZONE, last)

    @property
    def _now(self) -> str:
        return datetime.isoformat(self.clock.at.astimezone(ZONE))
