"""Bulletins on the desk's pages: figures with their rows, fields by hand, issuing; on both databases."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import orjson
import pytest
from openpyxl import load_workbook

from schemas.bulletin_rules import BulletinRules, Group
from tests.support.officials import Official, official
from tests.support.pages import Pages, pages_on

pytestmark = pytest.mark.on_sqlite("files and words: the database hardly shows, beyond the counts and what is issued")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
NUMBER = re.compile(r'href="([^"]+)" data-count="(\d+)"')
PERIOD = {"from": "2026-03-01", "to": "2026-03-31", "as_of": "2026-03-10T09:00:00+08:00"}


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Two sites and an account, looked at: one has three problems, of which one is gone, one message is answered."""
    async with pages_on(database, tmp_path) as opened:
        desk = opened.desk
        sites = (("jyj-site", "website", "jyj"), ("jyj-wx", "account", "jyj"))
        for asset_id, kind, unit_id in sites:
            await desk.register(
                f"asset:{asset_id}", asset_id=asset_id, name=asset_id, kind=kind, unit_id=unit_id, platform="wechat"
            )
        now = opened.installation.now()
        run = {"type": "run", "run_id": "1", "source": "crawler", "status": "complete", "found": 0, "checks": ["a"]}
        await desk.send(*({**run, "asset_id": one, "finished_at": now} for one in ("kjj-site", "jyj-site", "jyj-wx")))
        await opened.open_tickets("home.stale", "link.dead", "message.zhaocuo", received_at=now)
        await opened.installation.until("2026-03-05 10:00")
        absent = {"type": "recheck", "asset_id": "kjj-site", "source": "crawler", "outcome": "absent"}
        seen = {"observed_at": opened.installation.now()}
        await desk.send(
            {**absent, **seen, "check": "link.dead", "locator": "https://kjj.gov.cn/2"},
            {**absent, **seen, "check": "message.zhaocuo", "locator": "https://kjj.gov.cn/3"},
        )
        await opened.installation.until("2026-03-10 10:00")
        yield opened


async def draft(someone: Official, **more: str) -> httpx.Response:
    """The draft of the period."""
    return await someone.get("/bulletins/draft", **{**PERIOD, **more})


async def issue(someone: Official, page: httpx.Response, **fields: str) -> httpx.Response:
    """The form of a draft, filled in."""
    form = page.text[page.text.index('action="../bulletins/issue"') :]
    hidden = {name: unescape(text) for name, text in HIDDEN.findall(form[: form.index("</form>")])}
    return await someone.post("/bulletins/issue", **{**hidden, "number": "1号", "date": "2026-03-10", **fields})


@pytest.mark.on_both
async def test_every_number_leads_to_exactly_its_rows(pages: Pages) -> None:
    """W-20, S-12: what a number says is how many rows its list has, in totals, rows of units, slips, messages."""
    someone = await official(pages, "reader")
    page = await draft(someone)
    found = dict(NUMBER.findall(page.text))
    assert set(found.values()) >= {"0", "1", "2", "3"}
    some = {path: count for path, count in found.items() if "by=" not in path or "key=kjj" in path}
    assert len(some) > 20
    for path, count in some.items():
        rows = await someone.client.get(page.url.join(unescape(path)))
        assert rows.status_code == 200, path
        assert re.findall(r'data-total="(\d+)"', rows.text) == [count], path
        assert len(re.findall(r'data-row="', rows.text)) == int(count), path
    stale = await someone.get("/bulletins/rows", of="websites.unqualified", **PERIOD)
    assert ("市科技局门户网站" in stale.text, "单项否决" in stale.text) == (True, True)
    for of in ("websites.nothing", "portals.checked", "tickets.checked", "messages.zhaocuo.checked", ""):
        assert (await someone.get("/bulletins/rows", of=of, **PERIOD)).status_code == 404, of


async def test_a_moment_is_part_of_the_address(pages: Pages) -> None:
    """Without a moment the address gets one, so that all its numbers are as of it; what no period is, is said."""
    someone = await official(pages, "reader")
    answer = await someone.get("/bulletins/draft", **{"from": "2026-03-01", "to": "2026-03-31"})
    assert "as_of=2026-03-10T10%3A00%3A00%2B08%3A00" in answer.headers["location"]
    assert "统计截至 <b>2026-03-10 10:00</b>" in (await someone.follow(answer)).text
    for wrong, said in (
        ({"from": "三月"}, "请填写日期"),
        ({"from": "2026-04-01"}, "起日不能晚于止日"),
        ({"as_of": "昨天"}, "统计时点填日期"),
        ({"as_of": "2026-02-01"}, "不能早于起日"),
    ):
        answer = await draft(someone, **wrong)
        assert (answer.status_code, said in answer.text) == (422, True), wrong
    assert "没有在册或检查过" in (await draft(someone, area="不知道的地方")).text


@pytest.mark.on_both
async def test_drafted_and_issued(pages: Pages) -> None:
    """W-45: typed, issued, recorded, downloaded; the same form submitted twice issues once, and its number is taken."""
    someone = await official(pages, "supervisor")
    typed = (await draft(someone)).text
    base = re.findall(r'name="base" value="(\w+)"', typed)[0]
    fields = {"title": "三月通报", "more": "letters: 32\nbonus: {kjj-site: 2}\n", **PERIOD}
    saved = await someone.follow(await someone.post("/bulletins/draft", base=base, **fields))
    assert "已保存" in saved.text
    later = await draft(someone, as_of="2026-03-09")
    assert "三月通报" in later.text, "another moment of the same period"
    answer = await issue(someone, saved)
    shown = await someone.follow(answer)
    (document,) = pages.bulletins.published
    assert ("已印发并登记" in shown.text, document["hash"] in shown.text) == (True, True)
    assert (document["number"], document["issued_by"], document["typed"]["letters"]) == ("1号", someone.name, 32)
    assert (await issue(someone, saved)).headers["location"] == answer.headers["location"]
    again = await issue(someone, later)
    assert (again.status_code, "文号已用于" in again.text) == (422, True)
    listed = await someone.get("/bulletins")
    assert re.findall(r'data-row="(\w+)"', listed.text) == [document["bulletin_id"]]
    for kind, begins in (("docx", b"PK"), ("html", b"<!doctype html>")):
        file = await someone.get(f"/bulletins/{document['bulletin_id']}/file", format=kind)
        assert file.content.startswith(begins)
        assert file.headers["content-disposition"].startswith("attachment")
    assert orjson.loads((await someone.get(f"/bulletins/{document['bulletin_id']}/file", format="json")).content) == (
        document
    )
    book = load_workbook(io.BytesIO((await someone.get("/bulletins/draft/file", format="xlsx", **PERIOD)).content))
    assert "不合格名单" in book.sheetnames


async def test_what_is_not_issued(pages: Pages) -> None:
    """Without number or date, as of a moment to come, changed since, contradictory, under a number just taken."""
    someone = await official(pages, "supervisor")
    page = await draft(someone)
    for wrong, said in (
        ({"number": " "}, "请填写文号"),
        ({"date": "今天"}, "请填写成文日期"),
        ({"date": "2026-03-01"}, "晚于印发日期"),
    ):
        answer = await issue(someone, page, **wrong)
        assert (answer.status_code, said in answer.text) == (422, True), wrong
    answer = await issue(someone, page, as_of="2026-03-08")
    assert (answer.status_code, "有了变化，尚未印发" in answer.text) == (409, True)
    assert 'action="../bulletins/issue"' not in (await draft(someone, as_of="2026-03-31")).text
    shares = "shares:\n- {name: 办结率, part: 48, whole: 49, printed: 99%}\n"
    await someone.post(
        "/bulletins/draft", base=re.findall(r'name="base" value="(\w+)"', page.text)[0], more=shares, **PERIOD
    )
    wrong_page = await draft(someone)
    assert ("49 中 48 应为 98%" in wrong_page.text, 'action="../bulletins/issue"' in wrong_page.text) == (True, False)
    assert (await issue(someone, page)).status_code == 409
    assert pages.bulletins.published == []


async def test_brokers_and_workers_are_away(pages: Pages) -> None:
    """Nothing is published without brokers, and the same form may be sent again; without a worker the page waits."""
    first, second = await official(pages, "supervisor"), await official(pages, "admin")
    page, other = await draft(first), await draft(second)
    pages.bulletins.broker_is_away = True
    assert (await issue(first, page)).status_code == 503
    pages.bulletins.broker_is_away, pages.bulletins.worker_is_away = False, True
    waiting = await first.follow(await issue(first, page))
    assert ("尚在处理" in waiting.text, waiting.headers["refresh"]) == (True, "3")
    taken = await issue(second, other)
    assert (taken.status_code, "刚刚用于另一份通报" in taken.text, len(pages.bulletins.published)) == (409, True, 1)
    await pages.bulletins.work()
    assert "已印发并登记" in (await first.client.get(waiting.url)).text


async def test_somebody_else_typed_meanwhile(pages: Pages) -> None:
    """W-44: nothing is saved over what was not read; both are shown. What is no YAML is said with its line."""
    first, second = await official(pages, "supervisor"), await official(pages, "admin")
    base = re.findall(r'name="base" value="(\w+)"', (await draft(first)).text)[0]
    assert (await first.post("/bulletins/draft", base=base, office="甲办", **PERIOD)).status_code == 303
    stale = await second.post("/bulletins/draft", base=base, office="乙办", **PERIOD)
    assert (stale.status_code, "甲办" in stale.text, 'value="乙办"' in stale.text) == (409, True, True)
    base = re.findall(r'name="base" value="(\w+)"', stale.text)[0]
    assert (await second.post("/bulletins/draft", base=base, office="乙办", **PERIOD)).status_code == 303
    for more, said in (
        ("a: [", "不是 YAML"),
        ("- 1", "每行一项"),
        ("bonus: 3", "形如 {资产编号: 分数}"),
        ("sums: 3", "sums 每项"),
    ):
        wrong = await second.post("/bulletins/draft", base=base, more=more, **PERIOD)
        assert (wrong.status_code, said in wrong.text) == (422, True), more
    assert 'value="乙办"' in (await draft(first)).text


async def test_of_another_unit_nothing_is_seen(pages: Pages) -> None:
    """W-43: a unit's figures are of its own assets, whatever region has its name; other areas are not shown."""
    policy = pages.premises.policy.model_copy(
        update={"bulletin": BulletinRules(groups=[Group(name="jyj", when={"kind": "website"})])}
    )
    pages.bulletins._policy = policy
    everyone, own = await official(pages, "supervisor"), await official(pages, "supervisor", "jyj")
    page = (await draft(own)).text
    assert "范围 <b>市教育局" in page
    assert re.findall(r'of=websites.running" data-count="(\d+)"', page) == ["1"]
    assert re.findall(r'of=websites.running" data-count="(\d+)"', (await draft(everyone, area="jyj")).text) == ["2"]
    for path in ("/bulletins/draft", "/bulletins/rows", "/bulletins/draft/file"):
        answer = await own.get(path, area="kjj", of="websites.running", format="json", **PERIOD)
        assert (answer.status_code, "只能统计本单位" in answer.text, "科技局" in answer.text) == (422, True, False), (
            path
        )
    assert (await own.post("/bulletins/draft", area="kjj", office="甲", **PERIOD)).status_code == 422
    await issue(everyone, await draft(everyone))
    assert 'data-total="0"' in (await own.get("/bulletins")).text
    for path in ("", "/file?format=json"):
        assert (await own.get(f"/bulletins/{pages.bulletins.published[0]['bulletin_id']}{path}")).status_code == 404
    await issue(everyone, await draft(everyone, area="市科技局"), number="2号")
    below = await official(pages, "reader", "kjj")
    assert re.findall(r'data-row="(\w+)"', (await below.get("/bulletins")).text) == [
        pages.bulletins.published[1]["bulletin_id"]
    ]


async def test_lists_that_are_too_long(pages: Pages) -> None:
    """They lie in a folder of the pages, and are put into the documents; where they are not, the page says so."""
    someone = await official(pages, "supervisor")
    whole = await someone.get("/bulletins/draft/file", format="json", **PERIOD)
    pages.bulletins._limit = len(orjson.dumps(orjson.loads(whole.content)))  # number, date and hash are more
    await issue(someone, await draft(someone))
    (document,) = pages.bulletins.published
    assert "sha256" in document["lists"]["problems"]
    path = f"/bulletins/{document['bulletin_id']}/file"
    assert isinstance(orjson.loads((await someone.get(path, format="json")).content)["lists"]["problems"], list)
    for file in pages.bulletins.folder.iterdir():
        file.unlink()
    answer = await someone.get(path, format="docx")
    assert (answer.status_code, "名单不在这里" in answer.text) == (404, True)
