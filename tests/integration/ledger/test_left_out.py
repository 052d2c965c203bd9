"""Facts for which there is no room are left out (O-16): what is decided is the same, and no text gets shorter."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from streams.ledger import Ledger, open_ledger
from streams.ledger.engines import weights
from tests.support.postgres import Postgres
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import TOPICS, local

NUMBER: Final = 60
KIB: Final = 1024
SMALL: Final = {"LOAD_BYTES": 512 * KIB, "REST_BYTES": 1536 * KIB, "ALONE_BYTES": 2048 * KIB}  # 25 problems of 60
SEEN, LATER, LATE = "2026-03-02T09:00:00+08:00", "2026-03-02T09:30:00+08:00", "2026-05-11T09:00:00+08:00"
PAD: Final = "a" * 20_000
ROWS: Final = {
    "problems": "key, pk",
    "tickets": "ticket_id",
    "runs": "run_id",
    "recheck_requests": "key",
    "asks": "ask_id",
    "history": "event_id",
    "notices": "notice_id",
    "set_aside": "name",
}
OUR_OWN: Final = {"version", "updated_at"}  # a ticket that is published later has one more version (T-2)


def finding(number: int, **fields: Any) -> dict[str, Any]:
    """One of many problems of a site."""
    found = {"asset_id": "site", "check": "wording.serious", "locator": f"/{number}", "source": "crawler"}
    return {**found, "observed_at": SEEN, "evidence": {"pad": PAD, "content_hash": f"{number:071}"}, **fields}


def place(number: int, **fields: Any) -> dict[str, Any]:
    """One of many places of one ticket."""
    return finding(number, check="link.dead", evidence={"target": "https://b.cn/", "pad": PAD}, **fields)


def recheck(outcome: str, at: str, **fields: Any) -> dict[str, Any]:
    """The crawler has looked again."""
    return {
        "type": "recheck", "asset_id": "site", "outcome": outcome, "source": "crawler", "observed_at": at, **fields,
    }  # fmt: skip


class Site:
    """A desk that is told of all the problems while there is room, and works with little room from then on."""

    def __init__(self, ledger: Ledger, squeeze: Callable[[], None]) -> None:
        self.squeeze = squeeze
        self.clock = StillClock("2026-03-02 10:00")
        self.processor = ProcessorOnLedger(ledger, self.clock)
        self.ledger = ledger

    @property
    def ticket_id(self) -> str:
        """The one ticket that is there."""
        (ticket_id,) = self.processor.tickets()
        return ticket_id

    async def passes(self) -> None:
        """What is due is done, and then what was left to be published."""
        for _ in range(3):
            self.clock.real += timedelta(minutes=1)
            while await self.processor.watch.once():
                self.processor.published("")

    async def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that the tables have."""
        found: dict[str, list[dict[str, Any]]] = {}
        async with self.ledger.transaction() as tx:
            for table, key in ROWS.items():
                rows = await tx._session.rows(f"select * from {table} order by {key}")  # noqa: S608
                names = await self._columns(tx, table)
                found[table] = [
                    {name: value for name, value in zip(names, row, strict=True) if name not in OUR_OWN} for row in rows
                ]
        return found

    @staticmethod
    async def _columns(tx: Any, table: str) -> list[str]:
        if tx._session.dialect == "sqlite":
            return [row[1] for row in await tx._session.rows(f"pragma table_info({table})")]
        sql = "select column_name from information_schema.columns where table_name = ? order by ordinal_position"
        return [row[0] for row in await tx._session.rows(sql, table)]

    async def outcome(self) -> dict[str, Any]:
        """What anybody can see of it."""
        tickets = [{**ticket, "version": 0} for _, ticket in sorted(self.processor.tickets().items())]
        events = sorted(self.processor.published(TOPICS.events), key=lambda event: str(event["id"]))
        letters = [message.headers for message in self.processor.messages if message.topic == TOPICS.dead_letters]
        return {"tickets": tickets, "events": events, "letters": letters, **await self.rows()}


Story = Callable[[Site], Awaitable[None]]
Problem = Callable[[int], dict[str, Any]]


async def run_of_the_site(site: Site) -> None:
    """A run finds nothing any more of 60 tickets, and is accepted."""
    site.squeeze()
    run = {"run_id": "r2", "source": "crawler", "status": "complete", "checks": ["wording.serious"]}
    await site.processor.send({"type": "run", "asset_id": "site", "started_at": LATER, "finished_at": LATER, **run})
    await site.passes()
    await site.processor.command(action="accept_run", asset_id="site", source="crawler", run_id="r2", reason="已核实")


async def some_recur(site: Site) -> None:
    """All are mended; weeks later rechecks find twelve of them again, each by its place."""
    await run_of_the_site(site)
    await site.passes()
    site.clock.at = local("2026-05-11 10:00")
    about = {"check": "wording.serious", "evidence": {"seen": "again"}}
    for number in range(12):  # of 60 problems ten come with their facts
        await site.processor.send(recheck("present", LATE, locator=f"/{number}", **about))
        site.processor.published("")


async def closed_by_recheck(site: Site) -> None:
    """One answer about 60 places, another one against it, and a person's word."""
    site.squeeze()
    await site.processor.send(recheck("absent", LATER, ticket_id=site.ticket_id, evidence={"pad": "b" * 3_000}))
    await site.processor.command(action="reopen", asset_id="site", ticket_id=site.ticket_id, reason="未整改")
    await site.processor.command(action="close", asset_id="site", ticket_id=site.ticket_id, reason="已核实")


async def split(site: Site) -> None:
    """Half of the places become a ticket of their own."""
    site.squeeze()
    prints = [problem["fingerprint"] for problem in site.processor.tickets()[site.ticket_id]["problems"]][:30]
    about = {"asset_id": "site", "ticket_id": site.ticket_id, "reason": "分办"}
    await site.processor.command(action="split", fingerprints=prints, **about)


async def seen_since(site: Site) -> None:
    """A claim asks about 50 places; a patrol has seen all of them since (R-33)."""
    about = {"asset_id": "site", "ticket_id": site.ticket_id}
    await site.processor.command(action="claim_fix", measures="已改", **about)
    site.clock.at = local("2026-03-03 10:00")
    await site.processor.send(*(place(number, observed_at="2026-03-03T09:00:00+08:00") for number in range(NUMBER)))
    site.squeeze()
    site.clock.at = local("2026-03-20 10:00")


STORIES: Final[tuple[tuple[Story, Problem], ...]] = (
    (run_of_the_site, finding),
    (some_recur, finding),
    (closed_by_recheck, place),
    (split, place),
    (seen_since, place),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Two databases of a kind."""
    if request.param == "sqlite":
        file = request.getfixturevalue("migrated_file")
        one, other = (shutil.copy(file, tmp_path / f"{name}.db") for name in ("one", "other"))
        return f"sqlite:///{one}", f"sqlite:///{other}"
    server: Postgres = request.getfixturevalue("postgres")
    like = request.getfixturevalue("migrated_postgres")
    return server.create_database(like=like), server.create_database(like=like)


@pytest.fixture
async def ledgers(databases: tuple[str, str]) -> AsyncIterator[tuple[Ledger, Ledger]]:
    """Both are open."""
    one, other = [await open_ledger(url, owner="worker-1") for url in databases]
    yield one, other
    await one.close()
    await other.close()


@pytest.fixture
def squeeze(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From then on there is little room."""

    def less() -> None:
        for name, value in SMALL.items():
            monkeypatch.setattr(weights, name, value)

    return less


async def told(ledger: Ledger, squeeze: Callable[[], None], problem: Problem) -> Site:
    """A site with 60 large problems of which everything has been published."""
    site = Site(ledger, squeeze)
    await site.processor.register("asset:site", asset_id="site", name="site", kind="website")
    await site.processor.send(*map(problem, range(NUMBER)))
    await site.passes()
    return site


@pytest.mark.parametrize(("story", "problem"), STORIES, ids=lambda value: value.__name__)
async def test_with_little_room_the_same_comes_about(
    ledgers: tuple[Ledger, Ledger], squeeze: Callable[[], None], story: Story, problem: Problem
) -> None:
    """With a limit that nothing reaches and with one of 2 MiB: the same rows, events and documents at the end."""
    outcomes = []
    for ledger, less in zip(ledgers, (lambda: None, squeeze), strict=True):
        site = await told(ledger, less, problem)
        await story(site)
        await site.passes()
        outcomes.append(await site.outcome())
    without, with_ = outcomes
    for ticket in site.processor.published(TOPICS.tickets):  # whenever one was published
        assert {problem["facts"]["evidence"]["pad"] for problem in ticket["problems"]} == {PAD}
    assert not with_["letters"]
    assert not with_["set_aside"]
    for name in without:
        assert with_[name] == without[name], name


async def test_a_site_with_large_tickets_is_deleted(ledger: Ledger, squeeze: Callable[[], None]) -> None:
    """A-10: its 60 tickets follow page by page; supervisors are told of each, once, with all that is known of it."""
    site = await told(ledger, squeeze, finding)
    squeeze()
    await site.processor.delete("asset:site")
    await site.passes()
    orphans = [message["ticket"] for message in site.processor.published(TOPICS.escalation("supervise"))]
    assert len({ticket["ticket_id"] for ticket in orphans}) == len(orphans) == NUMBER
    assert {problem["facts"]["evidence"]["pad"] for ticket in orphans for problem in ticket["problems"]} == {PAD}
    assert not (await site.rows())["set_aside"]


async def test_more_than_can_be_decided_is_refused(ledger: Ledger, squeeze: Callable[[], None]) -> None:
    """A dismissal looks at the content of all 60 places: a dead letter that says so, and the next one is decided."""
    site = await told(ledger, squeeze, place)
    about = {"asset_id": "site", "ticket_id": site.ticket_id, "reason": "误报"}
    squeeze()
    before = await site.rows()
    await site.processor.command(action="dismiss", **about)
    site.processor.published("")
    (letter,) = (dict(message.headers) for message in site.processor.messages if message.topic == TOPICS.dead_letters)
    assert letter["rectify-error"] == b"too_large"
    assert b"evidence of more problems" in letter["rectify-error-detail"]
    assert await site.rows() == before
    await site.processor.command(action="acknowledge", **about)
    assert site.processor.tickets()[site.ticket_id]["status"] == "acknowledged"


async def test_due_work_about_too_much_is_set_aside(ledger: Ledger, squeeze: Callable[[], None]) -> None:
    """A count of an asset whose counted problems are too large holds up no other one; the note says why (O-14)."""
    stale = [finding(number, check="column.stale", evidence={"pad": "a" * 60_000}) for number in range(NUMBER)]
    site = await told(ledger, squeeze, lambda number: stale[number])
    await site.processor.send({**finding(0), "asset_id": "other", "check": "column.stale"})
    squeeze()
    async with ledger.transaction() as tx:
        await tx._session.run("update assets set derive_at = 1")
    await site.passes()
    (note,) = (await site.rows())["set_aside"]
    assert (note["kind"], note["name"]) == ("count", "site")
    assert "MiB of texts" in note["fault"]
    async with ledger.transaction() as tx:
        assert await tx._session.rows("select asset_id from assets where derive_at <= 1") == []
