"""Who has the same again, and what was set aside, on both engines; the command line over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streams.ledger import Ledger, open_ledger
from streams.ledger.reading.repeats import Repeat, RepeatScope, repeats
from streams.rules.state.snapshot import ChangeSet, Needs
from tests.support.command_line import CommandLine
from tests.support.ledger import at, load, open_ticket, problem, save

PERIOD = RepeatScope(at(days=-1), at(days=1))
NOW = "start=2026-03-05T12:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"


async def filled(ledger: Ledger) -> None:
    """A site with a ticket reopened twice and a recurrence, an account with one reopened; one from long ago."""
    snapshot = await load(ledger, Needs(asset_ids={"site", "account"}))
    kinds = {"site": ("website", "咸安区"), "account": ("account", None)}
    assets = [
        snapshot.assets[name]._replace(kind=kind, region=region, name=f"名称{name}")
        for name, (kind, region) in kinds.items()
    ]
    site, account = snapshot.assets["site"].pk, snapshot.assets["account"].pk
    fresh: dict[str, Any] = {
        "running_since": at(),
        "recurrence_of": None,
        "merged_into": None,
        "reopen_count": 0,
        "unit_id": "kjj",
    }
    again = [
        open_ticket(1, "1AAA", site)._replace(**fresh | {"reopen_count": 2}),
        open_ticket(2, "2AAA", site)._replace(**fresh | {"recurrence_of": "ZG-0", "check": "text.typo"}),
        open_ticket(3, "3AAA", account)._replace(**fresh | {"reopen_count": 1, "unit_id": None}),
        open_ticket(4, "4AAA", site)._replace(**fresh | {"reopen_count": 9, "running_since": at(days=-9)}),
        open_ticket(5, "5AAA", site)._replace(**fresh | {"reopen_count": 9, "merged_into": "ZG-1"}),
        open_ticket(6, "6AAA", site)._replace(**fresh),
        open_ticket(7, "7AAA", site)._replace(**fresh | {"status": "dismissed", "close_reason": "spam"}),
        open_ticket(8, "8AAA", account)._replace(**fresh | {"status": "dismissed", "close_reason": "waived"}),
    ]
    judged = [
        problem("a", site, 7, 1, "dismissed"),
        problem("b", site, 7, 2, "dismissed"),
        problem("c", account, 8, 1, "waived"),
        problem("d", site, 1, 1, "dismissed"),  # of a ticket that another problem has opened again
        problem("e", site, 7, 3, "dismissed")._replace(last_seen_at=at(days=-8), first_seen_at=at(days=-9)),
    ]
    await save(ledger, ChangeSet(assets=assets, new_tickets=again, problems=judged))


async def test_repeat_offenders(ledger: Ledger) -> None:
    """C-37: by unit, asset and check; what was reopened in another period, or merged away, does not count."""
    await filled(ledger)
    assert await repeats(ledger, "unit", PERIOD, 10) == [Repeat("kjj", 2, 2, 1), Repeat(None, 1, 1, 0)]
    assert await repeats(ledger, "asset", PERIOD, 1) == [Repeat("site", 2, 2, 1)]
    assert [item.key for item in await repeats(ledger, "check", PERIOD, 10)][-1] == "text.typo"
    assert await repeats(ledger, "asset", PERIOD._replace(kind="account"), 10) == [Repeat("account", 1, 1, 0)]
    assert await repeats(ledger, "asset", PERIOD._replace(region="嘉鱼县"), 10) == []


async def test_the_command_line(tmp_path: Path, sqlite_database: str) -> None:
    """`score repeat` lists; what was set aside is said beside the figures of a bulletin, by reason (C-38)."""
    ledger = await open_ledger(sqlite_database, owner="test")
    await filled(ledger)
    await ledger.close()
    rectify = CommandLine(tmp_path, DATABASE_URL=sqlite_database, CLOCK=NOW)
    found = (await rectify.run("score", "repeat", "--by", "asset", "--from", "2026-03-01", "--json")).json
    assert [(item["key"], item["name"], item["reopened"]) for item in found["repeats"]] == [
        ("site", "名称site", 2),
        ("account", "名称account", 1),
    ]
    by_check = await rectify.run("score", "repeat", "--by", "check", "--from", "2026-03-01")
    assert (by_check.code, "错别字" in by_check.out) == (0, True)
    assert "没有重开" in (await rectify.run("score", "repeat", "--from", "2026-03-05")).out
    words = ("bulletin", "figures", "--from", "2026-03-01", "--to", "2026-03-05", "--json")
    assert (await rectify.run(*words)).json["set_aside"] == {"dismissed": 1, "spam": 2, "waived": 1}
