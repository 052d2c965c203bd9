"""What deleted assets and merged units leave behind, and absence that does not suffice yet, on a real ledger."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from streams.ledger import Ledger
from streams.ledger.notice_tables import notices
from tests.support.processors import TOPICS, ProcessorOnLedger
from tests.support.world import POLICY

MONDAY = "2026-03-02 10:00"
PLACE = {"asset_id": "site", "check": "column.blank", "locator": "公示"}


async def unit(worker: ProcessorOnLedger, unit_id: str, **fields: Any) -> None:
    """A unit under the same supervisor, with a duty contact."""
    contacts = [{"name": f"{unit_id}值守", "email": f"{unit_id}@a.gov.cn"}]
    record = {"unit_id": unit_id, "name": unit_id, "supervisor_id": "above", "contacts": contacts, **fields}
    await worker.register(f"unit:{unit_id}", **record)


async def site(worker: ProcessorOnLedger, **fields: Any) -> None:
    """The site's record."""
    await worker.register("asset:site", asset_id="site", name="市科技局网站", kind="website", **fields)


async def opened(ledger: Ledger) -> ProcessorOnLedger:
    """A ticket of the first unit."""
    worker = ProcessorOnLedger(ledger, MONDAY)
    await unit(worker, "first")
    await unit(worker, "second")
    await site(worker, unit_id="first")
    await worker.send({**PLACE, "observed_at": "2026-03-02T10:00:00+08:00"})
    return worker


def owners(worker: ProcessorOnLedger) -> list[str | None]:
    """Whose the tickets are."""
    return [ticket["unit_id"] for ticket in worker.tickets().values()]


async def test_a_merged_unit_hands_over(ledger: Ledger) -> None:
    """A-11: tickets and assets follow, and what is found later; a record that comes twice changes nothing more."""
    worker = await opened(ledger)
    for _ in range(2):
        await unit(worker, "first", replaced_by="second")
        await worker.due()
    assert (owners(worker), len(worker.events("reassigned"))) == (["second"], 1)
    await worker.send({**PLACE, "locator": "要闻", "observed_at": "2026-03-02T10:00:00+08:00"})
    assert owners(worker) == ["second", "second"]
    rows = await ledger.read(select(notices.c.kind, notices.c.address))
    assert sorted(tuple(row) for row in rows) == [
        ("opened", "first@a.gov.cn"),
        ("opened", "second@a.gov.cn"),
        ("opened", "second@a.gov.cn"),  # the first had not been told yet
    ]


async def test_a_deleted_unit_and_a_deleted_asset_are_said(ledger: Ledger) -> None:
    """A-10, A-12: to supervisors; registered again under another unit, the ticket follows."""
    worker = await opened(ledger)
    await worker.delete("unit:first")
    await worker.due()
    await worker.delete("asset:site")
    assert [event["reason"] for event in worker.events("orphaned")] == ["unit_deleted", "asset_deleted"]
    supervised = [message["type"] for message in worker.published(TOPICS.escalation("supervise"))]
    assert supervised == ["orphaned", "orphaned"]
    await site(worker, unit_id="second")
    assert (owners(worker), worker.events("reassigned")[0]["rule"]) == (["second"], "A-3")


async def test_noted_absence_is_kept_between_batches(ledger: Ledger) -> None:
    """C-32: that it flaps, and what was noted, is found again: the second absence of a day says nothing new."""
    flapping = POLICY.limits.flapping.model_copy(update={"times": 1})
    policy = POLICY.model_copy(update={"limits": POLICY.limits.model_copy(update={"flapping": flapping})})
    worker = ProcessorOnLedger(ledger, "2026-03-02 20:00", policy)
    looks = ("seen", "absent", "seen", "absent", "seen", "absent", "absent")
    for hour, look in enumerate(looks, start=10):
        at = {**PLACE, "source": "crawler", "observed_at": f"2026-03-02T{hour}:00:00+08:00"}
        await worker.send(at if look == "seen" else {**at, "type": "recheck", "outcome": "absent"})
    (ticket,) = worker.tickets().values()
    assert (ticket["status"], ticket["reopen_count"]) == ("open", 2)
    assert [event["reason"] for event in worker.events("absence_noted")] == ["flapping"]
