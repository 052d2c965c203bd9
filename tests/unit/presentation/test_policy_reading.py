"""A pack in words, value by value, and how two packs differ (P-4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.files.policy.loading import load_policy
from streams.presentation.policy.reading import PackChange, differences, read_policy

DEFAULT = load_policy()
WORDS = {value.path: value for value in read_policy(DEFAULT)}


@pytest.mark.parametrize(
    ("path", "label", "words", "sure"),
    [
        ("checks.link.dead.deadline", "时限", "3个工作日", "D"),
        ("checks.link.dead[home_page=true].deadline", "时限", "1个工作日", "D"),
        ("checks.link.dark.guarded", "重要保障期时限", "2小时", "N"),
        ("checks.link.dark.veto", "单项否决", "逾期单项否决", "D"),
        ("checks.link.dead.deduction", "扣分", "链接可用扣1分，至多5分", "D"),
        ("checks.link.dead.transient", "须确认", "0、408、425、429、5xx", None),
        ("checks.text.typo.severity", "程度", "轻微", None),
        ("checks.message.zhaocuo.lines.penalty 1 month", "线", "扣分线1个月", "O"),
        ("checks.message.zhaocuo.grouped", "可归并", "否", None),
        ("checks.account.stale.lines.breach 14 day #2", "线", "超期线14天", "N"),
        (
            "derived.veto.columns_stale.tallies.1",
            "累计",
            "网站：栏目不更新（栏目=动态要闻/通知公告/政策文件）合计5个及以上",
            "O",
        ),
        (
            "derived.veto.site_unreachable.probing",
            "累计",
            "网站：7天内每天间隔10分钟的访问不少于20次，超过15秒打不开的占5%及以上",
            "O",
        ),
        (
            "derived.veto.messages_unanswered.tallies.1",
            "累计",
            "网站：留言未答复（超过3个月）、「我为政府网站找错」留言（超过3个月）合计1个及以上",
            "O",
        ),
        ("ladder.reminder", "阶梯", "到期前第1个工作日09:00（不足3个工作日的过半时），邮件告知值守", "D"),
        ("ladder.opened", "阶梯", "立单即时，邮件告知值守，合并发送", "D"),
        (
            "ladder.supervise.hourly",
            "阶梯（小时时限）",
            "催办后2小时，邮件、短信告知负责人、主管单位，暂定时限不到此步",
            "D",
        ),
        ("guarded.exempt", "保障期通知不受限", "是", "D"),
        ("limits.pass_mark", "合格线", "60分", "O"),
        ("limits.extension", "延期", "至多2次，每次10个工作日", "D"),
        ("limits.producer_brake", "巡检方销号过多先核实", "48小时内，超过200个，80%，头3次申请抽样", "D"),
        ("limits.reopened", "重开时限占原时限", "50%", "D"),
        ("sending.quiet", "免打扰", "22:00 至次日 08:00 不发，休息日不发", "D"),
        ("working_hours", "工作时间", "09:00 至 17:30", "D"),
    ],
)
def test_values_in_words(path: str, label: str, words: str, sure: str | None) -> None:
    """As an official reads them, with how sure they are."""
    assert (WORDS[path].label, WORDS[path].words, WORDS[path].sure) == (label, words, sure)


def test_everything_is_read_once() -> None:
    """No two values stand in one place, and each check has at least a name, a severity and a deadline."""
    values = [*read_policy(DEFAULT)]
    assert len(values) == len(WORDS)
    for code in DEFAULT.checks:
        assert {f"checks.{code}.{field}" for field in ("name", "severity", "deadline")} <= WORDS.keys()


def told(changes: list[PackChange]) -> list[tuple[str, str, str | None, str | None]]:
    """Changes in short."""
    return [
        (change.kind, change.path, change.before and change.before.words, change.after and change.after.words)
        for change in changes
    ]


def test_a_pack_differs_from_itself_in_nothing() -> None:
    """Nor does one that says the same."""
    assert differences(DEFAULT, DEFAULT) == []
    assert differences(DEFAULT, load_policy("nhc")) == []


def test_what_differs_is_said_with_both_values(tmp_path: Path) -> None:
    """Another amount, another basis, a value more, a value less, another order of cases."""
    pack = tmp_path / "ours.yaml"
    pack.write_text(
        """
extends: default
pack: ours
version: 2
title: 本省
checks:
  link.dead: {deadline: {amount: 2, unit: working_day, sure: O, basis: 本省规定}}
  column.blank: {deadline: {amount: 5, unit: working_day, sure: O, basis: 本省规定}}
  link.dark: {veto: null}
  text.typo: {guarded: 2 hours, variants: [{when: {deep: true}, deadline: 4 working days}]}
  local.check: {name: 本省检查项, deadline: 10 working days}
derived: {veto.columns_blank: null}
""",
        encoding="utf-8",
    )
    found = differences(DEFAULT, load_policy(pack))
    by_path = {change[1]: change for change in told(found)}
    assert by_path["checks.link.dead.deadline"] == ("changed", "checks.link.dead.deadline", "3个工作日", "2个工作日")
    assert by_path["checks.column.blank.deadline"][0] == "basis"
    assert by_path["checks.link.dark.veto"] == ("removed", "checks.link.dark.veto", "逾期单项否决", None)
    assert by_path["checks.text.typo.guarded"] == ("added", "checks.text.typo.guarded", None, "2小时")
    assert by_path["checks.text.typo.variants"] == ("added", "checks.text.typo.variants", None, "deep=是 → 首页=是")
    assert by_path["checks.text.typo[deep=true].deadline"][3] == "4个工作日"
    assert by_path["derived.veto.columns_blank.tallies.1"][0] == "removed"
    assert {path for path in by_path if path.startswith("checks.local.check")} >= {"checks.local.check.deadline"}
    assert not [path for path in by_path if path.startswith("checks.link.wrong")]
    back = {change[1]: change[0] for change in told(differences(load_policy(pack), DEFAULT))}
    opposite = {"added": "removed", "removed": "added", "changed": "changed", "basis": "basis"}
    assert back == {path: opposite[change[0]] for path, change in by_path.items()}
