"""The registry of approved templates: what is wrong with a file is found before the first message (rule N-42)."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifiers.protocol import Recipient
from notifiers.sms.templates import VARIABLES, Template, Templates, cut
from streams.files.faults import FileError
from streams.files.sms_templates import load_templates
from streams.presentation.letters.letter import Letter, LetterItem
from streams.presentation.letters.sms_variables import variables
from streams.settings.model import Settings, SettingsError

GOOD = """\
aliyun:
  sign: 咸宁市政府办
  templates:
    any:
      id: SMS_4711
      text: 您单位${unit}有${count}件整改单待处理，最近时限${due}，整改单${ticket}。
      variables: {unit: 12, count: 5, due: 24, ticket: 23}
    urge:
      id: SMS_4712
      sign: 市政府督查室
      text: 催办：${asset}的${problem}时限${date}，${left}，请立即整改。
      variables: {asset: 12, problem: 10, date: 11, left: 12}
tencent:
  sign: 咸宁市政府办
  templates:
    any: {id: 1110, text: "{1}有{2}件整改单，最近时限{3}", variables: {unit: 12, count: 5, date: 11}}
"""
ZONE = ZoneInfo("Asia/Shanghai")


def written(tmp_path: Path, text: str) -> Path:
    """A file with this text."""
    path = tmp_path / "sms.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(tmp_path: Path, text: str) -> list[str]:
    """What is said of it."""
    with pytest.raises(FileError) as caught:
        load_templates(written(tmp_path, text))
    return str(caught.value).splitlines()


def item(ticket_id: str, due: str, name: str = "市科技局") -> LetterItem:
    """One urged ticket."""
    ticket = {"ticket_id": ticket_id, "due_at": due, "severity": "major", "status": "open", "problem_count": 1}
    asset = {"name": "科技局网站 http://kjj.example.cn/", "kind": "website"}
    return LetterItem("urge", ticket, asset, {"name": name}, "首页打不开 www.example.cn/x", -2)


def letter(*items: LetterItem) -> Letter:
    """A letter of 2 March 2026."""
    return Letter(Recipient("王五", "13800000001", "duty"), items, datetime(2026, 3, 2, 1, tzinfo=UTC), ZONE)


def test_a_good_file(tmp_path: Path) -> None:
    """Each kind has its own template or `any`; a sign of its own or the provider's."""
    templates = load_templates(written(tmp_path, GOOD))["aliyun"]
    filled = templates.fill("urge", {"asset": "科技局网站", "problem": "打不开", "date": "3月1日", "left": "已逾期"})
    assert filled is not None
    assert (filled.template_id, filled.sign) == ("SMS_4712", "市政府督查室")
    assert filled.text == "【市政府督查室】催办：科技局网站的打不开时限3月1日，已逾期，请立即整改。"
    other = templates.fill("bulletin", {})
    assert other is not None
    assert (other.template_id, other.sign) == ("SMS_4711", "咸宁市政府办")
    assert set(other.variables.values()) == {"无"}


def test_positions_of_tencent(tmp_path: Path) -> None:
    """The order of the variables is that of the numbers in the text."""
    templates = load_templates(written(tmp_path, GOOD))["tencent"]
    filled = templates.fill("digest", {"date": "3月6日", "unit": "市科技局", "count": "3"})
    assert filled is not None
    assert list(filled.variables.values()) == ["市科技局", "3", "3月6日"]
    assert filled.text == "【咸宁市政府办】市科技局有3件整改单，最近时限3月6日"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("unit: 12, count: 5, due", "unit: 36, count: 5, due", "V.unit: a length from 1 to 35, not 36"),
        ("due: 24", "due: 10", "V.due: a length from 24 to 35, not 10"),
        ("unit: 12, count: 5, due", "dept: 12, count: 5, due", "V.dept: no such variable"),
        ("有${count}件", "${count}件", "sms.yaml:6: A.any.text: two variables side by side"),
        ("您单位${unit}", "http://x.cn/${unit}", "sms.yaml:6: A.any.text: a variable inside an address"),
        ("${unit}有", "有", "V.unit: does not stand in the text as ${unit}"),
        ("${unit}有", "${unit}、${asset}有", "sms.yaml:6: A.any.text: ${asset} is not among the variables"),
        ("{1}有{2}件", "{1}有{4}件", "sms.yaml:16: tencent.templates.any.text: {4} is not among the variables"),
        ("      id: SMS_4712\n", "", "sms.yaml:8: A.urge.id: a text is needed"),
        ("    urge:", "    urgent:", "sms.yaml:8: A.urgent: expected one of any, opened"),
        ("    any:\n", "    digest:\n", "sms.yaml:3: aliyun.templates: no template for opened, reminder, supervise"),
        ("tencent:", "twilio:", "sms.yaml:13: twilio: expected one of aliyun, tencent"),
        ("请立即整改。", "请立即整改" + "并反馈" * 40, "sms.yaml:11: A.urge.text: 186 characters"),
        ("unit: 12, count: 5, due", "unit: many, count: 5, due", "V.unit: expected"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """File, line and path (`A.` and `V.` are short for their beginnings), and what was expected."""
    assert old in GOOD
    said = said.replace("V.", "sms.yaml:7: A.any.variables.").replace("A.", "aliyun.templates.")
    found = refused(tmp_path, GOOD.replace(old, new, 1))
    assert any(line.startswith(said) for line in found), found


def test_everything_is_said_at_once(tmp_path: Path) -> None:
    """Two faults, two lines."""
    assert len(refused(tmp_path, GOOD.replace("due: 24", "due: 10").replace("有${count}件", "${count}件"))) == 2


@pytest.mark.parametrize(
    "text", ["", "- a", "aliyun: 5", "aliyun: {templates: [1]}", "a: [", "aliyun: {templates: {any: x}}"]
)
def test_what_is_no_registry(tmp_path: Path, text: str) -> None:
    """Nothing but a FileError is raised."""
    assert refused(tmp_path, text)


def test_the_settings_check_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong template stops the worker at its start, not at the first message."""
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, GOOD.replace("due: 24", "due: 10"))
    values = {
        "SMS_PROVIDER": "aliyun",
        "SMS_ALIYUN_KEY_ID": "k",
        "SMS_ALIYUN_KEY_SECRET": "s",
        "SMS_TEMPLATES": str(path),
    }
    for name, value in values.items():
        monkeypatch.setenv(f"RECTIFY_{name}", value)
    with pytest.raises(SettingsError, match=r"sms\.yaml:7: aliyun\.templates\.any\.variables\.due"):
        Settings.load()
    path.write_text(GOOD.partition("tencent:")[0], encoding="utf-8")
    assert Settings.load().approved_templates is not None
    monkeypatch.setenv("RECTIFY_SMS_PROVIDER", "tencent")
    for name in ("SECRET_ID", "SECRET_KEY", "APP_ID"):
        monkeypatch.setenv(f"RECTIFY_SMS_TENCENT_{name}", "x")
    with pytest.raises(SettingsError, match="has no section tencent"):
        Settings.load()


def test_the_variables_of_one_ticket() -> None:
    """All that are promised, with nothing that looks like an address."""
    kind, values = variables(letter(item("ZG20260227-0123456789AB", "2026-02-27T23:59:00+08:00")))
    assert kind == "urge"
    assert values.keys() == VARIABLES.keys()
    assert values["ticket"] == "ZG20260227-0123456789AB"
    assert values["date"] == "2月27日"
    assert values["due"] == "2月27日（周五）"
    assert values["left"] == "已逾期2个工作日"
    assert (values["count"], values["overdue"]) == ("1", "1")
    assert (values["asset"], values["problem"]) == ("科技局网站", "首页打不开")


def test_the_variables_of_several() -> None:
    """A digest counts, and names the most urgent."""
    kind, values = variables(
        letter(item("ZG20260306-B", "2026-03-06T23:59:00+08:00"), item("ZG20260304-A", "2026-03-04T17:30:00+08:00"))
    )
    assert kind == "digest"
    assert (values["count"], values["overdue"], values["ticket"]) == ("2", "0", "ZG20260304-A")
    assert (values["date"], values["due"]) == ("3月4日", "3月4日（周三）17:30")


@pytest.mark.parametrize(
    ("value", "longest", "shown"),
    [("市科技局", 4, "市科技局"), ("市科学技术局", 4, "市科学…"), ("", 4, "无"), ("见 http://a.cn/b", 9, "见")],
)
def test_a_variable_is_cut(value: str, longest: int, shown: str) -> None:
    """Never longer than approved, never empty."""
    assert cut(value, longest) == shown


def test_without_a_template_nothing_is_sent() -> None:
    """A kind that nobody had approved has none."""
    templates = Templates("aliyun", {"urge": Template("SMS_1", "测试", "${unit}", {"unit": 10})})
    assert templates.fill("opened", {}) is None
