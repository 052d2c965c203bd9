"""Why a ticket has its deadline, told (P-7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from streams.files.calendar.builtin import builtin_calendar, builtin_names
from streams.files.policy.loading import load_policy
from streams.presentation.deadline.counted_days import counted_days, span_words
from streams.presentation.deadline.story import Why, document, explain
from streams.presentation.deadline.words import told
from tests.support.world import ZONE, World, local

POLICY = load_policy()


def why(world: World, *, known: bool = True, names: Mapping[date, str] | None = None) -> Why:
    """What `rectify policy explain` finds out."""
    return explain(
        world.ticket(),
        world.problems[0],
        world.assets["www"].kind,
        POLICY,
        known=known,
        calendar=world.registry.calendar,
        zone=ZONE,
        names=builtin_names() if names is None else names,
        events=world.events(),
    )


def sentences(world: World, in_force: str = "default@1", **more: Any) -> str:
    """All that is told."""
    return "\n".join(told(why(world, **more), in_force, ZONE))


def found(at: str, check: str, **fields: Any) -> World:
    """A world in which this has been found on a website."""
    world = World(at)
    world.asset("www", "门户网站")
    stamp = f"{at.replace(' ', 'T')}:00+08:00"
    world.send({"asset_id": "www", "check": check, "locator": "/a.html", "observed_at": stamp, **fields})
    return world


def test_each_day_of_the_spring_festival_is_accounted_for() -> None:
    """找错 of Friday 2026-02-13: the make-up Saturday counts, the holiday does not, and each is called by its name."""
    world = found("2026-02-24 09:00", "message.zhaocuo", received_at="2026-02-13T16:00:00+08:00")
    text = sentences(world)
    for line in (
        "「我为政府网站找错」留言  时限 2026-02-25（周三）23:59",
        "依据  找错留言自收到起3个工作日内答复",
        "〔规定：官方规定〕",
        "条目  message.zhaocuo，3个工作日 [L-2]",
        "起算  2026-02-13 16:00（收到之时）。起算当日不计（民法典第201条） [L-1]",
        "计算  2026-02-14（周六）  春节调休上班，第1个工作日",
        "2026-02-15（周日） 至 2026-02-23（周一）  春节放假，不计",
        "2026-02-24（周二） 至 2026-02-25（周三）  第2至3个工作日",
        "第3个工作日为 2026-02-25（周三），至当日 23:59:59 止",
        "规则包 default@1，立单时的版本，与现行的相同；日历 cn-2026",
        "Due 2026-02-25 23:59: 3 working day(s) from 2026-02-13 16:00 (received), by message.zhaocuo of default@1.",
    ):
        assert line in text


def test_which_case_holds_and_why_the_others_do_not() -> None:
    """The evidence is quoted."""
    text = sentences(found("2026-03-02 10:00", "link.dead", evidence={"home_page": True, "http_status": 404}))
    assert "条目  link.dead/home_page=true，1个工作日 [L-2]" in text
    assert "符合情形“首页=是”：检出为首页=是" in text
    text = sentences(found("2026-03-02 10:00", "column.stale", evidence={"column_kind": "statistics"}))
    assert "符合情形“栏目=办事统计”：检出为栏目=办事统计" in text
    assert "不符情形“栏目=动态要闻”：检出为栏目=办事统计" in text
    assert "留言公开" not in text  # behind the one that holds nobody looks
    text = sentences(found("2026-03-02 10:00", "column.stale"))
    assert "没有符合的情形，适用检查项本身的时限" in text
    assert "不符情形“栏目=动态要闻”：检出未给栏目" in text
    assert "（首次检出之时）" in text


def test_clock_hours_in_a_guarded_period() -> None:
    """Around the clock, and why two."""
    world = World("2026-03-07 23:00")
    world.guarded("两会", **{"from": "2026-03-01", "to": "2026-03-12"})
    world.asset("www", "门户网站")
    seen = {"check": "link.dark", "locator": "/a.html", "observed_at": "2026-03-07T23:00:00+08:00"}
    world.send({"asset_id": "www", **seen})
    text = sentences(world)
    assert "〔通报：见于已公开的通报〕" in text
    assert "立单时在重要保障期内，适用保障期时限 [L-4]" in text
    assert "计算  2026-03-07 23:00 + 2小时 = 2026-03-08 01:00" in text
    assert "工作日" not in text


def test_a_date_that_a_notice_has_set() -> None:
    """It stands in the place of the pack's row, and no day is counted."""
    world = found("2023-02-24 09:00", "column.stale", due_by="2023-03-06", basis="咸宁市2023年第一季度通报")
    text = sentences(world)
    assert "依据  咸宁市2023年第一季度通报（检出信息载明）" in text
    assert "column.stale：通报或通知载明的期限代替规则包的时限 [L-3]" in text
    assert "起算" not in text
    assert "顺延" in text


def test_an_extension_and_a_reopening_are_told() -> None:
    """With who, when and the rule."""
    world = found("2026-03-02 10:00", "column.blank")
    ticket_id = world.ticket().ticket_id
    world.command(action="extend", asset_id="www", ticket_id=ticket_id, working_days=2, reason="系统迁移")
    text = sentences(world)
    assert "第7个工作日（5 + 延期2）为 2026-03-11（周三）" in text
    assert "变更  2026-03-02 10:00 延期（张三）：" in text
    assert "[K-16]" in text
    world.command(action="close", asset_id="www", ticket_id=ticket_id, reason="确认")
    world.until("2026-03-16 10:00")
    world.command(action="reopen", asset_id="www", ticket_id=ticket_id, reason="抽查发现未改")
    text = sentences(world)
    assert "起算  2026-03-16 10:00（重新打开之时）" in text
    assert "减半  重新打开的，时限为原时限之半" in text
    assert "第2个工作日为 2026-03-18（周三）" in text
    assert text.count("变更  ") == 2


def test_a_provisional_one_says_what_it_waits_for() -> None:
    """And how far it goes meanwhile; afterwards, that it was counted again."""
    world = found("2026-12-28 10:00", "column.blank")
    text = sentences(world)
    assert "时限 2027-01-04（周一）23:59（暂定）" in text
    assert "暂定  2027 年放假安排尚未公布" in text
    assert "暂定期间照常提醒、催办，不进入督办、通报 [E-9]" in text
    assert "Due 2027-01-04 23:59, provisional" in text
    world.calendar(2027, {"2027-01-01": True, "2027-01-02": True, "2027-01-03": True})
    text = sentences(world, names={date(2027, 1, day): "元旦" for day in (1, 2, 3)})
    assert "暂定 " not in text
    assert "2027-01-01（周五） 至 2027-01-03（周日）  元旦放假，不计" in text
    assert "时限变更：" in text
    assert "日历 cn-2027" in text


def test_another_pack_is_in_force_by_now() -> None:
    """The ticket keeps its own; one that is gone is said to be gone."""
    world = found("2026-03-02 10:00", "link.dead")
    assert "规则包 default@1，立单时的版本；现行为 ours@2，不影响本单 [P-6]" in sentences(world, "ours@2")
    text = sentences(world, "ours@2", known=False)
    assert "立单时的规则包 default@1 现在不可得" in text
    assert "3个工作日" in text


def test_the_same_for_programs() -> None:
    """One document."""
    world = found("2026-03-02 10:00", "link.dead", evidence={"home_page": True, "http_status": 404})
    shown = document(why(world), ZONE)
    assert (shown["row"], shown["variant"], shown["evidence"]) == (
        "link.dead/home_page=true",
        {"home_page": True},
        {"home_page": True},
    )
    assert (shown["counted_from"]["origin"], shown["deadline"]["sure"]) == ("seen", "D")
    assert shown["counted_from"]["at"] == local("2026-03-02 10:00")
    assert [span["kind"] for span in shown["days"]] == ["worked"]


def test_weekends_and_nameless_holidays() -> None:
    """A calendar without names still tells what is off and what is worked."""
    spans = counted_days(date(2026, 2, 13), date(2026, 2, 25), builtin_calendar(), {})
    assert [span_words(span) for span in spans] == [
        "2026-02-14（周六）  调休上班，第1个工作日",
        "2026-02-15（周日） 至 2026-02-23（周一）  放假，不计",
        "2026-02-24（周二） 至 2026-02-25（周三）  第2至3个工作日",
    ]
    friday_on = counted_days(date(2026, 3, 6), date(2026, 3, 9), builtin_calendar(), {})
    assert [span_words(span) for span in friday_on] == [
        "2026-03-07（周六） 至 2026-03-08（周日）  周末，不计",
        "2026-03-09（周一）  第1个工作日",
    ]
