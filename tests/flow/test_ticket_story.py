"""What `rectify ticket show` tells of a ticket, to somebody who has never seen the system."""

from __future__ import annotations

from typing import Any

import pytest

from streams.presentation.ticket.story import story
from tests.support.dossiers import dossier_of
from tests.support.world import POLICY, ZONE, World, local

BASIS = "所依规则 text.typo，依据：3个工作日，默认值，无统一规定"


def world() -> World:
    """A Monday; a site with a duty contact, a head and a supervising unit."""
    made = World("2026-03-02 10:00")
    made.unit("city", "市公开办", contacts=[{"name": "赵", "email": "zhao@a.cn"}])
    contacts = [{"name": "李", "email": "li@a.cn"}, {"name": "王", "email": "wang@a.cn", "role": "head"}]
    made.unit("kjj", "市科技局", supervisor_id="city", contacts=contacts)
    made.unit("dsj", "市大数据局", supervisor_id="city")
    made.asset("site", "市科技局网站", unit_id="kjj")
    return made


def typo(world: World, **fields: Any) -> None:
    """A wrong word, seen now."""
    finding = {"asset_id": "site", "check": "text.typo", "locator": "https://a.cn/1", "source": "文字检查"}
    world.send({**finding, "observed_at": world.now.isoformat(), "run_id": "r1", **fields})


def command(world: World, action: str, **fields: Any) -> None:
    """A command on the only ticket."""
    world.command(action=action, asset_id="site", ticket_id=world.ticket().ticket_id, **fields)


def lines(world: World) -> list[str]:
    """The story, without its times and rules."""
    return [one.text for one in story(dossier_of(world, world.ticket()), POLICY, ZONE)]


def send_all(world: World) -> None:
    """Every notice that waits goes out a moment after its time."""
    for notice_id, notice in world.notices.items():
        if notice.state == "pending" and notice.code is None:
            at = max(notice.not_before, notice.created_at)
            world.notices[notice_id] = notice._replace(state="accepted", updated_at=at)


def test_from_the_first_sighting_to_the_closing() -> None:
    """Who saw it, why this deadline, who was told, what the unit did, what was escalated, why it closed."""
    tale = world()
    typo(tale)
    command(tale, "acknowledge")
    tale.until("2026-03-06 10:00")
    tale.now = local("2026-03-06 10:00")
    typo(tale, run_id="r2")
    send_all(tale)
    command(tale, "claim_fix", measures="已更正")
    tale.now = local("2026-03-06 15:00")
    recheck = {"type": "recheck", "asset_id": "site", "ticket_id": tale.ticket().ticket_id, "outcome": "absent"}
    tale.send({**recheck, "observed_at": tale.now.isoformat(), "source": "复查程序"})
    assert lines(tale) == [
        "文字检查在市科技局网站的 https://a.cn/1 处首次检出“错别字”；至 2026-03-06 10:00 共检出 2 次。",
        f"立单，责任单位为市科技局，整改时限 2026-03-05 23:59：3个工作日（自次日起计算，至最后一日24时）；{BASIS}。",
        "张三 签收，开始办理。",
        "通知：“整改通知”已发给市科技局李（值守，邮件）。",
        "时限 2026-03-05 23:59 将至，提醒责任单位。",
        "通知：“临期提醒”已发给市科技局李（值守，邮件）。",
        "签收后过半时限未反馈，恢复为待签收。",
        "时限 2026-03-05 23:59 已过而未销号，逾期。",
        "已逾期1个工作日仍未销号，催办。",
        "通知：“催办”已发给市科技局李（值守，邮件）。",
        "张三 反馈已整改，措施：已更正。反馈不等于销号，待复查核实。",
        "因单位反馈已整改，请巡检方再查一次（1 处）。",
        "销号：复查程序复查确认问题已不存在（证据时间 2026-03-06 15:00），超期办结。",
    ]


def test_what_was_warned_of_says_so() -> None:
    """The warnings begin the story, and the opening names the first."""
    tale = world()
    typo(tale, level="warning")
    tale.until("2026-03-03 10:00")
    typo(tale, run_id="r2")
    told = lines(tale)
    assert told[1] == "“错别字”接近超期线，预警，当时不立单。"
    assert told[2].endswith("。立单前自 2026-03-02 10:00 起已预警。")


def test_a_changed_deadline_is_told_where_it_changed() -> None:
    """The opening does not claim the amount that an extension has made of it."""
    tale = world()
    typo(tale)
    command(tale, "extend", working_days=2, reason="招标中")
    opened, extended = lines(tale)[1:3]
    assert "整改时限 2026-03-05 23:59；所依规则 text.typo，" in opened
    assert extended == "张三 同意延期，时限由 2026-03-05 23:59 延至 2026-03-09 23:59，理由：招标中。"


def test_what_people_decided_is_told_with_their_reasons() -> None:
    """Reassigned, refused, sent back, judged a false alarm, opened again."""
    tale = world()
    typo(tale)
    command(tale, "reassign", unit_id="dsj")
    command(tale, "approve", reason="看过")
    command(tale, "claim_fix")
    command(tale, "send_back", reason="仍有错字")
    command(tale, "dismiss", reason="引文")
    command(tale, "reopen", reason="不是引文")
    told = lines(tale)
    assert "张三 转派：由市科技局转给市大数据局，时限不变。" in told
    assert "张三 的操作（approve）：指令不予受理，整改单当前状态不允许此操作。" in told
    assert "张三 不认可反馈，退回重办，理由：仍有错字。" in told
    assert "张三 认定为误报，核减，理由：引文；再次检出也不再立单。" in told
    assert told[-1].startswith("张三 决定重开，理由：不是引文。整改单重新打开，时限 2026-03-")


@pytest.mark.parametrize("name", ["微信公众号：市科技局发布", "报备到期，申请复查", "："])
def test_the_asset_s_name_is_not_repeated(name: str) -> None:
    """It stands above the story; a colon in it, or a name like the sentence itself, takes nothing away from that."""
    tale = world()
    tale.asset("site", name, unit_id="kjj")
    typo(tale)
    command(tale, "waive", reason="迁移中", until="2026-03-10T10:00:00+08:00")
    tale.until("2026-03-10 12:00")
    assert "报备到期，申请复查。" in lines(tale)
    (ended,) = tale.events("waiver_ended")
    assert ended["summary"] == f"{name}：报备到期，申请复查"


def test_a_run_s_silence_and_a_relapse_are_told() -> None:
    """Which run did not see it any more, and that it came back."""
    tale = world()
    typo(tale)
    tale.now = local("2026-03-03 10:00")
    run = {"type": "run", "asset_id": "site", "source": "文字检查", "run_id": "r2", "status": "complete", "found": 0}
    tale.send({**run, "finished_at": tale.now.isoformat(), "checks": ["text.typo"]})
    tale.wait(1)
    tale.now = local("2026-03-04 10:00")
    typo(tale, run_id="r3")
    closed, reopened = lines(tale)[-2:]
    assert closed == "销号：文字检查的巡检 r2 覆盖该位置，未再发现该问题（证据时间 2026-03-03 10:00），按期办结。"
    assert reopened.startswith("销号后又被检出，属反弹。整改单重新打开，时限 2026-03-05 23:59（原时限的一半）")
