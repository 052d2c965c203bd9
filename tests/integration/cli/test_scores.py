"""`rectify score` on a real ledger: the period decides what stood, and every figure says where it comes from."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from schemas.bulletin import Bulletin
from streams.ledger import Ledger, open_ledger
from streams.ledger.reading.standings import standings
from streams.rules.scoring.stood import Period
from streams.rules.state.snapshot import ChangeSet, Needs
from tests.support.command_line import CommandLine
from tests.support.ledger import ZONE, at, load, open_ticket, problem, run, save

NOW = "start=2026-03-05T12:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"
FACTS = orjson.dumps({"evidence": {}}).decode()


def registered(name: str, region: str) -> str:
    """A registry record."""
    record = {"asset_id": name, "name": f"{name}网站", "kind": "website", "region": region}
    return orjson.dumps(record).decode()


async def filled(ledger: Ledger) -> None:
    """A site with three problems (one gone a month ago, one dismissed), one without any, one nobody has registered."""
    snapshot = await load(ledger, Needs(asset_ids={"site", "clean", "stranger"}))
    assets = {
        name: snapshot.assets[name]._replace(
            kind="website",
            name=f"{name}网站",
            region=region,
            document_json=registered(name, region),
        )
        for name, region in (("site", "咸安区"), ("clean", "嘉鱼县"))
    }
    pk = snapshot.assets["site"].pk
    ticket = open_ticket(1, "1AAA", pk)._replace(due_at=at(days=1))
    plain = [
        p._replace(facts_json=FACTS, gone_at=None)
        for p in (
            problem("open", pk, 1, 1)._replace(check="content.misplaced"),
            problem("gone", pk, 1, 2, "gone")._replace(check="content.misplaced", first_seen_at=at(days=-40)),
            problem("judged", pk, 1, 3, "dismissed")._replace(check="wording.serious"),
            problem("strange", snapshot.assets["stranger"].pk, 2, 1)._replace(check="home.stale"),
        )
    ]
    problems = [p._replace(gone_at=at(days=-30)) if p.status == "gone" else p for p in plain]
    runs = [run(assets["clean"].pk, "r-1")._replace(evidence_at=at(days=-1), state="settled", settle_at=None)]
    second = open_ticket(2, "2AAA", snapshot.assets["stranger"].pk)
    today = at().astimezone(ZONE).toordinal()
    looks = dict.fromkeys((one.pk, today) for one in snapshot.assets.values())
    await save(
        ledger,
        ChangeSet(
            assets=list(assets.values()), problems=problems, new_tickets=[ticket, second], runs=runs, looks=looks
        ),
    )


async def test_what_stood_in_the_period(ledger: Ledger) -> None:
    """S-3: what was gone before it began does not count, nor what was seen after its end."""
    await filled(ledger)
    found = {}
    for name, begin, end in (("now", -1, 1), ("long", -45, 1), ("before", -45, -35), ("empty", -80, -70)):
        period = Period(at(days=begin), at(days=end), at(days=1))
        found[name] = {
            stood.asset.asset_id: (stood.looked, len(stood.standings(period)))
            async for stood in standings(ledger, period, ZONE)
        }
    assert found == {
        "now": {"site": (True, 1), "clean": (True, 0), "stranger": (True, 1)},
        "long": {"site": (True, 2), "clean": (True, 0), "stranger": (True, 1)},
        "before": {"site": (False, 1), "clean": (False, 0)},
        "empty": {"site": (False, 0), "clean": (False, 0)},
    }
    period = Period(at(), at(days=1), at(days=1))
    one = [stood.asset.asset_id async for stood in standings(ledger, period, ZONE, "site")]
    assert one == ["site"]


@pytest.fixture
async def rectify(tmp_path: Path, sqlite_database: str) -> CommandLine:
    """The command line on such a ledger."""
    ledger = await open_ledger(sqlite_database, owner="test")
    await filled(ledger)
    await ledger.close()
    return CommandLine(tmp_path, DATABASE_URL=sqlite_database, CLOCK=NOW)


async def test_the_command_line(rectify: CommandLine) -> None:
    """The worst first, one asset in detail, and the figures of a notice with window, pack and definition (S-4)."""
    listed = (await rectify.run("score", "list", "--json")).json
    assert [(item["asset_id"], item["points"], item["qualified"]) for item in listed["assets"]] == [
        ("stranger", 100.0, False),
        ("site", 98.0, True),
    ]
    assert (listed["policy"], listed["window"]["from"][:10]) == ("default@1", "2026-01-01")
    shown = await rectify.run("score", "show", "site", "--from", "2026-03-01")
    assert (shown.code, "99 分" in shown.out, "内容规范 -1（1 处）" in shown.out) == (0, True, True)
    made = (await rectify.run("bulletin", "figures", "--from", "2026-03-01", "--to", "2026-03-31", "--json")).json
    assert {row["key"]: (row["checked"], row["unqualified"]) for row in made["by"]["region"]} == {
        "": (1, 1),
        "咸安区": (1, 0),
        "嘉鱼县": (1, 0),
    }
    assert Bulletin.model_validate(made).totals[0].rate == "66.67%"
    assert (made["totals"][0]["rate"], made["set_aside"], made["pack"]) == ("66.67%", {"dismissed": 1}, "default@1")
    people = await rectify.run("bulletin", "figures", "--from", "2026-03-01", "--to", "2026-03-31")
    assert ("66.67%" in people.out, "截至" in people.out) == (True, True)
    assert (await rectify.run("bulletin", "figures", "--from", "2026-03-02", "--to", "2026-03-01")).code == 1
    assert (await rectify.run("score", "show", "nowhere")).code == 1
    assert (await rectify.run("score", "list", "--from", "yesterday")).code == 2
