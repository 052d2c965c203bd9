"""Issued bulletins (S-11): records that nothing changes, against which the next period is compared."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.ledger import Ledger
from streams.services.bulletins.issuing import Frame, Sealed, all_issued, check_seal, issue, recorded
from streams.services.failure import Failure
from tests.support.notice_figures import total
from tests.support.office import Office
from tests.support.world import MAX_BYTES, ZONE


async def issued(office: Office, figures: dict[str, Any], number: str = "1号", limit: int = MAX_BYTES) -> Sealed:
    """What the command makes of figures that it was handed as JSON."""
    given = orjson.loads(orjson.dumps(figures))
    frame = Frame(number, office.clock.at.astimezone(ZONE).date().isoformat(), "张三")
    return await issue(office.ledger, given, frame, office.policy, office.clock.at, ZONE, limit)


async def first_quarter(ledger: Ledger) -> tuple[Office, dict[str, Any]]:
    """Twelve sites, five of them vetoed; one is put right in April."""
    office = Office(ledger, "2023-02-01 09:00")
    names = [f"site{number}" for number in range(12)]
    await office.register({"asset_id": name, "kind": "website", "region": "咸安区"} for name in names)
    await office.look(names)
    for name in names[:5]:
        await office.find(name, "home.stale")
    await office.set("2023-04-03 09:00")
    return office, await office.figures("2023-01-01", "2023-03-31", "2023-03-31", typed={"title": "通报"})


async def test_the_next_period_is_compared_with_it(ledger: Ledger) -> None:
    """58.33% was printed, 66.67% now: 8.34 points more, and who was named then and is not put right yet."""
    office, first = await first_quarter(ledger)
    made = await issued(office, first)
    assert (made.files, made.document["bulletin_id"]) == ({}, made.document["hash"][:16])
    await office.processor.issue(made.document)
    await office.processor.issue(made.document)
    (known,) = await all_issued(ledger)
    assert (known.number, known.first_day, known.last_day) == ("1号", "2023-01-01", "2023-03-31")
    assert await recorded(ledger, "1号") == await recorded(ledger, known.bulletin_id[:6]) == made.document
    assert check_seal(made.document) == []

    await office.answer("site0", "home.stale")
    await office.set("2023-04-28 09:00")
    await office.look(["site0", *(f"site{number}" for number in range(5, 12))], "april")
    for number in range(1, 5):
        await office.find(f"site{number}", "home.stale")
    second = await office.figures("2023-04-10", "2023-04-30")
    assert total(second, "websites")["change"] == {"unqualified": -1, "rate_points": "+8.34"}
    assert second["last_period"]["number"] == "1号"
    assert [row["asset_id"] for row in second["lists"]["last_period_open"]] == ["site1", "site2", "site3", "site4"]
    assert "change" not in total(await office.figures("2023-04-10", "2023-04-30", area="咸安区"), "websites")
    again = await office.figures("2023-01-01", "2023-03-31", "2023-03-31", typed={"title": "通报"})
    assert again == first, "S-5: it was issued after the moment"


async def test_what_is_not_issued(ledger: Ledger) -> None:
    """Figures that somebody has changed, that may still move, that contradict, under another one's number."""
    office, first = await first_quarter(ledger)
    await office.processor.issue((await issued(office, first)).document)
    changed = {**first, "totals": [{**first["totals"][0], "unqualified": 4}, first["totals"][1]]}
    with pytest.raises(Failure, match="totals"):
        await issued(office, changed, "2号")
    with pytest.raises(Failure, match="还会变"):
        await issued(office, await office.figures("2023-04-01", "2023-04-03", "2023-04-03"), "2号")
    with pytest.raises(Failure, match="不是通报数字"):
        await issued(office, {"from": "2023-01-01"}, "2号")
    shares = [{"name": "测试信件", "part": 48, "whole": 49, "printed": "99%"}]
    with pytest.raises(Failure, match="49 中 48 应为 98%"):
        await issued(office, {**first, "typed": {"shares": shares}}, "2号")
    other = await office.figures("2023-01-01", "2023-01-31", "2023-03-31")
    with pytest.raises(Failure, match="文号已用于"):
        await issued(office, other, "1号")
    with pytest.raises(Failure, match="没有这份通报"):
        await recorded(ledger, "2号")
    assert len(await all_issued(ledger)) == 1


async def test_lists_that_are_too_long(ledger: Ledger) -> None:
    """They stand in files named by their hashes, which the bulletin's own covers; too much of the rest is refused."""
    office, first = await first_quarter(ledger)
    whole = orjson.dumps((await issued(office, first)).document)
    made = await issued(office, first, limit=len(whole) - 1)
    moved = made.document["lists"]["problems"]
    assert (moved["rows"], list(made.files)) == (5, [f"{moved['sha256']}.json"])
    assert orjson.loads(made.files[f"{moved['sha256']}.json"]) == first["lists"]["problems"]
    await office.processor.issue(made.document)
    assert await recorded(ledger, "1号") == made.document
    with pytest.raises(Failure, match="--area"):
        await issued(office, first, limit=1_000)
