"""The desk 督查台: every number leads to its rows, of the units that one sees; held runs decided; on both databases."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from streams.ledger import Ledger, TooSlow
from streams.services.pages_upkeep import forget_on_pages
from tests.support.officials import Official, official
from tests.support.pages import CONTACT, Pages, pages_on
from tests.support.supervised import MANY, RUN, filled, held

COUNTED = re.compile(r'<a href="([^"]+)" data-count="([^"]+)"')
ROW = re.compile(r'<tr role="row" data-(?:ticket|row)="([^"]+)"')
NEXT = re.compile(r'rel="next" href="([^"]+)"')


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on a ledger with units, and a site of one of them."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


class CountedLink(NamedTuple):
    """A number of a page: what it says, where it leads."""

    words: str
    address: str


async def numbers(someone: Official, path: str) -> list[CountedLink]:
    """Every number of a page."""
    answer = await someone.client.get(path)
    assert answer.status_code == 200, (path, answer.text)
    links = COUNTED.findall(answer.text)
    return [CountedLink(words, str(answer.request.url.join(html.unescape(href)))) for href, words in links]


async def rows(someone: Official, address: str) -> list[str]:
    """The rows of a list, over all its pages."""
    found: list[str] = []
    for _ in range(20):
        answer = await someone.client.get(address)
        assert answer.status_code == 200, (address, answer.text)
        found += ROW.findall(answer.text)
        following = NEXT.search(answer.text)
        if following is None:
            assert len(found) == len(set(found)), address
            return found
        address = str(answer.request.url.join(html.unescape(following[1])))
    raise AssertionError(address)


async def test_every_number_leads_to_exactly_its_rows(pages: Pages) -> None:
    """W-20: of every page of the desk, for whoever sees everything, for a unit and for one that is above it."""
    await filled(pages)
    await pages.installation.until("2026-03-16 10:00")
    run = f"/desk/decisions/run?{'&'.join(f'{name}={value}' for name, value in RUN.items())}"
    seen: set[str] = set()
    for unit_id in ("", "gov", "jyj"):
        someone = await official(pages, "supervisor", unit_id)
        ours = ["/desk/decisions", run] if unit_id != "jyj" else []
        for path in ("/desk", "/desk/units?sort=opened", "/desk/charts", *ours):
            found = await numbers(someone, path)
            assert found, path
            for one in found:
                assert len(await rows(someone, one.address)) == int(one.words), (unit_id, path, one)
                seen |= {one.address.partition("pages.test")[2].partition("=")[0]} if one.words != "0" else set()
    for some in (
        "/tickets?decide", "/tickets?light", "/tickets?unit", "/tickets?check", "/tickets?opened_from",
        "/desk/decisions", "/desk/assets", "/desk/refused", "/desk/set-aside", "/desk/notices",
        "/desk/silent", "/desk/decisions/run?asset_id",
    ):  # fmt: skip
        assert some in seen, some


async def test_of_another_unit_there_is_nothing(pages: Pages) -> None:
    """W-20, W-21: two viewers of different units: numbers, lists, a run and the decision about it."""
    await filled(pages)
    ours, theirs = await official(pages, "supervisor", "kjj"), await official(pages, "supervisor", "jyj")
    page = (await theirs.get("/desk")).text
    assert "市科技局" not in page
    assert "crawler" not in page
    assert "市教育局" not in (await ours.get("/desk")).text
    assert "市教育局" in page
    for path in ("/desk/assets", "/desk/refused", "/desk/silent", "/desk/set-aside", "/desk/decisions"):
        assert await rows(theirs, path) == [], path
    none = await theirs.get("/desk/decisions/run", **{**RUN, "run_id": "unknown"})
    one = await theirs.get("/desk/decisions/run", **RUN)
    assert (one.status_code, one.content) == (404, none.content)
    answer = await theirs.post("/desk/decisions/run", **RUN, act="accept")
    assert (answer.status_code, answer.content) == (404, none.content)
    assert pages.commands.published == []


async def test_a_held_run_is_decided(pages: Pages) -> None:
    """W-21: what it would close is said, then confirmed; the page says what the event says; twice acts once."""
    await held(pages)
    someone = await official(pages, "supervisor", "gov")
    page = (await someone.get("/desk")).text
    assert f'data-count="{MANY - 1}"' in page
    assert f'data-count="{MANY}"' in page
    form = (await someone.get("/desk/decisions/run", **RUN, act="accept")).text
    assert f"确认采信，{MANY - 1} 处销号" in form
    nonce = re.findall(r'name="nonce" value="([^"]+)"', form)[-1]
    answers = [
        await someone.post("/desk/decisions/run", **RUN, act="accept", reason="专项整治已核实", nonce=nonce)
        for _ in range(2)
    ]
    told = [await someone.follow(answer) for answer in answers]
    for one in told:
        assert "待核巡检予以采信" in one.text.partition('role="status"')[2].partition("</div>")[0]
    (event,) = pages.desk.events("run_accepted")
    assert (event["by"], event["via"], event["said"]) == (someone.name, f"account:{someone.name}", "专项整治已核实")
    await pages.installation.wait(60)
    assert sum(one["status"] == "closed" for one in pages.desk.tickets().values()) == MANY - 1
    assert await rows(someone, "/desk/decisions") == []
    late = await someone.follow(await someone.post("/desk/decisions/run", **RUN, act="reject"))
    assert "该次巡检不在待核状态" in late.text
    later = pages.premises.now().at + timedelta(days=1)
    assert len(await pages.premises.store.acts_of("")) == 2
    await forget_on_pages(pages.premises.settings, pages.premises.ledger, later, later)
    assert await pages.premises.store.acts_of("") == []


DECIDING: list[tuple[str, dict[str, Any], int, str]] = [
    ("supervisor", {"act": "reject", "reason": "长" * 2_001}, 422, "不超过2000个字"),
    ("supervisor", {"act": "unknown"}, 404, ""),
    ("supervisor", {"act": "reject", "run_id": "r1"}, 404, ""),
    ("supervisor", {"act": "reject", "nonce": "x"}, 403, ""),
    ("handler", {"act": "reject"}, 403, ""),
]


async def test_what_is_wrong_with_a_decision(pages: Pages) -> None:
    """Said at its field, refused; without a broker everything typed is kept, and the same form acts later."""
    await held(pages, 25)
    for role, fields, status, words in DECIDING:
        someone = await official(pages, role, "gov", name=f"{role}-{len(fields)}-{status}")  # type: ignore[arg-type]
        answer = await someone.post("/desk/decisions/run", **{**RUN, **fields})
        assert (answer.status_code, words in answer.text) == (status, True), (fields, answer.text)
    assert "由主管单位决定" in (await (await official(pages, "handler", "gov")).get("/desk/decisions/run", **RUN)).text
    someone = await official(pages, "supervisor", "gov")
    pages.commands.broker_is_away = True
    answer = await someone.post("/desk/decisions/run", **RUN, act="reject", reason="请保留我")
    assert (answer.status_code, "请保留我" in answer.text, "内容尚未提交" in answer.text) == (503, True, True)
    pages.commands.broker_is_away, pages.commands.worker_is_away = False, True
    nonce = re.findall(r'name="nonce" value="([^"]+)"', answer.text)[-1]
    sent = await someone.post("/desk/decisions/run", **RUN, act="reject", reason="请保留我", nonce=nonce)
    waiting = await someone.follow(sent)
    assert ("尚在处理" in waiting.text, waiting.headers["refresh"]) == (True, "3")
    await pages.commands.work()
    assert "待核巡检不予采信" in (await someone.follow(sent)).text
    assert [one["said"] for one in pages.desk.events("run_rejected")] == ["请保留我"]


async def test_units_of_a_period(pages: Pages) -> None:
    """Late ones first, by days; a day that is none, and a period that ends before it begins, are said."""
    await filled(pages)
    await pages.installation.until("2026-03-16 10:00")
    someone = await official(pages, "reader", "gov")
    page = (await someone.get("/desk/units", **{"from": "2026-03-02", "to": "2026-03-02"})).text
    assert "市科技局" in page
    assert "个工作日</td>" in page
    assert "市教育局" not in page
    everybody = await official(pages, "reader")
    page = (await everybody.get("/desk/units", **{"from": "2026-03-10", "to": "2026-03-20"})).text
    assert page.index("市科技局") < page.index("市教育局")
    assert 'data-label="按期办结率">—</td>' in page
    (claimed,) = [one["ticket_id"] for one in pages.desk.tickets().values() if one["status"] == "claimed"]
    approved = {"ticket_id": claimed, "asset_id": "kjj-site", "by": "王敏", "reason": "已核实"}
    await pages.desk.command(action="approve", **approved)
    page = (await everybody.get("/desk/units", sort="on_time")).text
    assert 'aria-sort="ascending">按期办结率' in page
    assert 'data-label="按期办结率">0.0%（0/1）</td>' in page
    for query, words in (({"from": "x"}, "请填写日期"), ({"from": "2026-03-20", "to": "2026-03-02"}, "不能晚于")):
        answer = await someone.get("/desk/units", **query)
        assert (answer.status_code, words in answer.text) == (422, True)


async def test_what_did_not_arrive_is_told_for_a_week(pages: Pages) -> None:
    """W-20: a mail to an address that nobody has, with its ticket; after seven days no more."""
    pages.installation.unknown.add("li@kjj.gov.cn")
    (ticket,) = await pages.open_tickets("link.dead")
    someone = await official(pages, "supervisor", "gov")
    page = (await someone.get("/desk/notices")).text
    assert ticket["ticket_id"] in page
    assert "li@kjj.gov.cn" not in page
    pages.forward(days=8)
    someone = await official(pages, "supervisor", "gov", name="a week later")
    assert ticket["ticket_id"] not in (await someone.get("/desk/notices")).text


async def test_a_producers_runs_are_decided_together(pages: Pages) -> None:
    """W-22: what is held for its producer may be accepted together, everything rejected; each run has its outcome."""
    await held(pages, 25)
    await held(pages, 25, run_id="r4")
    someone, other = await official(pages, "supervisor", "gov"), await official(pages, "supervisor", "jyj")
    page = await someone.get("/desk/decisions")
    assert "crawler：待核" in page.text
    for one in await numbers(someone, "/desk/decisions/producer?source=crawler"):
        assert len(await rows(someone, one.address)) == int(one.words), one
    assert (await other.get("/desk/decisions/producer", source="crawler")).status_code == 404
    assert "一并采信</a>" not in (await someone.get("/desk/decisions/producer", source="crawler")).text
    form = (await someone.get("/desk/decisions/producer", source="crawler", act="reject")).text
    assert "确认不采信这 2 次" in form
    named = html.unescape(re.findall(r'name="runs" value="([^"]+)"', form)[0])
    nonce = re.findall(r'name="nonce" value="([^"]+)"', form)[-1]
    fields = {"source": "crawler", "runs": named}
    for wrong in ({"act": "accept"}, {"act": "x"}, {"runs": "[]"}, {"runs": "x"}, {"runs": '[["kjj-site", "r1"]]'}):
        answer = await someone.post("/desk/decisions/producer", **{"act": "reject", **fields, **wrong})
        assert answer.status_code == 404, wrong
    assert (await other.post("/desk/decisions/producer", **fields, act="reject")).status_code == 404
    assert pages.commands.published == []
    async with pages.installation.ledger.transaction() as tx:
        await tx._session.run("update runs set held_by = 'C-45' where run_id = 'r2'")
    some = {**fields, "runs": '[["kjj-site", "r2"]]'}
    told = (await someone.follow(await someone.post("/desk/decisions/producer", **some, act="accept"))).text
    assert "已办 1 次，不予受理 0 次" in told
    for _ in range(2):
        sent = await someone.post("/desk/decisions/producer", **fields, act="reject", reason="程序故障", nonce=nonce)
        told = (await someone.follow(sent)).text
        assert "已办 1 次，不予受理 1 次" in told
        assert "1 次：指令不予受理，该次巡检不在待核状态" in told
    assert [event["run_id"] for kind in ("run_accepted", "run_rejected") for event in pages.desk.events(kind)] == [
        "r2",
        "r4",
    ]
    assert await rows(someone, "/desk/decisions") == []
    assert (await someone.get("/desk/decisions/became")).status_code == 404


async def test_what_did_not_arrive_is_sent_once_more(pages: Pages) -> None:
    """W-23: with a reason, to the contact of today; what is refused is said; of another unit there is nothing."""
    pages.installation.unknown.add("li@kjj.gov.cn")
    (ticket,) = await pages.open_tickets("link.dead")
    (notice_id, *_) = await pages.notice_ids(ticket["ticket_id"])
    someone, other = await official(pages, "supervisor", "gov"), await official(pages, "supervisor", "jyj")
    path = f"/desk/notices/{notice_id}"
    assert f"notices/{notice_id}" in (await someone.get("/desk/notices")).text
    assert "确认补发" in (await someone.get(path)).text
    for answer in (await other.get(path), await other.post(path, reason="邮箱已更正"), await someone.get(path[:-1])):
        assert answer.status_code == 404
    wrong = await someone.post(path)
    assert (wrong.status_code, "请填写理由" in wrong.text) == (422, True)
    assert "确认补发" not in (await (await official(pages, "reader", "gov")).get(path)).text
    assert pages.commands.published == []
    unit = {"unit_id": "kjj", "name": "市科技局", "supervisor_id": "gov"}
    await pages.desk.register("unit:kjj", **unit, contacts=[])
    refused = (await someone.follow(await someone.post(path, reason="邮箱已更正"))).text
    assert "名录中已没有这位联系人" in refused.partition('role="status"')[2].partition("</div>")[0]
    await pages.desk.register("unit:kjj", **unit, contacts=[{**CONTACT, "email": "li2@kjj.gov.cn"}])
    told = (await someone.follow(await someone.post(path, reason="邮箱已更正"))).text
    assert "补发给李值守的邮件通知" in told.partition('role="status"')[2].partition("</div>")[0]
    (event,) = pages.desk.events("notice_resent")
    assert (event["via"], event["said"]) == (f"account:{someone.name}", "邮箱已更正")
    await pages.installation.catch_up()
    assert pages.installation.sent[-1].address == "li2@kjj.gov.cn"


async def test_what_takes_too_long_leaves_the_rest_of_the_page(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that gives up counting: the desk is shown, and its numbers still lead to their lists."""
    await pages.open_tickets("link.dead")
    someone = await official(pages, "supervisor")
    real = Ledger.read

    async def gives_up(self: Ledger, query: Any, within: float | None = None) -> Any:
        if within is not None:
            raise TooSlow("too slow")
        return await real(self, query, within)

    monkeypatch.setattr(Ledger, "read", gives_up)
    page = await someone.get("/desk")
    assert page.status_code == 200
    assert 'data-count="?"' in page.text
    assert "暂时未能数出" in page.text
    assert "/tickets?light=red" in page.text
