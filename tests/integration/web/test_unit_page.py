"""The unit's page behind a letter's link, on both databases: looking, acting, and what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.settings.model import Settings
from streams.web.guard.rates import Rate
from tests.support.pages import Pages, pages_on

pytestmark = pytest.mark.on_sqlite("what a page says and does: the database hardly shows, beyond its first tests")


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on an empty ledger."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


@pytest.mark.on_both
async def test_the_page_says_what_where_and_until_when(pages: Pages) -> None:
    """Problem, place, deadline, what to do, and a form for what can be done."""
    (ticket,) = await pages.open_tickets("link.dead", evidence={"target": "https://gone.example/"})
    page = await pages.get(await pages.token(ticket))
    assert page.status_code == 200
    for text in (
        "市科技局", "李值守", "https://kjj.gov.cn/1", "第1个问题", "https://gone.example/", ticket["ticket_id"],
        "3301000001", "整改时限", "反馈整改", "签收", "个工作日",
    ):  # fmt: skip
        assert text in page.text, text


@pytest.mark.on_both
async def test_looking_does_nothing(pages: Pages) -> None:
    """However often, in whatever way."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    before = len(pages.desk.published("rectify.events"))
    for method in ("GET", "HEAD", "OPTIONS"):
        await pages.client.request(method, f"/u/{token}")
        await pages.client.request(method, f"/u/{token}/acknowledge")
    assert len(pages.desk.published("rectify.events")) == before
    assert pages.commands.published == []


async def test_signed_for(pages: Pages) -> None:
    """A typed name; the event says so, the page says what the event says."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    answer = await pages.post(token, "acknowledge", name="张三", phone="0571-8700 0000")
    page = await pages.follow(answer)
    assert 'role="status"' in page.text
    assert "签收成功" in page.text
    assert "已签收，正在办理" in page.text
    (event,) = pages.desk.events("acknowledged")
    assert (event["by"], event["ticket_id"]) == ("张三", ticket["ticket_id"])
    ((command, _),) = pages.commands.published
    assert (command.via or "").startswith("link:")
    assert "8700" not in command.model_dump_json()
    (act,) = await pages.premises.store.acts_of(ticket["ticket_id"])
    assert (act.name, act.phone, act.act) == ("张三", "0571-8700 0000", "acknowledge")


async def test_submitted_twice_acts_once(pages: Pages) -> None:
    """A double click: one command, one event, and both are told the same."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    nonce = await pages.nonce(token)
    first = await pages.post(token, "acknowledge", nonce=nonce)
    second = await pages.post(token, "acknowledge", nonce=nonce)
    assert second.status_code in {303, 409}
    assert "签收成功" in (await pages.follow(first)).text
    assert len(pages.desk.events("acknowledged")) == 1
    assert pages.desk.events("command_refused") == []


async def test_without_a_name_nothing_happens(pages: Pages) -> None:
    """What a scanner that presses buttons sends: every hidden field, and nothing typed."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    pages.premises.rates.submitted = Rate(100)
    for act in ("acknowledge", "claim", "ask", "note"):
        for name in ("", " ", "\u200b", "…"):
            answer = await pages.post(token, act, name=name, ticket=ticket["ticket_id"], kind="extension")
            assert answer.status_code in {422, 400, 409}, answer.text
    assert pages.commands.published == []


async def test_what_is_wrong_is_said_and_what_was_typed_stays(pages: Pages) -> None:
    """An error summary that leads to the fields."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    answer = await pages.post(token, "claim", name="张三", measures="改", url="javascript:alert(1)", phone="<b>")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    for text in ('href="#claim-measures"', 'href="#claim-url"', 'href="#claim-phone"', "张三", 'aria-invalid="true"'):
        assert text in answer.text, text
    assert "<title>错误：" in answer.text
    assert "<b>" not in answer.text.partition('id="claim-phone"')[2][:200]
    assert pages.commands.published == []


async def test_claimed_and_refused_again(pages: Pages) -> None:
    """A claim with measures and an address; a second one is refused by the page, which says why."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    nonce = await pages.nonce(token)
    answer = await pages.post(token, "claim", measures="已删除链接", url="https://kjj.gov.cn/new", nonce=nonce)
    page = await pages.follow(answer)
    assert "反馈已收到" in page.text
    assert "已删除链接" in page.text
    (event,) = pages.desk.events("fix_claimed")
    assert (event["measures"], event["evidence"]) == ("已删除链接", {"url": "https://kjj.gov.cn/new"})
    again = await pages.post(token, "claim", measures="再次反馈整改")
    assert again.status_code == 409
    assert "正在等待复核" in again.text


async def test_refused_by_the_event(pages: Pages) -> None:
    """Somebody was faster: the refusal of the event, in its own words, and what was typed."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    nonce = await pages.nonce(token)
    pages.commands.worker_is_away = True
    first = await pages.post(token, "acknowledge", nonce=nonce, name="张三")
    pages.commands.worker_is_away = False
    answer = await pages.post(token, "acknowledge", name="李四")
    assert answer.status_code == 409
    assert "指令不予受理" in answer.text
    assert "李四" in answer.text
    assert "签收成功" in (await pages.follow(first)).text


async def test_kafka_is_away(pages: Pages) -> None:
    """503 in words, the same form with everything typed; submitted again it acts once."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    nonce = await pages.nonce(token)
    pages.commands.broker_is_away = True
    typed = {"name": "张三", "measures": "已经删除失效链接", "nonce": nonce}
    answer = await pages.post(token, "claim", **typed)
    assert answer.status_code == 503
    assert "内容尚未提交，已保留在下面" in answer.text
    for text in ("张三", "已经删除失效链接", nonce):
        assert text in answer.text
    pages.commands.broker_is_away = False
    assert "反馈已收到" in (await pages.follow(await pages.post(token, "claim", **typed))).text


async def test_a_digests_link_opens_all_its_tickets(pages: Pages) -> None:
    """One letter about several: one page, one typed name, several signed for at once."""
    tickets = await pages.open_tickets("link.dead", "text.typo", "column.stale")
    token = await pages.token(tickets[1])
    page = await pages.get(token)
    for ticket in tickets:
        assert f'data-ticket="{ticket["ticket_id"]}"' in page.text
    wanted = [ticket["ticket_id"] for ticket in tickets[:2]]
    answer = await pages.post(token, "acknowledge", ticket=wanted, listed="1", name="张三")
    done = await pages.follow(answer)
    assert done.text.count("签收成功") == 2
    assert sorted(event["ticket_id"] for event in pages.desk.events("acknowledged")) == sorted(wanted)
    single = await pages.get(token, ticket=wanted[0])
    assert "返回全部 3 张整改单" in single.text
    nobody = await pages.post(token, "acknowledge", listed="1", name="张三")
    assert nobody.status_code == 422
    assert "请至少选择一张" in nobody.text


async def test_a_claim_on_a_digests_link_names_its_ticket(pages: Pages) -> None:
    """Of several tickets the one that was named; a foreign number is none of them."""
    tickets = await pages.open_tickets("link.dead", "text.typo")
    token = await pages.token(tickets[0])
    await pages.post(token, "claim", ticket=tickets[1]["ticket_id"], measures="已经改正错字")
    assert [event["ticket_id"] for event in pages.desk.events("fix_claimed")] == [tickets[1]["ticket_id"]]
    answer = await pages.post(token, "claim", ticket="ZG260302-FFFFFFFFFFFF", measures="已经改正错字")
    assert answer.status_code == 422
    assert len(pages.desk.events("fix_claimed")) == 1


ASKS = {
    "extension": {"reason": "需要采购", "due_at": "2026-03-09", "progress": "已下单"},
    "not_ours": {"reason": "栏目由市教育局维护", "unit_id": "jyj"},
    "false_alarm": {"reason": "原文如此，系引用"},
}


@pytest.mark.parametrize("kind", ASKS)
async def test_a_unit_asks(pages: Pages, kind: str) -> None:
    """For time, for another owner, or that it is no problem: asked, the clock runs on, and a second one waits."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    page = await pages.follow(await pages.post(token, "ask", kind=kind, **ASKS[kind]))
    assert "等待主管单位答复" in page.text
    assert "待答复的申请" in page.text
    (event,) = pages.desk.events("asked")
    assert (event["kind"], event["by"], event["said"]) == (kind, "张三", ASKS[kind]["reason"])
    assert event["via"].startswith("link:")
    if kind == "extension":
        assert (event["due_at"], event["progress"]) == ("2026-03-09T23:59:59+08:00", "已下单")
    if kind == "not_ours":
        assert event["unit_wanted"] == "jyj"
    again = await pages.post(token, "ask", kind=kind, **ASKS[kind])
    assert again.status_code == 409
    assert "尚待答复" in again.text
    assert len(pages.desk.events("asked")) == 1


async def test_an_ask_that_cannot_be_granted_is_refused_at_once(pages: Pages) -> None:
    """By the event, in its own words; what was typed stays."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    answer = await pages.post(token, "ask", kind="extension", reason="需要采购", due_at="2026-03-03")
    assert answer.status_code == 409
    assert "指令不予受理" in answer.text
    assert "需要采购" in answer.text
    assert 'value="2026-03-03"' in answer.text


async def test_a_note(pages: Pages) -> None:
    """What the unit wants to be known; it stands in the story."""
    (ticket,) = await pages.open_tickets("link.dead")
    page = await pages.follow(await pages.post(await pages.token(ticket), "note", text="服务器今晚更换"))
    assert "备注已记录" in page.text
    assert "服务器今晚更换" in page.text
    (event,) = pages.desk.events("noted")
    assert event["text"] == "服务器今晚更换"


async def test_many_places_have_pages(pages: Pages) -> None:
    """A ticket with more places than a page shows."""
    now = pages.installation.now()
    await pages.desk.send(
        *(
            {
                "asset_id": "kjj-site",
                "check": "link.dead",
                "locator": f"https://kjj.gov.cn/p{number:03}",
                "observed_at": now,
                "source": "crawler",
                "evidence": {"target": "https://gone.example/"},
            }
            for number in range(120)
        )
    )
    pages.forward(minutes=30)
    await pages.installation.catch_up()
    (ticket,) = pages.desk.tickets().values()
    token = await pages.token(ticket)
    first, third = await pages.get(token), await pages.get(token, page="3")
    assert "p000" in first.text
    assert "p060" not in first.text
    assert "p119" in third.text
    assert "第 3 页，共 3 页" in third.text


async def test_without_its_key_the_page_only_shows(database: str, tmp_path: Path) -> None:
    """It says so, has no form, and takes nothing."""
    folder = Settings.load(database_url=database, data_dir=str(tmp_path)).ledger_folder
    (folder / "web-links.key").write_text("no key")
    async with pages_on(database, tmp_path) as pages:
        (ticket,) = await pages.open_tickets("link.dead")
        token = await pages.token(ticket)
        page = await pages.get(token)
        assert "本页目前只供查看" in page.text
        assert "<form" not in page.text
        assert (await pages.post(token, "acknowledge")).status_code == 409
        assert pages.commands.published == []
