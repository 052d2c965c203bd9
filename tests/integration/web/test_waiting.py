"""What the page says while nothing answers what was submitted, and of what nobody will answer: on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.pages import Pages, pages_on

pytestmark = pytest.mark.on_sqlite("what a page says of an answer: the database hardly shows in it")

MEASURES = "已删除失效链接，并检查了本栏目"


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on an empty ledger."""
    office = {"office_name": "某市政务公开办", "office_contact": "赵敏", "office_phone": "0571-87000000"}
    async with pages_on(database, tmp_path, **office) as opened:
        yield opened


async def test_nothing_answers(pages: Pages) -> None:
    """At work, takes long, not processed with whom to call and what was typed; and the event, when it comes at last."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    pages.commands.worker_is_away = True
    answer = await pages.post(token, "claim", measures=MEASURES, phone="0571-12345678")
    page = await pages.follow(answer)
    assert "已提交，尚在处理" in page.text
    assert page.headers["refresh"] == "3"
    pages.forward(minutes=3)
    late = await pages.follow(answer)
    assert "超过2分钟仍无结果" in late.text
    assert "refresh" not in late.headers
    pages.forward(minutes=8)
    given_up = (await pages.follow(answer)).text
    said = given_up[given_up.index('role="status"') : given_up.index("整改时限")]
    for text in (
        "超过10分钟，系统仍未处理",
        "不能视为已经办理",
        "请联系某市政务公开办",
        "0571-87000000",
        MEASURES,
        "张三",
    ):
        assert text in said, text
    assert "12345678" not in given_up
    await pages.commands.work()
    assert "反馈已收到" in (await pages.follow(answer)).text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("too_large", "内容过多。请缩短后重新提交"),
        ("invalid_text", "请改写后重新提交"),
        ("bad_signature", "不是填写有误。可以重新提交一次；仍不受理的，请联系某市政务公开办"),
        ("internal_error", "不是填写有误"),
    ],
)
async def test_a_dead_letter_is_said(pages: Pages, code: str, words: str) -> None:
    """That it is refused and what to do, and the form again with what was typed; submitted anew, it is another one."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    pages.commands.worker_is_away = True
    answer = await pages.post(token, "claim", measures=MEASURES)
    await pages.commands.make_dead_letters(code)
    page = (await pages.follow(answer)).text
    assert words in page
    assert "尚在处理" not in page
    assert f">{MEASURES}</textarea>" in page
    pages.commands.worker_is_away = False
    assert "反馈已收到" in (await pages.follow(await pages.post(token, "claim", measures=MEASURES))).text


async def test_refused_while_somebody_waits(pages: Pages) -> None:
    """Within the two seconds: the page answers at once, with what was typed."""
    (ticket,) = await pages.open_tickets("link.dead")
    pages.commands.worker_is_away = pages.commands.refuses = True
    answer = await pages.post(await pages.token(ticket), "claim", measures=MEASURES)
    assert answer.status_code == 409
    assert "系统没有受理：内容过多" in answer.text
    assert f">{MEASURES}</textarea>" in answer.text


async def test_refused_by_an_event_while_nobody_waited(pages: Pages) -> None:
    """Somebody else was faster: the event's own words, and what was typed."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    pages.commands.worker_is_away = True
    first = await pages.post(token, "ask", kind="not_ours", reason="归市教育局", unit_id="jyj", name="李四")
    second = await pages.post(token, "ask", kind="not_ours", reason="不归我们", name="王五")
    await pages.commands.work()
    assert "等待主管单位答复" in (await pages.follow(first)).text
    refused = (await pages.follow(second)).text
    for text in ("指令不予受理", "不归我们", "王五"):
        assert text in refused, text


async def test_decided_after_all(pages: Pages) -> None:
    """A dead letter that was sent in again and carried out: the event counts."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    pages.commands.worker_is_away = True
    answer = await pages.post(token, "acknowledge")
    again = list(pages.commands.waiting)
    await pages.commands.make_dead_letters("bad_signature")
    pages.commands.waiting = again
    await pages.commands.work()
    assert "签收成功" in (await pages.follow(answer)).text
