"""What an event of a calendar says about its days."""

from __future__ import annotations

import pytest

from streams.files.calendar.meaning import Meaning, meaning

OFF, WORK, SWAPPED, BOTH = Meaning.OFF, Meaning.WORK, Meaning.SWAPPED, Meaning.BOTH


SUMMARIES: dict[Meaning | None, tuple[str, ...]] = {
    OFF: (
        "元旦（休）",
        "元旦(休)",
        "【休】元旦",
        "休｜春节",
        "春节 休",
        "元旦休",
        "国庆节休3天",
        "春节假期",
        "春节 假期 第1天/共8天",
        "国庆节放假",
        "国庆节放假调休",
        "春节长假",
        "补休",
        "法定节假日",
        "国庆节（假）",
        "不上班",
        "非工作日",
        "Spring Festival Golden Week holiday",
        "Day off",
        "Non-working day",
        "春节補假",
        "5月1日放假",
        "春节放假7天，2月14日上班",
        "春节假期(2月28日上班)",
    ),
    WORK: (
        "上班(补元旦假期)",
        "春节 补班 第1天/共2天",
        "元旦（班）",
        "班｜元旦",
        "春节 班",
        "元旦班",
        "国庆节（调休上班日）",
        "国庆节 工作日",
        "调休上班",
        "補班",
        "国庆节 调休（上班）",
        "Special Working Day (National Day)",
        "Make-up day",
        "Workday",
    ),
    SWAPPED: (
        "国庆节 调休",
        "國慶節調休",
    ),
    BOTH: ("国庆节假期结束，正常上班",),
    None: (
        "情人节",
        "植树节",
        "春节",
        "International Workers' Day",
        "国庆值班安排",
        "退休干部活动日",
        "寒假期间",
        "妇女节放假半天",
        "Half-day holiday",
        "三八节 不放假",
        "植树节，不休",
        "Women's Day (not a public holiday)",
        "全年无休",
        "Kick-off meeting",
        "",
    ),
}


@pytest.mark.parametrize(("summary", "expected"), [(text, said) for said, texts in SUMMARIES.items() for text in texts])
def test_a_summary_says_what_its_day_is(summary: str, expected: Meaning | None) -> None:
    """A mark, a word, a refusal of one; a festival that is only named says nothing."""
    assert meaning(summary, [], "", "") is expected


@pytest.mark.parametrize(
    ("categories", "description", "apple", "expected"),
    [
        (["Holidays"], "", "", None),
        (["節慶"], "", "", None),
        (["放假"], "", "", OFF),
        ([], "Public holiday", "", OFF),
        ([], "公众假期", "", OFF),
        ([], "Observance\nTo hide observances, go to Google Calendar Settings", "", None),
        ([], "国庆节 假期第1天 / 共9天", "", OFF),
        ([], "五、劳动节：5月1日至5日放假调休，共5天。4月26日（星期日）、5月9日（星期六）上班。", "", None),
        ([], "调休上班", "", WORK),
        ([], "", "WORK-HOLIDAY", OFF),
        ([], "", "ALTERNATE-WORKDAY", WORK),
        ([], "", "TRUE", None),
        ([], "", "BIRTHDAY", None),
    ],
)
def test_the_marks_of_known_feeds(
    categories: list[str], description: str, apple: str, expected: Meaning | None
) -> None:
    """Apple's property, Google's short description; a category that stands at every festival is no mark."""
    assert meaning("国庆节", categories, description, apple) is expected


def test_the_summary_is_stronger_than_what_is_said_about_it() -> None:
    """Google calls its special working days public holidays too; lanceliao repeats the whole decree at each."""
    assert meaning("Special Working Day", [], "Public holiday", "") is WORK
    assert meaning("春节（休）", [], "", "ALTERNATE-WORKDAY") is WORK
