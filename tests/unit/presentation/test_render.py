"""Letters as their readers see them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifiers.protocol import Recipient
from notifiers.sms.parts import SMS_PARTS, sms_parts
from streams.presentation.letters.letter import KINDS, Kind, Letter, LetterItem, Others
from streams.presentation.letters.render import SUBJECT_LENGTH, render_calendar, render_mail, render_sms
from streams.presentation.letters.sms_variables import variables

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2023, 3, 3, 9, 0, tzinfo=SHANGHAI)
TICKET: dict[str, Any] = {
    "ticket_id": "T-8F3K2M9QX4",
    "asset_id": "kjj",
    "check": "column.stale",
    "severity": "major",
    "status": "open",
    "due_at": "2023-03-06T23:59:59+08:00",
    "problem_count": 1,
    "open_problem_count": 1,
    "problems": [{"locator": "/hdjl/dczj/"}],
    "deadline": {"amount": 5, "unit": "working_day", "provisional": False, "basis": "国办秘函〔2019〕19号"},
}
ASSET = {"name": "咸宁市科技局网站", "kind": "website"}
UNIT = {"name": "咸宁市科技局"}


def item(kind: Kind = "urge", **ticket: Any) -> LetterItem:
    """Return an item about 市科技局's stale column, with changes to its ticket."""
    return LetterItem(kind, TICKET | ticket, ASSET, UNIT, "栏目不更新")


def letter(*items: LetterItem, at: datetime = AT) -> Letter:
    """Return a letter to 王五."""
    return Letter(Recipient("王五", "wang@unit.gov.cn", "duty"), items or (item(),), at, SHANGHAI)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_where_until_when_and_what_to_do(kind: Kind) -> None:
    """Both bodies of every kind answer the four questions and name the ticket."""
    content = render_mail(letter(item(kind)))
    for body in (content.text, content.html):
        for answer in (
            "栏目不更新",
            "咸宁市科技局网站",
            "/hdjl/dczj/",
            "2023年3月6日（周一）",
            "办理要求",
            "T-8F3K2M9QX4",
            "王五",
        ):
            assert answer in body, answer
    assert "T-8F3K2M9QX4" in content.subject


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_fits_two_short_messages(kind: Kind) -> None:
    """Names give way, ticket number and date stay, however long the names are."""
    long = replace(
        item(kind), asset={"name": "某" * 300}, unit={"name": "单" * 300}, check_name="问" * 300, reason="因" * 300
    )
    for text in (render_sms(letter(item(kind))), render_sms(letter(long))):
        assert sms_parts(text) <= SMS_PARTS
        assert "T-8F3K2M9QX4" in text
        assert ("3月6日（周一）" in text) is (kind != "run_held")


@pytest.mark.parametrize("kind", KINDS)
def test_subjects_are_one_short_line(kind: Kind) -> None:
    """The longest names leave a subject that still shows its ticket."""
    long = replace(item(kind), asset={"name": "某\r\nBcc: x" * 99}, unit={"name": "单" * 300}, check_name="问" * 300)
    subject = render_mail(letter(long)).subject
    assert len(subject) <= SUBJECT_LENGTH
    assert subject.isprintable()
    assert "T-8F3K2M9QX4" in subject


def test_time_left_is_said_when_known() -> None:
    """Working days come from the caller, who has the calendar."""
    soon = replace(item("reminder"), working_days_left=1)
    late = replace(item("urge"), working_days_left=-3)
    assert "剩余1个工作日" in render_mail(letter(soon)).html
    assert "已逾期3个工作日" in render_mail(letter(late, at=AT + timedelta(days=6))).subject
    assert "剩余" not in render_mail(letter(item("reminder"))).html


def test_clock_hours_are_counted_in_hours() -> None:
    """A deadline of hours says hours, whatever day it is."""
    due = AT + timedelta(hours=2)
    hours = {"amount": 2, "unit": "hour", "basis": "重要保障期"}
    content = render_mail(letter(item("opened", due_at=due, deadline=hours, severity="critical", check="link.dark")))
    assert "剩余约2小时" in content.text
    assert "严重" in content.html
    assert "2023年3月3日（周五）11:00前" in content.text
    assert "删除暗链" in content.text


def test_urgency_is_said_once() -> None:
    """An advice that is urgent already does not stutter behind a step that urges."""
    for kind in KINDS:
        text = render_mail(letter(item(kind, check="link.dark"))).text
        assert "立即立即" not in text
        assert "抓紧立即" not in text


@pytest.mark.parametrize("kind", ["opened", "reminder", "urge"])
def test_a_provisional_deadline_is_marked(kind: Kind) -> None:
    """It says so in subject, bodies and short message, and why."""
    provisional = letter(item(kind, deadline={"provisional": True}))
    content = render_mail(provisional)
    for text in (content.subject, content.text, content.html, render_sms(provisional)):
        assert "暂定" in text
    assert "放假安排尚未公布" in content.text
    assert "暂定" not in render_mail(letter(item(kind))).html


def test_a_closing_says_what_closed_it() -> None:
    """The evidence, and when it was seen, in the unit's zone."""
    closed = item(
        "closed",
        status="closed",
        close_reason="recheck_absent",
        evidence_at=datetime(2023, 3, 5, 2, 0, tzinfo=UTC),
        closed_at="2023-03-05T10:02:00+08:00",
    )
    content = render_mail(letter(closed, at=AT + timedelta(days=30)))
    for body in (content.text, content.html):
        assert "复查确认问题已不存在" in body
        assert "2023年3月5日（周日）10:00" in body
        assert "已逾期" not in body


def test_a_sentence_of_evidence_goes_before_the_code() -> None:
    """Where the caller has words for the evidence, they are used."""
    closed = replace(item("closed", close_reason="recheck_absent"), reason="3月5日巡检该栏目已有新内容")
    assert "3月5日巡检该栏目已有新内容" in render_sms(letter(closed))


def test_reopened_with_a_reason_is_no_relapse() -> None:
    """A supervisor's reason comes first, in mail and short message; without one it is called a relapse."""
    back = replace(item("reopened"), reason="答复质量差")
    content = render_mail(letter(back))
    assert content.text.startswith("【重新整改】答复质量差，")
    for text in (content.subject, content.text, content.html, render_sms(letter(back))):
        assert ("反弹" in text, "再次出现" in text) == (False, False)
    assert "答复质量差" in render_sms(letter(back))
    assert "反弹" in render_mail(letter(item("reopened"))).subject


def test_many_places_are_counted_and_the_first_listed() -> None:
    """N-62: a ticket of a thousand links says how many, shows twenty, and says that there are more."""
    places = [{"locator": f"/page/{number}.html"} for number in range(50)]
    content = render_mail(letter(item(problem_count=1034, open_problem_count=1000, problems=places)))
    for body in (content.text, content.html):
        assert "共 1034 处，待整改 1000 处" in body
        assert "/page/19.html" in body
        assert "/page/20.html" not in body
        assert "其余 980 处" in body


def test_a_veto_that_is_a_count_names_what_it_counts() -> None:
    """Its words say how many and where the line is; the places are those of its parts."""
    parts = [{"locator": f"首页》栏目{n}", "check": "column.blank"} for n in range(6)]
    facts = {"detail": "累计 6 处，达到 5 处即单项否决", "evidence": {"part_count": 6, "parts": parts}}
    content = render_mail(letter(item(check="veto.columns_blank", problems=[{"locator": "", "facts": facts}])))
    for answer in ("累计 6 处，达到 5 处即单项否决", "共 6 处", "首页》栏目0", "首页》栏目5"):
        assert answer in content.text, answer
        assert answer in content.html, answer
    odd: list[Any] = ["text", {"parts": "many"}, {"parts": [1, "a"]}, None]
    for evidence in odd:
        problems = [{"locator": "", "facts": {"evidence": evidence}}]
        assert "全站" in render_mail(letter(item(check="veto.columns_blank", problems=problems))).text


def test_the_fault_itself_is_named() -> None:
    """The producer's words and the broken target or the wrong word, so that nobody has to search."""
    dead = [
        {
            "locator": "/a",
            "facts": {"title": "链接打不开", "evidence": {"target": "http://old.cn/x", "http_status": 404}},
        }
    ]
    wrong = [{"locator": "/b", "facts": {"evidence": {"word": "党史教育活动", "suggestion": "党史学习教育"}}}]
    assert "链接打不开；链接目标 http://old.cn/x（返回 404）" in render_mail(letter(item(problems=dead))).html
    assert "“党史教育活动”应为“党史学习教育”" in render_mail(letter(item(problems=wrong))).text
    assert render_mail(letter(item(problems=[{"locator": "/c", "facts": {"evidence": "none"}}]))).text


def test_an_unregistered_asset_is_still_told_about() -> None:
    """Without asset, unit, problems and title the letter stands on the ticket alone."""
    bare = LetterItem("opened", {"ticket_id": "T-1", "asset_id": "kjj-site", "check": "link.dead"}, None, None, "")
    content = render_mail(letter(bare))
    assert "kjj-site" in content.text
    assert "link.dead" in content.text
    assert "无主（资产未登记）" in content.text
    assert sms_parts(render_sms(letter(bare))) == 1


HOSTILE = "<script>alert(1)</script>{{ 7*7 }}{% raw %}\r\nBcc: x@y\"'><img src=x>\u202e\x00"


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_text_is_harmless_everywhere(kind: Kind) -> None:
    """HTML, line breaks and template syntax in every field come out as text."""
    ticket = TICKET | {
        "title": HOSTILE,
        "detail": HOSTILE,
        "close_reason": HOSTILE,
        "check": HOSTILE,
        "ticket_id": HOSTILE,
    }
    ticket |= {"problems": [{"locator": HOSTILE}], "deadline": {"basis": HOSTILE, "amount": HOSTILE, "unit": "hour"}}
    evil = LetterItem(kind, ticket, {"name": HOSTILE}, {"name": HOSTILE}, HOSTILE, reason=HOSTILE)
    to = Recipient(HOSTILE, "wang@unit.gov.cn", "duty")
    for items in ((evil,), (evil, evil)):
        message = Letter(to, items, AT, SHANGHAI)
        content = render_mail(message)
        assert "<script" not in content.html
        assert "<img" not in content.html
        assert "alert(1)" in content.html
        assert "{{ 7*7 }}" in content.html
        for line in (content.subject, render_sms(message)):
            assert "\n" not in line
            assert "\r" not in line
            assert line.isprintable()
        assert not {"\x00", "\u202e", "\r"} & set(content.text + content.html)
        assert "\nBcc:" not in content.text


def test_a_digest_puts_the_most_urgent_first() -> None:
    """Earliest due first, the critical one of a day before the others, the closed last."""
    due = [(3, "major"), (1, "major"), (2, "minor"), (2, "critical")]
    items = [
        item("urge", ticket_id=f"T-{n}", due_at=AT + timedelta(days=days), severity=s)
        for n, (days, s) in enumerate(due)
    ]
    done = item("closed", ticket_id="T-9", due_at=AT - timedelta(days=9))
    content = render_mail(letter(done, *items))
    for body in (content.text, content.html):
        places = [body.index(f"T-{number}") for number in (1, 3, 2, 0, 9)]
        assert places == sorted(places)


def test_a_digests_subject_counts_and_names_the_earliest_due() -> None:
    """Counts of what waits, is overdue and closed, the earliest due; approved templates get the same numbers."""
    late = [item("urge", ticket_id=f"T-{n}", due_at=AT - timedelta(days=n)) for n in (1, 2)]
    soon = item("reminder", ticket_id="T-3")
    done = item("closed", ticket_id="T-4")
    told = letter(*late, soon, done)
    assert render_mail(told).subject == "【催办】2件、临期提醒1件、销号1件，已逾期2件，最早时限3月1日（周三）09:00"
    values = variables(told)[1]
    assert (values["count"], values["overdue"], values["due"]) == ("3", "2", "3月1日（周三）09:00")


def test_a_digests_head_has_the_earliest_due_of_all_that_it_tells() -> None:
    """N-27: what else is due earlier is in the head, once; beside it stands only how many there are."""
    own = [item("reminder", ticket_id=f"T-{n}", due_at=AT + timedelta(days=n)) for n in (5, 6)]
    other = item("reminder", ticket_id="T-3", due_at=AT + timedelta(days=2))
    told = replace(letter(*own), others=Others((other,), 1, 0))
    content = render_mail(told)
    assert content.subject == "【临期提醒】2件，最早时限3月5日（周日）09:00；另有临期1件"
    assert "2 件，最早时限 3月5日（周日）09:00" in content.text


def test_a_merged_ticket_is_told_where_it_goes_on() -> None:
    """Closed by a merge: nobody is thanked, nothing is over; the ticket that goes on is in every form."""
    told = letter(item("closed", close_reason="merged", merged_into="T-9", status="closed"))
    content = render_mail(told)
    assert content.subject.startswith("【并单】")
    entry = render_calendar(told, "rectify@city.test").decode()
    for text in (content.subject, content.text, content.html, render_sms(told), entry):
        assert "T-9" in text
        assert not any(word in text for word in ("感谢", "无需再处理", "已销号："))


def test_a_digest_shows_fifty_and_counts_the_rest() -> None:
    """A long list ends with how many there are more, and its short message stays short."""
    items = [item("urge", ticket_id=f"T-{n:03}", due_at=AT + timedelta(days=n)) for n in range(60)]
    content = render_mail(letter(*items))
    for body in (content.text, content.html):
        assert "T-049" in body
        assert "T-050" not in body
        assert "其余 10 件" in body
    sms = render_sms(letter(*items))
    assert sms_parts(sms) <= SMS_PARTS
    assert "T-000" in sms
    assert "60件" in sms


def test_a_digest_names_the_units_only_where_they_differ() -> None:
    """A unit's own contact knows the unit; a supervisor must be told."""
    own = letter(item(ticket_id="T-1"), item(ticket_id="T-2"))
    both = letter(item(ticket_id="T-1"), replace(item(ticket_id="T-2"), unit={"name": "通山县政府办"}))
    assert "通山县政府办" in render_mail(both).text
    assert "，咸宁市科技局，" not in render_mail(own).text


@pytest.mark.parametrize(
    ("text", "parts"), [("", 1), ("整" * 70, 1), ("整" * 71, 2), ("整" * 134, 2), ("整" * 135, 3), ("😀" * 36, 2)]
)
def test_parts_are_counted_as_carriers_do(text: str, parts: int) -> None:
    """70 UTF-16 units alone, 67 in each part of a long message; an emoji is two."""
    assert sms_parts(text) == parts


def test_a_letter_about_nothing_is_refused() -> None:
    """An empty letter is a fault of ours and must not reach anybody."""
    with pytest.raises(ValueError, match="at least one"):
        Letter(Recipient("王五", "wang@unit.gov.cn", "duty"), (), AT, SHANGHAI)


def test_mails_have_no_remote_parts() -> None:
    """No picture, font or script is loaded from anywhere."""
    for content in (render_mail(letter()), render_mail(letter(item(), item(ticket_id="T-2")))):
        for remote in ("src=", "href=", "url(", "@import", "<link", "<script"):
            assert remote not in content.html
