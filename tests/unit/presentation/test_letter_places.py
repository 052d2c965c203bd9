"""What is wrong and where, in every entry of a letter; on what a deadline rests (N-62, N-65)."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from streams.files.places_sheet import workbook
from streams.presentation.letters.basis import basis_words
from streams.presentation.letters.letter import LetterItem
from streams.presentation.letters.places import is_link, place_of, words_of
from streams.presentation.letters.render import render_mail
from streams.presentation.letters.sheet import HEADERS, cells, needing, sheet_rows
from streams.services.samples import sample
from tests.support.world import POLICY
from tests.unit.presentation.test_render import item, letter


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"evidence": {"word": "按装", "suggestion": "安装"}}, "“按装”应为“安装”"),
        ({"title": "“按装”应为“安装”", "evidence": {"word": "按装", "suggestion": "安装"}}, "“按装”应为“安装”"),
        ({"evidence": {"word": "台湾国"}}, "错误表述“台湾国”"),
        ({"evidence": {"suggestion": "补充联系方式"}}, "建议改为“补充联系方式”"),
        ({"evidence": {"target": "http://a.cn/x", "http_status": 404}}, "链接目标 http://a.cn/x（返回 404）"),
        ({"evidence": {"http_status": "0"}}, "打不开"),
        (
            {"title": "“调查征集”栏目", "evidence": {"stale_since": "2022-02-10"}},
            "“调查征集”栏目；最近更新 2022年2月10日",
        ),
        ({"title": "自2022年2月10日起未更新", "evidence": {"stale_since": "2022-02-10"}}, "自2022年2月10日起未更新"),
        ({"evidence": {"missing": ["办理时限", "收费标准"]}}, "缺少 办理时限、收费标准"),
        ({"evidence": {"snippet": "完成设备按装"}}, "原文“完成设备按装”"),
        ({"evidence": "none"}, ""),
        ({"evidence": {"missing": "many", "stale_since": {"a": 1}, "word": None}}, ""),
        ("text", ""),
    ],
)
def test_what_is_wrong_there(facts: Any, words: str) -> None:
    """N-62: the producer's words, and of the evidence what they leave out; evidence may be anything."""
    assert words_of({"facts": facts}) == words


@pytest.mark.parametrize(
    ("locator", "linked"),
    [
        ("https://kjj.example/a?b=1", True),
        ("http://kjj.example/a", False),
        ("javascript:alert(1)", False),
        ("https://kjj.example@evil.example/", False),
        ("https://", False),
        ("https://[::1", False),
        ("https://kjj.example/a b", False),
        ("/hdjl/dczj/", False),
        ("https://kjj.example/" + "a" * 300, False),
    ],
)
def test_an_address_is_a_link_where_it_is_https_and_whole(locator: str, linked: bool) -> None:  # noqa: FBT001
    """N-62: what is shown is where it leads."""
    place = place_of({"locator": locator}, "全站", {})
    assert bool(place.href) is linked
    assert place.href in ("", place.where)
    assert is_link(locator) is (linked or len(locator) > 300)


def test_a_target_is_never_a_link() -> None:
    """N-62: nobody is led to a gambling site by an official letter."""
    html = render_mail(sample("guarded")).html
    assert "bet.example.com" in html
    assert 'href="https://bet' not in html
    assert 'href="https://kjj.city.example/"' in html


def test_the_same_everywhere_is_said_once() -> None:
    """N-62: and what differs at its place."""
    same = [{"locator": f"/{n}", "facts": {"title": "无法打开"}} for n in range(3)]
    text = render_mail(letter(item(problem_count=3, problems=same))).text
    assert text.count("无法打开") == 1
    differ = [{"locator": f"/{n}", "facts": {"evidence": {"target": f"http://a.cn/{n}"}}} for n in range(3)]
    text = render_mail(letter(item(problem_count=3, problems=differ))).text
    assert all(f"链接目标 http://a.cn/{n}" in text for n in range(3))


def test_what_is_gone_already_is_not_asked_for_again() -> None:
    """N-62: the open places are listed; in a closing all of them are."""
    problems = [{"locator": f"/{n}", "status": "gone" if n else "open"} for n in range(3)]
    some = item("urge", problem_count=3, open_problem_count=1, problems=problems)
    assert "共 3 处，待整改 1 处" in render_mail(letter(some)).text
    assert "/2" not in render_mail(letter(some)).text
    closed = render_mail(letter(replace(some, kind="closed"))).text
    assert "/2 （已消除）" in closed


def test_a_digest_says_what_is_wrong_in_every_entry() -> None:
    """N-62: the first notice of a unit with several tickets is as good as one about each."""
    text = render_mail(sample("digest", POLICY)).text
    for said in (
        "“按装”应为“安装”",
        "链接目标 https://tjj.city.example/old/0.xls（返回 404）",
        "最近更新 2022年2月10日",
    ):
        assert said in text


def test_a_veto_names_its_parts() -> None:
    """N-62: each with what it is and since when."""
    since = "2023-02-20T09:00:00+08:00"
    named = [{"locator": f"首页》栏目{n}", "check": "column.blank", "since": since} for n in range(6)]
    facts = {"detail": "累计 6 处，达到 5 处即单项否决", "evidence": {"part_count": 60, "parts": named}}
    veto = item("opened", check="veto.columns_blank", problems=[{"locator": "", "facts": facts}])
    text = render_mail(letter(replace(veto, check_names={"column.blank": "空白栏目"}))).text
    assert "累计 6 处" in text
    assert "首页》栏目5\n   空白栏目，2023年2月20日起" in text
    assert "其余 54 处" in text


def many(name: str, count: int, kind: Any = "opened") -> LetterItem:
    """A ticket with so many places."""
    problems = [{"locator": f"/{name}/{n}", "facts": {"title": f"第{n}处"}} for n in range(count)]
    return item(kind, ticket_id=name, problem_count=count, open_problem_count=count, problems=problems)


def test_a_sheet_goes_with_a_letter_that_has_no_room_for_all_places() -> None:
    """N-62: twenty of one ticket, sixty lines of several; the sheet has every place of what was cut, and no other."""
    assert not needing(letter(many("T-1", 20)))
    assert needing(letter(many("T-1", 21)))
    assert not needing(letter(many("T-1", 20), many("T-2", 20), many("T-3", 20)))
    told = letter(*(many(f"T-{n}", 18) for n in range(4)))
    assert [one.ticket["ticket_id"] for one in needing(told)] == ["T-3"]
    rows = list(sheet_rows(told))
    assert len(rows) == 18
    content = render_mail(replace(told, sheet=tuple(rows)))
    assert "其余 12 处见附件“问题清单T-3.xlsx”" in content.text
    assert not needing(letter(replace(many("T-1", 30), kind="closed")))


def test_without_a_sheet_the_letter_says_where_the_rest_is() -> None:
    """N-62: on the page, or with the office."""
    assert "其余 10 处见办理页面" in render_mail(replace(letter(many("T-1", 30)), pages=("https://a.cn/u/x",))).text
    head = sample("opened").letterhead
    assert f"其余 10 处请向{head.name}索取" in render_mail(replace(letter(many("T-1", 30)), letterhead=head)).text


def test_every_cell_of_the_sheet_is_a_text() -> None:
    """A place that begins with `=` is no formula."""
    told = letter(many("T-1", 21))
    evil = replace(told.items[0], check_name="=1+1", asset={"name": "@SUM(A1)"})
    file = workbook(HEADERS, cells(sheet_rows(replace(told, items=(evil,)))))
    (sheet,) = load_workbook(BytesIO(file)).worksheets
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]] == list(HEADERS)
    assert len(rows) == 22
    assert {cell.data_type for row in rows for cell in row} == {"s"}
    assert rows[1][3].value == "=1+1"


@pytest.mark.parametrize(
    ("basis", "words"),
    [
        ("3个工作日，默认值，无统一规定", ""),
        ("单项否决类问题，1个工作日，默认值", "单项否决类问题"),
        ("首页两周不更新（国办秘函〔2019〕19号）；整改1个工作日为默认值", "首页两周不更新（国办秘函〔2019〕19号）"),
        ("超过两周不更新（国办秘函〔2019〕19号；每周，默认值）；整改1个工作日为默认值", ""),
        (
            "找错留言自收到起3个工作日内答复（国办秘函〔2019〕19号）",
            "找错留言自收到起3个工作日内答复（国办秘函〔2019〕19号）",
        ),
        ("通报要求“立即整改”；小时数为默认值", "通报要求“立即整改”"),
        ("投诉建议7个工作日，地方规定，未核对", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_letter_does_not_say_that_nothing_rules_it(basis: object, words: str) -> None:
    """N-65: it names rules and notices."""
    assert basis_words({"basis": basis}) == words


def test_what_became_of_the_deadline_is_said() -> None:
    """N-65: so that amount and rule do not contradict each other."""
    rule = "message.zhaocuo/reopened/extended+3"
    assert (
        basis_words({"basis": "3个工作日内答复", "rule": rule}) == "3个工作日内答复；问题反弹的，时限减半；已批准延期"
    )


def test_no_letter_of_the_default_pack_says_that_a_value_is_a_default() -> None:
    """N-65: of every check and its variants."""
    rules = POLICY.checks.values()
    deadlines = [one.deadline for rule in rules for one in (rule, *rule.variants)]
    assert len(deadlines) > 40
    for deadline in deadlines:
        said = basis_words({"basis": deadline.basis})
        assert not any(word in said for word in ("默认", "未核对", "无统一", "凭记忆")), said
