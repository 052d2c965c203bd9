"""The command line without a broker: help, versions, exit codes, and the commands that need nothing."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from streams.cli.terminal.root import app
from tests.support.commands import COMMANDS, STAYING


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECTIFY_DATA_DIR", str(tmp_path / "data"))


def rectify(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_an_example(path: tuple[str, ...]) -> None:
    """Help says what it does in Chinese and English, and shows one line to type; every option is explained."""
    command = COMMANDS[path]
    result = rectify(*path, "--help")

    assert result.exit_code == 0
    assert command.help
    texts = [*command.help.split("\n\n"), *(parameter.help for parameter in command.params)]
    for text in texts:
        assert any("一" <= sign <= "鿿" for sign in text), f"no Chinese: {text}"
        assert re.search("[a-z]{3}", text), f"no English: {text}"
    assert "<bool>" not in result.output
    assert f"rectify {' '.join(path)}" in (command.epilog or "")
    assert all(parameter.help for parameter in command.params if parameter.name != "help")


@pytest.mark.parametrize("path", sorted(COMMANDS.keys() - STAYING), ids=" ".join)
def test_every_command_that_prints_data_prints_json(path: tuple[str, ...]) -> None:
    """`--json` is everywhere."""
    assert "--json" in [option for parameter in COMMANDS[path].params for option in parameter.opts]


def test_the_commands_are_those_of_the_contract() -> None:
    """Nothing is missing that the contract names; there may be more."""
    named = (
        "demo|up|worker|broker|topics create|topics list|registry import|registry list|policy check|policy show|"
        "policy list|policy diff|policy explain|"
        "publish|suspicion list|ticket list|ticket show|ticket why|"
        "ticket ack|ticket claim|ticket approve|ticket send-back|ticket reassign|"
        "ticket extend|ticket dismiss|ticket waive|ticket reopen|ticket close|run list|run accept|run reject|watch|"
        "dead-letters list|dead-letters replay|calendar import|calendar show|db upgrade|db check|schemas export|config"
    )

    assert {tuple(name.split()) for name in named.split("|")} <= COMMANDS.keys()


def test_version() -> None:
    """`--version` prints name and number."""
    result = rectify("--version")

    assert result.exit_code == 0
    assert result.stdout.startswith("rectify 0.")


@pytest.mark.parametrize(
    "words",
    [
        ("tickets",),
        ("publish",),
        ("ticket", "list", "--status", "lost"),
        ("ticket", "list", "--overdue", "--near-due"),
        ("ticket", "dismiss", "ZG1"),
        ("ticket", "claim", "ZG1", "--measures", "x", "--evidence", "x"),
        ("dead-letters", "replay"),
        ("topics", "create", "--partitions", "0"),
        ("calendar", "show", "0"),
        ("publish", "x.sarif"),
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2(words: tuple[str, ...]) -> None:
    """What cannot be meant so is wrong use."""
    database = rectify("db", "upgrade")
    result = rectify(*words)

    assert (database.exit_code, result.exit_code) == (0, 2), result.output


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (("topics", "list"), {}, "RECTIFY_BROKER"),
        (("topics", "list"), {"RECTIFY_BROKER": "kafka://127.0.0.1:1"}, "127.0.0.1:1"),
        (("topics", "list"), {"RECTIFY_BROKER": "127.0.0.1"}, "kafka://"),
        (("ticket", "list"), {}, "rectify db upgrade"),
        (("db", "check"), {}, "rectify db upgrade"),
        (("policy", "check", "none.yaml"), {}, "none.yaml"),
        (("calendar", "import", "none.json"), {}, "none.json"),
        (("registry", "import", "none.yaml", "--dry-run"), {}, "none.yaml"),
        (("publish", "none.jsonl", "--dry-run"), {}, "none.jsonl"),
        (("calendar", "show"), {"RECTIFY_CLOCK": "start=2023-02-24T09:00:00+08:00,rate=10"}, "at"),
    ],
    ids=str,
)
def test_what_was_to_be_expected_is_one_sentence(
    words: tuple[str, ...], variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback: exit code 1, nothing on the standard output, and a sentence that helps."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    result = rectify(*words)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_policy_with_faults_names_each_with_its_line(tmp_path: Path) -> None:
    """Every fault has file, line and path."""
    (tmp_path / "p.yaml").write_text(
        "extends: default\npack: own\nversion: 1\ntitle: x\nchecks:\n  link.dead: {severity: bad}\n"
    )

    result = rectify("policy", "check", "p.yaml")

    assert result.exit_code == 1
    assert "p.yaml:6: checks.link.dead.severity" in result.stderr


def test_policy_show_has_names_deadlines_and_sources() -> None:
    """The catalogue as an official reads it, and as a program does."""
    shown = rectify("policy", "show", "--check", "message.zhaocuo")
    (check,) = json.loads(rectify("policy", "show", "--check", "message.zhaocuo", "--json").stdout)["checks"]

    assert "找错" in shown.stdout
    assert "3个工作日" in shown.stdout
    assert "规定" in shown.stdout
    assert check["deadline"]["amount"] == 3


def test_policy_show_is_readable_on_120_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is longer, none is cut; the catalogue has a line or two for each check, then ladder, limits, counts."""
    monkeypatch.setenv("COLUMNS", "120")
    lines = rectify("policy", "show").stdout.splitlines()
    wide = [line for line in lines if sum(2 if ord(sign) > 0x2E80 else 1 for sign in line) > 120]

    assert wide == []
    assert not [line for line in lines if "…" in line]
    assert len([line for line in lines if line.startswith("link.")]) == 4
    for said in (
        "逾期单项否决",
        "扣1分至多5",
        "预警线10天",
        "target",
        "单",
        "累计得出的单项否决",
        "阶梯 Ladder",
        "限额 Limits",
    ):
        assert any(said in line for line in lines), said


def test_policy_show_has_all_of_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value with basis and place; also of a built-in pack by its name."""
    monkeypatch.delenv("COLUMNS", raising=False)
    shown = rectify("policy", "show", "wuxi", "--check", "link.dead").stdout
    found = json.loads(rectify("policy", "show", "wuxi", "--json").stdout)

    assert "无锡市2023年第一季度通报" in shown
    assert "wuxi.yaml:" in shown
    assert "default.yaml:" in shown
    assert "首页=是" in shown
    assert found["chain"] == ["default@1", "wuxi@1"]
    assert found["limits"]["relapse"]["days"] == 7
    assert {"working_hours", "default_check", "derived", "ladder", "limits", "sending", "source"} <= found.keys()


def test_policy_list_and_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in packs, and one of them in force by its name."""
    listed = json.loads(rectify("policy", "list", "--json").stdout)
    assert [pack["pack"] for pack in listed] == ["default", "nhc", "sasac", "shanghai", "wuxi", "xianning", "zhejiang"]
    assert "咸宁市规则包" in rectify("policy", "list").stdout
    monkeypatch.setenv("RECTIFY_POLICY", "xianning")
    assert json.loads(rectify("policy", "check", "--json").stdout)["chain"] == ["default@1", "xianning@1"]


def test_config_checks_the_channels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Templates, where reports go, robots; what a file names and is not there is said with its line."""
    templates, groups, hooks = tmp_path / "sms.yaml", tmp_path / "chat.yaml", tmp_path / "webhooks.yaml"
    hooks.write_text("szfb: {unit: szfb, url: 'https://oa.example/in', secret: 'env:SZFB'}\n", "utf-8")
    monkeypatch.setenv("SZFB", "sesame-4" * 4)
    templates.write_text(
        "aliyun:\n  sign: 测试\n  templates:\n    any: {id: SMS_1, text: '${unit}有件', variables: {unit: 9}}\n",
        "utf-8",
    )
    groups.write_text("督办群: {robot: dingtalk, url: 'env:CHAT_URL', per_minute: 5}\n", "utf-8")
    values = {"SMS_PROVIDER": "aliyun", "SMS_ALIYUN_KEY_ID": "k", "SMS_ALIYUN_KEY_SECRET": "sesame-1"}
    values |= {"SMS_TEMPLATES": str(templates), "CHAT_GROUPS": str(groups), "SMS_CALLBACK_SECRET": "sesame-2" * 4}
    values |= {"WEBHOOKS": str(hooks)}
    for name, value in values.items():
        monkeypatch.setenv(f"RECTIFY_{name}", value)
    failed = rectify("config", "--check")
    assert failed.exit_code == 1
    assert "chat.yaml:1: 督办群.url: nothing is kept in env:CHAT_URL" in failed.stderr
    monkeypatch.setenv("CHAT_URL", "https://oapi.dingtalk.com/robot/send?access_token=sesame-3")
    found = {row["subject"]: row["found"] for row in json.loads(rectify("config", "--check", "--json").stdout)}
    assert found["模板 any"] == "SMS_1 【测试】 ${unit}有件 (unit≤9)"
    assert found["状态报告 reports"] == "http://127.0.0.1:8080/receipts/aliyun/********"
    assert found["推送 szfb"] == "szfb, 公网 public"
    assert found["群 督办群"] == "dingtalk, 未加签 not signed, 5/min"
    assert "sesame" not in rectify("config", "--check").stdout + failed.stderr


def test_config_hides_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's password is not shown, in neither form."""
    monkeypatch.setenv("RECTIFY_DATABASE_URL", "postgresql://rectify:sesame@db/rectify")

    assert "sesame" not in rectify("config").stdout
    assert json.loads(rectify("config", "--json").stdout)["RECTIFY_DATABASE_URL"].startswith("postgresql://rectify:*")


def test_a_misspelt_setting_is_named_by_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not read, so the command may look at another database than was meant; what Kubernetes sets is no news."""
    monkeypatch.setenv("RECTIFY_DATABSE_URL", "sqlite:///elsewhere.db")
    monkeypatch.setenv("RECTIFY_SERVICE_HOST", "10.96.0.7")
    for words in (("ticket", "list"), ("config",), ("calendar", "show")):
        said = rectify(*words).stderr.strip().splitlines()
        assert said[-1] == "RECTIFY_DATABSE_URL 不是设置 · is not a setting; did you mean RECTIFY_DATABASE_URL?"
        assert "SERVICE_HOST" not in str(said)
    rows = json.loads(rectify("config", "--check", "--json").stdout)
    assert [row["found"].split()[0] for row in rows[:2]] == ["RECTIFY_DATABSE_URL", "RECTIFY_SERVICE_HOST"]
    lines = json.loads(rectify("doctor", "--json").stdout)["lines"]
    assert [line["level"] for line in lines if line["what"] == "variable"] == ["warning", "ok"]


def test_the_database_is_made_found_and_copied(tmp_path: Path) -> None:
    """Each is said; a copy that is there already is about the file, and not about the database."""
    said = [rectify("db", "upgrade").stdout for _ in range(2)]
    assert "数据库已建立" in said[0]
    assert "已是最新版本 · up to date" in said[1]
    copy = tmp_path / "copy.db"
    assert rectify("db", "backup", str(copy)).exit_code == 0
    again = rectify("db", "backup", str(copy))
    assert again.exit_code == 1
    assert again.stderr.strip() == f"备份文件已存在，不会覆盖，请换个名字 · is there already and stays as it is: {copy}"


def test_publish_checks_every_line(tmp_path: Path) -> None:
    """Refused lines are named with field and reason; the good ones count; the exit code is 1."""
    good = {"asset_id": "www", "check": "link.dead", "observed_at": "2026-02-13T16:00:00+08:00"}
    lines = [
        json.dumps(good),
        "{",
        json.dumps({**good, "observed_at": "2026-02-13T16:00:00"}),
        json.dumps({"type": "run"}),
    ]
    (tmp_path / "f.jsonl").write_text("\n".join(lines))

    result = rectify("publish", "f.jsonl", "--dry-run")
    document = json.loads(rectify("publish", "f.jsonl", "--dry-run", "--json").stdout)

    assert result.exit_code == 1
    assert "line 3 refused: observed_at" in result.stderr
    assert document["checked"] == 1
    assert [(line["line"], line["code"]) for line in document["refused"]] == [
        (2, "invalid_json"),
        (3, "invalid_field"),
        (4, "missing_field"),
    ]


def test_publish_reads_csv_in_the_given_encoding(tmp_path: Path) -> None:
    """A table from a Chinese spreadsheet: the wrong encoding is said, the right one works."""
    text = "asset_id,check,observed_at,title\nwww,link.dead,2026-02-13T16:00:00+08:00,死链\n"
    (tmp_path / "f.csv").write_bytes(text.encode("gb18030"))

    wrong = rectify("publish", "f.csv", "--dry-run")

    assert wrong.exit_code == 1
    assert "--encoding gb18030" in wrong.stderr
    assert rectify("publish", "f.csv", "--dry-run", "--encoding", "gb18030").exit_code == 0
    assert rectify("publish", "f.csv", "--dry-run", "--encoding", "nonsense").exit_code == 2


def test_calendar_show_tells_holidays_and_make_up_days() -> None:
    """Spring festival 2026 with its working Saturdays; a year that nobody has published is guessed."""
    shown = rectify("calendar", "show", "2026").stdout
    document = json.loads(rectify("calendar", "show", "2026", "--json").stdout)
    unknown = rectify("calendar", "show", "2031")

    assert "2026-02-15（周日） 至 2026-02-23（周一）" in shown
    assert "2026-02-28（周六）" in shown
    assert {"date": "2026-02-14", "off": False} in document["days"]
    assert "未公布" in unknown.stdout


def test_publish_tells_what_a_sarif_log_left_out_and_what_its_run_was(tmp_path: Path) -> None:
    """Reasons with their counts, places counted with a problem, the run; a bad result is named by its path."""
    result = {"ruleId": "a.b", "message": {"text": "x"}, "fingerprints": {"f": "1"}}
    quiet = [{**result, "kind": "pass"}, {**result, "suppressions": [{"kind": "external"}]}]
    run = {
        "tool": {"driver": {"name": "t"}},
        "results": [result, result, *quiet, 7],
        "invocations": [{"executionSuccessful": False}],
    }
    (tmp_path / "x.sarif").write_text(json.dumps({"version": "2.1.0", "runs": [run]}))

    told = rectify("publish", "x.sarif", "--asset", "www", "--dry-run")
    document = json.loads(rectify("publish", "x.sarif", "--asset", "www", "--dry-run", "--json").stdout)

    assert told.exit_code == 1
    assert "runs[0].results[4] 未发送 · runs[0].results[4] refused" in told.stderr
    assert "不作为检出 · left out: 通过 · pass 1，已抑制 · suppressed 1" in told.stdout
    assert "counted with it: 1" in told.stdout
    assert "巡检 · runs[0]: failed" in told.stdout
    assert document["left_out"] == {"pass": 1, "suppressed": 1}
    assert (document["checked"], document["repeated"]) == (2, 1)
    assert document["refused"][0]["place"] == "runs[0].results[4]"


YEAR_2031 = {
    "year": 2031,
    "source": "测试",
    "days": [
        {"date": f"2031-{day}", "off": True, "name": name}
        for name, days in {
            "元旦": ["01-01"],
            "春节": [f"01-{day:02}" for day in range(21, 29)],
            "五一": ["05-01"],
        }.items()
        for day in days
    ],
}


def test_calendar_import_shows_the_difference(tmp_path: Path) -> None:
    """Only days that change are listed, with what they become, and what the law adds to a file that is not whole."""
    (tmp_path / "2031.json").write_text(json.dumps(YEAR_2031))

    result = rectify("calendar", "import", "2031.json", "--dry-run")
    document = json.loads(rectify("calendar", "import", "2031.json", "--dry-run", "--json").stdout)

    assert result.exit_code == 0
    assert "2031-01-21（周二）  上班 → 放假" in result.stdout
    assert (
        "依法补为放假 · not in the file, off by law: 2031-05-02 劳动节、2031-06-24 端午节、2031-10-01" in result.stdout
    )
    assert "没有调休上班日" in result.stdout
    assert document["published"] is False
    assert len(document["changes"]) == 13
    assert document["added"][0] == {"date": "2031-05-02", "name": "劳动节"}


def test_calendar_import_asks_before_it_publishes(tmp_path: Path) -> None:
    """Where nobody can be asked it wants --yes; nothing is sent."""
    (tmp_path / "2031.json").write_text(json.dumps(YEAR_2031))

    for options in ((), ("--json",)):
        result = rectify("calendar", "import", "2031.json", *options)
        assert result.exit_code == 1
        assert "say --yes" in result.stderr


def test_calendar_import_tells_what_it_has_passed_over_and_what_contradicts(tmp_path: Path) -> None:
    """Festivals beside marked days; a year that the law does not know."""
    event = "BEGIN:VEVENT\nDTSTART:{}\nDTEND:{}\nSUMMARY:{}\nEND:VEVENT\n"
    days = (
        ("20310101", "20310102", "元旦（休）"),
        ("20310121", "20310130", "春节（休）"),
        ("20310312", "20310313", "植树节"),
    )
    text = "".join(event.format(*one) for one in days)
    (tmp_path / "2031.ics").write_text(f"BEGIN:VCALENDAR\n{text}END:VCALENDAR\n")
    (tmp_path / "2026.ics").write_text(f"BEGIN:VCALENDAR\n{text.replace('2031', '2026')}END:VCALENDAR\n")

    told = rectify("calendar", "import", "2031.ics", "--year", "2031", "--dry-run")
    wrong = rectify("calendar", "import", "2026.ics", "--dry-run")

    assert "不计 · say neither day off nor working day, not counted: 植树节" in told.stdout
    assert wrong.exit_code == 1
    assert "法定节假日不能是工作日" in wrong.stderr
    assert "2026-02-16 春节" in wrong.stderr
    assert "2026-10-01 国庆节" in wrong.stderr


def test_registry_import_checks_before_anything_is_sent(tmp_path: Path) -> None:
    """A dry run counts the records; a fault names its line."""
    (tmp_path / "ok.yaml").write_text(
        "units:\n- {unit_id: kjj, name: 科技局}\nassets:\n- {asset_id: w, name: 网, kind: website}\n"
    )
    (tmp_path / "bad.yaml").write_text("units:\n- {unit_id: kjj}\n")

    assert json.loads(rectify("registry", "import", "ok.yaml", "--dry-run", "--json").stdout)["records"] == {
        "unit": 1,
        "asset": 1,
    }
    bad = rectify("registry", "import", "bad.yaml", "--dry-run")
    assert bad.exit_code == 1
    assert "line 2" in bad.stderr


def test_schemas_export_writes_the_contract(tmp_path: Path) -> None:
    """All files that the contract names are there."""
    result = rectify("schemas", "export", "out", "--json")

    assert {"finding.json", "ticket.json", "asyncapi.yaml"} <= set(json.loads(result.stdout)["files"])
    assert (tmp_path / "out" / "finding.json").exists()


def test_db_upgrade_makes_the_database_that_check_accepts() -> None:
    """Before: exit 1; after: 0, and lists are empty."""
    assert rectify("db", "check").exit_code == 1
    assert rectify("db", "upgrade").exit_code == 0
    assert rectify("db", "check").exit_code == 0
    assert json.loads(rectify("ticket", "list", "--json").stdout) == []
    assert json.loads(rectify("run", "list", "--json").stdout) == []
    assert json.loads(rectify("registry", "list", "--kind", "unit", "--json").stdout) == []
    assert "ZG99" in rectify("ticket", "show", "ZG99").stderr
