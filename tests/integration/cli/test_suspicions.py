"""What `rectify suspicion list` reads from the database: suspicions, and what is before its line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.ledger import Ledger, open_ledger
from streams.ledger.reading.queries import suspected_problems, warned_problems
from streams.rules.state.records import HistoryEntry, Problem
from streams.rules.state.snapshot import ChangeSet
from streams.rules.state.text import to_json
from tests.support.command_line import CommandLine
from tests.support.ledger import asset_pk, at, problem, save

NOW = "start=2026-03-05T12:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"
NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)


def _suspected(name: str, asset: int, *hours_ago: int) -> Problem:
    moments = sorted(NOON - timedelta(hours=hours) for hours in hours_ago)
    seen = [[moment.isoformat(), "prober"] for moment in moments]
    memory = to_json({"seen": seen}) if seen else None
    return problem(name, asset, status="suspected")._replace(
        suspicion_json=memory, last_seen_at=max(moments, default=NOON), gone_at=None
    )


def _warned(name: str, asset: int, told: int = 1) -> Problem:
    since = (NOON - timedelta(days=2)).isoformat()
    memory = to_json({"warned": {"since": since, "told_at": since if told else None, "times": told}})
    facts = to_json({"evidence": {"column_kind": "news"}})
    return problem(name, asset, status="warned")._replace(suspicion_json=memory, check="column.stale", facts_json=facts)


async def _fill(ledger: Ledger) -> None:
    first, second = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    events = [HistoryEntry(f"{pk:032x}", pk, None, at(), "warned", "{}") for pk in (first, second)]
    await save(
        ledger,
        ChangeSet(
            problems=[
                _suspected("twice", first, 1, 2),
                _suspected("lapsed", first, 80),
                _suspected("other", second, 3),
                _suspected("proved-absent", first),
                _warned("told", first),
                _warned("untold", second, told=0),
                problem("open", first, 1, 1),
            ],
            history=events,
        ),
    )


@pytest.fixture
async def rectify(tmp_path: Path, sqlite_database: str) -> CommandLine:
    """Four suspicions and two warnings of two assets."""
    ledger = await open_ledger(sqlite_database, owner="test")
    await _fill(ledger)
    await ledger.close()
    return CommandLine(tmp_path, DATABASE_URL=sqlite_database, CLOCK=NOW)


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ((), ["twice", "other"]),
        (("--lapsed",), ["twice", "other", "lapsed"]),
        (("--asset", "asset-2"), ["other"]),
        (("--limit", "1"), ["twice"]),
        (("--warned",), ["told", "untold"]),
        (("--warned", "--asset", "asset-2"), ["untold"]),
    ],
    ids=str,
)
async def test_the_list_is_filtered(rectify: CommandLine, words: tuple[str, ...], places: list[str]) -> None:
    """The latest first; what was proved absent is nowhere, what has lapsed only when asked for."""
    listed = (await rectify.run("suspicion", "list", *words, "--json")).json
    assert sorted(entry["locator"].rpartition("/")[2] for entry in listed) == sorted(places)


async def test_a_suspicion_says_how_far_it_has_come(rectify: CommandLine) -> None:
    """D-10: how many sightings of how many, from whom, and when it lapses."""
    shown = (await rectify.run("suspicion", "list", "--lapsed")).out
    entry = (await rectify.run("suspicion", "list", "--limit", "1", "--json")).json[0]
    for words in ("死链", "2/3", "prober", "03-08 11:00", "已失效"):
        assert words in shown, words
    assert (entry["sightings"], entry["needed"], entry["lapsed"]) == (2, 3, False)
    assert entry["lapses_at"] == "2026-03-08T11:00:00+08:00"


async def test_a_warning_says_since_when_and_which_line_follows(rectify: CommandLine) -> None:
    """D-7: and whether anybody was told."""
    shown = (await rectify.run("suspicion", "list", "--warned")).out
    for words in ("栏目不更新", "03-03 12:00", "第14天", "1 次", "未通知"):
        assert words in shown, words
    assert (await rectify.run("suspicion", "list", "--warned", "--lapsed")).code == 2


async def test_both_databases_list_the_same(ledger: Ledger) -> None:
    """On SQLite and PostgreSQL."""
    await _fill(ledger)
    suspected = await suspected_problems(ledger, seen_since=NOON - timedelta(hours=72))
    assert [(p.fingerprint, a.asset_id) for p, a in suspected] == [("fp-twice", "asset-1"), ("fp-other", "asset-2")]
    assert {p.fingerprint for p, _ in await warned_problems(ledger)} == {"fp-told", "fp-untold"}
