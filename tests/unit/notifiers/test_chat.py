"""Robots in chat groups: what they say, how fast, and that nobody else speaks through them (rules N-46, N-47)."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifiers.chat.dingtalk import Dingtalk
from notifiers.chat.feishu import Feishu
from notifiers.chat.markdown import markdown, plain
from notifiers.chat.robot import Robot
from notifiers.chat.wecom import BYTES, Wecom
from notifiers.protocol import Chat, Recipient
from streams.clock import system_time
from streams.files.chat_groups import check_groups, load_robots
from streams.files.faults import FileError
from streams.presentation.letters.card import ROWS, card
from streams.presentation.letters.letter import Letter, LetterItem
from tests.support.clouds import DingtalkChannel

GROUP = Recipient("督办群", "督办群", "group")
AT = datetime(2026, 3, 2, 1, 2, 3, 456_000, tzinfo=UTC)
GROUPS = """\
督办群:
  robot: dingtalk
  url: env:CHAT_URL
  secret: file:{folder}/secret
  per_minute: 10
通报群: {{robot: wecom, url: "env:CHAT_URL"}}
"""


def chat(*lines: str) -> Chat:
    """A message with these lines."""
    return Chat("n-1", GROUP, "【整改闭环】督办", lines)


def letter(number: int, kind: str = "supervise", name: str = "科技局网站") -> Letter:
    """So many tickets of a kind."""
    items = tuple(
        LetterItem(
            kind,  # type: ignore[arg-type]
            {"ticket_id": f"ZG20260227-{n:012}", "due_at": "2026-02-27T23:59:00+08:00", "status": "open"},
            {"name": name, "kind": "website"},
            {"name": "市科技局"},
            "栏目空白",
            -2,
        )
        for n in range(number)
    )
    return Letter(GROUP, items, AT, ZoneInfo("Asia/Shanghai"))


def test_the_card_of_one_ticket() -> None:
    """Whose, what, until when, and the number."""
    assert card(letter(1)) == (
        "【整改闭环】督办",
        ("市科技局“科技局网站”栏目空白，时限2月27日（周五），已逾期2个工作日，整改单ZG20260227-000000000000",),
    )


def test_the_card_of_many() -> None:
    """Ten rows, and how many more there are."""
    title, lines = card(letter(ROWS + 3))
    assert title == "【整改闭环】督办：13件整改单"
    assert len(lines) == ROWS + 1
    assert lines[-1] == "其余3件从略"


@pytest.mark.parametrize(
    "hostile",
    [
        "<@all>",
        "[点这里](http://evil.example)",
        "**注意**",
        "`x`",
        "# 标题",
        "<font color='red'>",
        "a\n> 引用",
        "@13800000001",
    ],
)
def test_text_from_tickets_is_no_markup(hostile: str) -> None:
    """What a stranger wrote can neither call everybody nor link anywhere nor look like ours."""
    body = Wecom().posting(chat(hostile), "", AT).body["markdown"]
    assert isinstance(body, dict)
    assert not set("<>[]()`#@") & set(body["content"])
    assert body["content"].count("*") == 4
    assert body["content"].count("\n") == 2
    assert body["content"].startswith("**【整改闭环】督办**\n\n")


def test_markdown_is_cut_at_whole_lines() -> None:
    """WeCom counts bytes; what does not fit is left out, and it says so."""
    text = markdown("题", tuple(f"第{n}行" + "字" * 200 for n in range(20)), BYTES)
    assert len(text.encode()) <= BYTES
    assert text.endswith("字\n\n……")


def test_plain_keeps_what_is_harmless() -> None:
    """Quotes, dates and percent signs stay."""
    assert plain("“首页”5%，3月6日 17:30") == "“首页”5%，3月6日 17:30"


def test_signatures() -> None:
    """As the platforms' own documents compute them (made once with `openssl dgst -sha256 -hmac`)."""
    assert Dingtalk().posting(chat(), "SECabc", AT).query == (
        "timestamp=1772413323456&sign=0hauO3OCqbLdFGa%2F7RjAFbL7ApdM0HKyLBtDpXDyZYI%3D"
    )
    assert Feishu().posting(chat(), "SECabc", AT).body["sign"] == "Q8L0PoHb5QqibQ9zdjrjCW1V3Slx19HK7ahjRu5Npio="
    assert Dingtalk().posting(chat(), "", AT).query == ""
    assert "sign" not in Feishu().posting(chat(), "", AT).body


async def test_a_robot_keeps_its_rate() -> None:
    """Twenty a minute, and not one more: the platform would silence it for ten."""
    cloud = DingtalkChannel()
    await cloud.start()
    now = [0.0]
    robot = Robot(Dingtalk(), f"{cloud.url}/robot/send?key=k", "s3cret-word", system_time, clock=lambda: now[0])
    states = [(await robot.send(chat(str(number)))).code for number in range(22)]
    now[0] = 60.0
    states.append((await robot.send(chat("22"))).code)
    await robot.close()
    await cloud.stop()
    assert states == ["accepted"] * 20 + ["deferred:rate"] * 2 + ["accepted"]
    assert len(cloud.taken) == 21


def written(tmp_path: Path, text: str) -> Path:
    """A file of groups."""
    path = tmp_path / "chat.yaml"
    path.write_text(text.format(folder=tmp_path), encoding="utf-8")
    return path


async def test_secrets_come_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file says where a webhook is kept; without it the file is good, and the robot is not."""
    path = written(tmp_path, GROUPS)
    assert [(group.name, group.robot, group.per_minute) for group in check_groups(path)] == [
        ("督办群", "dingtalk", 10),
        ("通报群", "wecom", 20),
    ]
    monkeypatch.delenv("CHAT_URL", raising=False)
    with pytest.raises(FileError) as caught:
        load_robots(path, system_time)
    assert str(caught.value).splitlines() == [
        "chat.yaml:3: 督办群.url: nothing is kept in env:CHAT_URL",
        f"chat.yaml:4: 督办群.secret: nothing is kept in file:{tmp_path}/secret",
        "chat.yaml:6: 通报群.url: nothing is kept in env:CHAT_URL",
    ]
    monkeypatch.setenv("CHAT_URL", "https://oapi.dingtalk.com/robot/send?access_token=t0ken")
    (tmp_path / "secret").write_text("SECabc\n", encoding="utf-8")
    robots = load_robots(path, system_time)
    assert set(robots) == {"督办群", "通报群"}
    for robot in robots.values():
        await robot.close()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "env:CHAT_URL\n",
            "https://oapi.dingtalk.com/robot/send?access_token=t\n",
            "chat.yaml:3: 督办群.url: a webhook and",
        ),
        ("robot: dingtalk", "robot: slack", "chat.yaml:2: 督办群.robot: expected one of wecom, dingtalk, feishu"),
        ("per_minute: 10", "per_minute: 0", "chat.yaml:5: 督办群.per_minute: expected a number from 1 to 100"),
        ("per_minute: 10", "rate: 10", "chat.yaml:5: 督办群.rate: expected one of robot, url, secret, per_minute"),
    ],
)
def test_what_is_wrong_with_a_group_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """File, line and path; a webhook in the file is refused without repeating it."""
    with pytest.raises(FileError) as caught:
        check_groups(written(tmp_path, GROUPS.replace(old, new, 1)))
    assert str(caught.value).startswith(said)
    assert "access_token" not in str(caught.value)
