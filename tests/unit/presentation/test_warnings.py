"""Warnings as their readers see them: a letter of their own, or a part of the digest."""

from dataclasses import replace
from typing import Any

import pytest

from notifiers.sms.parts import sms_parts
from streams.presentation.letters.letter import Letter, WarningItem
from streams.presentation.letters.render import render_mail, render_sms
from tests.unit.presentation.test_render import ASSET, HOSTILE, UNIT, item, letter

NEWS = {
    "check": "column.stale",
    "name": "栏目不更新",
    "locator": "/xwzx/",
    "title": "10天未更新",
    "detail": None,
    "since": "2023-03-02T02:00:00+00:00",
    "stale_since": "2023-02-21",
    "times": 1,
    "lines": [{"kind": "breach", "amount": 14, "unit": "day", "basis": "两周未更新"}],
}


def warning(**changes: Any) -> WarningItem:
    """Return a warning about 市科技局's news column."""
    return WarningItem(NEWS | changes, ASSET, UNIT)


def warnings(*items: WarningItem) -> Letter:
    """Return a letter that only warns."""
    return replace(letter(), items=(), warnings=items or (warning(),))


def test_a_letter_of_warnings_says_what_where_since_and_until_when() -> None:
    """It names no ticket, asks for no feedback, and has a subject of its own."""
    content = render_mail(warnings(warning(), warning(locator="/tzgg/"), warning(locator="/zwgk/")))
    assert content.subject == "【预警】3处内容即将超期，咸宁市科技局网站，最近的超期线3月7日（周二）"
    for body in (content.text, content.html):
        for said in (
            "栏目不更新",
            "咸宁市科技局网站",
            "/xwzx/",
            "最近更新 2月21日（周二）",
            "3月7日（周二）即第14天为超期线",
            "10天未更新",
        ):
            assert said in body, said
        assert "无需反馈" in body
        assert "整改单" not in body.replace("不立整改单", "")


def test_several_assets_are_counted_in_the_subject() -> None:
    """The first is named."""
    other = replace(warning(stale_since="2023-02-25"), asset={"name": "咸宁发布", "kind": "account"})
    assert "咸宁市科技局网站等2个" in render_mail(warnings(warning(), other)).subject


def test_the_nearest_line_comes_first_and_what_has_no_day_last() -> None:
    """As in a digest."""
    rows = (
        warning(locator="/none/", stale_since=None),
        warning(locator="/late/", stale_since="2023-02-25"),
        warning(locator="/soon/", stale_since="2023-02-20"),
    )
    content = render_mail(warnings(*rows))
    for body in (content.text, content.html):
        places = [body.index(place) for place in ("/soon/", "/late/", "/none/")]
        assert places == sorted(places)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([("breach", 7, "day"), ("breach", 14, "day")], "第7天或第14天为超期线"),
        ([("penalty", 1, "month")], "满1个月为扣分线"),
        ([("veto", 3, "month")], "满3个月为单项否决线"),
        ([("breach", 5, "working_day")], "第5个工作日为超期线"),
        ([("breach", 2, "round")], "第2轮为超期线"),
    ],
)
def test_every_line_has_its_words(lines: list[tuple[str, int, str]], words: str) -> None:
    """Where nothing says since when, the amount must do; the first warning's day is said instead."""
    told = [dict(zip(("kind", "amount", "unit"), line, strict=True)) for line in lines]
    text = render_mail(warnings(warning(lines=told, stale_since="unknown"))).text
    assert words in text
    assert "3月2日（周四）起预警" in text


def test_a_repeated_warning_says_so() -> None:
    """Once a week it is told again."""
    assert "第2次提示" in render_mail(warnings(warning(times=2))).html
    assert "次提示" not in render_mail(warnings()).html


def test_a_digest_has_a_section_for_warnings() -> None:
    """One ticket and two warnings are a digest: the subject counts both, and each has its advice."""
    content = render_mail(replace(letter(item("reminder")), warnings=(warning(), warning(locator="/b/"))))
    assert content.subject == "【临期提醒】1件，最早时限3月6日（周一）；预警2处"
    for body in (content.text, content.html):
        assert "T-8F3K2M9QX4" in body
        assert "2 处即将超期" in body
        assert body.index("T-8F3K2M9QX4") < body.index("/xwzx/")
    assert "预警" not in render_mail(letter(item(), item(ticket_id="T-2"))).html


def test_a_long_list_is_cut() -> None:
    """Fifty, and how many there are more; as a short message it is one line."""
    many = warnings(*(warning(locator=f"/{number:03}/") for number in range(60)))
    content = render_mail(many)
    for body in (content.text, content.html):
        assert "/049/" in body
        assert "/050/" not in body
        assert "其余 10 处" in body
    assert sms_parts(render_sms(many)) <= 2


def test_hostile_warnings_are_harmless() -> None:
    """What a producer writes comes out as text."""
    evil = WarningItem(
        NEWS | {"name": HOSTILE, "locator": HOSTILE, "detail": HOSTILE, "stale_since": HOSTILE},
        {"name": HOSTILE},
        {"name": HOSTILE},
    )
    content = render_mail(warnings(evil, warning()))
    assert "<script" not in content.html
    assert "<img" not in content.html
    assert content.subject.isprintable()
    assert not {"\x00", "\u202e", "\r"} & set(content.text + content.html)
