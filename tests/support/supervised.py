"""A ledger in which something of everything waits for those who supervise."""

from __future__ import annotations

from streams.ledger.moments import to_micros
from streams.rules.intake.dead_letter_limits import WatchedProducer, written
from tests.support.pages import Pages

MANY = 55  # problems of a site that a run does not find again: more than a page
RUN = {"asset_id": "kjj-site", "source": "crawler", "run_id": "r2"}


async def held(pages: Pages, many: int = MANY, run_id: str = "r2") -> None:
    """So many problems of the site, and a run that finds none of them again, but for one."""
    checks = ("link.dead", "text.typo")  # of one check so many would be one ticket
    found = [
        {"check": checks[number % 2], "locator": f"https://kjj.gov.cn/{number}", "run_id": "r1"}
        for number in range(many)
    ]
    await pages.find(*found)
    again = {**found[0], "asset_id": "kjj-site", "source": "crawler", "run_id": run_id}
    pages.forward(minutes=5)
    await pages.desk.send({**again, "observed_at": pages.installation.now()})
    finished = pages.installation.now()
    await pages.desk.send(
        {**RUN, "run_id": run_id, "type": "run", "status": "complete", "checks": [*checks], "found": 1,
         "finished_at": finished, "pages": 40}
    )  # fmt: skip
    await pages.installation.wait(60)


async def filled(pages: Pages) -> None:
    """Something of everything that waits, for two units and for nobody."""
    desk = pages.desk
    pages.installation.unknown.add("li@kjj.gov.cn")
    await desk.register("asset:jyj-site", asset_id="jyj-site", name="市教育局网站", kind="website", unit_id="jyj")
    await held(pages)
    (late, asked, claimed, *_) = [one["ticket_id"] for one in desk.tickets().values()]
    del late
    at = pages.installation.now()
    for number, asset_id in enumerate(("jyj-site", "jyj-site", "nobodys")):
        await desk.send(
            {"asset_id": asset_id, "check": "text.typo", "locator": f"https://{asset_id}.cn/{number}",
             "source": "crawler", "observed_at": at}
        )  # fmt: skip
    by = {"asset_id": "kjj-site", "by": "张三"}
    await desk.command(action="ask", ticket_id=asked, kind="extension", working_days=2, reason="机房搬迁", **by)
    await desk.command(action="claim_fix", ticket_id=claimed, measures="已更换全部死链", **by)
    recheck = {"type": "recheck", "ticket_id": claimed, "outcome": "unverifiable", "source": "crawler"}
    await desk.send({**recheck, "asset_id": "kjj-site", "observed_at": at})
    async with pages.installation.ledger.transaction() as tx:
        for source, silent_at in (("links", 1), ("typos", 1), ("probe", None)):
            await tx._session.run(
                "insert into producer_rhythms values (?, 1, 0, '[[1, 60], [2, 60], [3, 60]]', null, ?)",
                source, silent_at,
            )  # fmt: skip
    real = pages.installation.clock.real
    watched = written({"crawler": WatchedProducer(real, 3), "": WatchedProducer(real, 1)})
    async with pages.installation.ledger.transaction() as tx:
        await tx._session.run("update source set refused_json = ? where topic = 'rectify.findings'", watched)
        for kind, name in (("ticket", "ZG1"), ("registry", "unit:x")):
            await tx._session.run(
                "insert into set_aside (kind, place, name, noted_at, attempts, fault) values (?, ?, ?, ?, 1, 'x')",
                kind, name, name, to_micros(real),
            )  # fmt: skip
