"""No piece of a secret is ever shown: every setting that may hold one, every awkward character, every command."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from streams.cli.terminal.root import app
from streams.discretion import HIDDEN, forget, hide, hide_url, keep, report
from tests.support.command_line import CommandLine
from tests.support.commands import COMMANDS, STAYING, line

AWKWARD: Final = ":/#?@%&=+[]\\ '\"$!;,<>{}|^`~*()_-."
FRAGMENT: Final = 4  # characters
HEAD, TAIL = "Zq7x", "Vy9kWj4pXu8m"
LONG = f"{HEAD}{AWKWARD}{TAIL}" * 2  # everything at once, and 32 characters or more
NOWHERE = "127.0.0.1:1"
TELLING: Final = (("config",), ("doctor",), ("db", "check"), ("ticket", "list"), ("topics", "list"))
TEMPLATES: Final = """\
aliyun: {sign: 测试, templates: {any: {id: SMS_1, text: "有${count}件整改单。", variables: {count: 5}}}}
tencent: {sign: 测试, templates: {any: {id: 1110, text: "有{1}件整改单。", variables: {count: 5}}}}
"""


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("RECTIFY_") or name == "COLUMNS"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECTIFY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RECTIFY_BROKER", f"kafka://{NOWHERE}")
    monkeypatch.setenv("RECTIFY_WEB_PORT", "0")
    (tmp_path / "file").write_text("x\n")
    (tmp_path / "sms.yaml").write_text(TEMPLATES, "utf-8")
    yield
    forget()


def fragments(*secrets: str) -> set[str]:
    """Whatever four characters stand side by side in it."""
    return {secret[at : at + FRAGMENT] for secret in secrets for at in range(len(secret) - FRAGMENT + 1)}


def said_by(
    commands: Iterable[tuple[str, ...]], place: Path, monkeypatch: pytest.MonkeyPatch, given: Mapping[str, str]
) -> str:
    """What commands print under these settings."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    said = []
    for path in commands:
        for more in ([], ["--check"]) if path == ("config",) else ([],):
            result = CliRunner().invoke(app, [*line(path, place / "file"), *more])
            said.append(f"{' '.join(path)}: {result.output}{result.stderr}{result.exception!r}")
            assert result.exception is None or isinstance(result.exception, SystemExit), said[-1]
    return "\n".join(said)


def shown(said: str, secret: str) -> list[str]:
    """The lines that have a piece of it."""
    pieces = fragments(secret.replace(AWKWARD, "\n")) if AWKWARD in secret else fragments(secret)
    return [line for line in said.splitlines() if any(piece in line for piece in pieces)]


@pytest.mark.parametrize("sign", ["", *":/#?@%&=+[]\\ '\""])
@pytest.mark.parametrize(
    "url", ["postgresql://rectify:{}@127.0.0.1:1/rectify", "smtp://rectify:{}@127.0.0.1:1"], ids=["database", "mail"]
)
def test_a_password_in_a_url(url: str, sign: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With any character, quoted as it should be or not: refused or used, but not shown."""
    name = "RECTIFY_SMTP_URL" if url.startswith("smtp") else "RECTIFY_DATABASE_URL"
    for password in (f"{HEAD}{sign}{TAIL}", f"1234{sign}{TAIL}"):  # one looks like a port
        for written in dict.fromkeys((password, quote(password, safe=""))):
            said = said_by(TELLING, tmp_path, monkeypatch, {name: url.format(written)})
            assert not shown(said, TAIL), written
            assert not shown(said, HEAD), written


@pytest.mark.parametrize(("password", "quoted"), [(f"12:{HEAD}/{TAIL}", False), (LONG, True)], ids=["raw", "quoted"])
def test_in_every_command(password: str, *, quoted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that need no database, no mail and no Kafka as well."""
    written = quote(password, safe="") if quoted else password
    given = {
        "RECTIFY_DATABASE_URL": f"postgresql://rectify:{written}@{NOWHERE}/rectify",
        "RECTIFY_SMTP_URL": f"smtp://rectify:{written}@{NOWHERE}",
        **PLACES["Kafka's password"],
        **PLACES["Aliyun"],
        **PLACES["the command key"],
        **PLACES["proxies"],
    }
    said = said_by(sorted(COMMANDS.keys() - STAYING), tmp_path, monkeypatch, given)
    assert not shown(said, TAIL)
    assert not shown(said, HEAD)


@pytest.mark.parametrize("sign", ["/", "?", "#", "[", "]"])
def test_what_to_do_about_it(sign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be read says which characters are to be quoted."""
    for name, scheme in (("DATABASE_URL", "postgresql"), ("SMTP_URL", "smtp")):
        with monkeypatch.context() as world:
            world.setenv(f"RECTIFY_{name}", f"{scheme}://rectify:12{sign}{TAIL}@127.0.0.1:1/x")
            result = CliRunner().invoke(app, ["ticket", "list"])
        assert result.exit_code == 1
        assert f"RECTIFY_{name}: 用户名和密码中的特殊字符要转义 · quote special characters" in result.stderr


PLACES: Final[dict[str, dict[str, str]]] = {
    "Kafka's password": {
        "RECTIFY_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "RECTIFY_KAFKA_SASL_USERNAME": "me",
        "RECTIFY_KAFKA_SASL_PASSWORD": LONG,
    },
    "Kannel": {
        "RECTIFY_SMS_PROVIDER": "kannel", "RECTIFY_SMS_KANNEL_URL": f"http://{NOWHERE}/",
        "RECTIFY_SMS_KANNEL_PASSWORD": LONG,
    },
    "Kannel's URL": {"RECTIFY_SMS_PROVIDER": "kannel", "RECTIFY_SMS_KANNEL_URL": f"http://me:{TAIL}@{NOWHERE}/s"},
    "a token in a URL": {"RECTIFY_SMS_PROVIDER": "kannel", "RECTIFY_SMS_KANNEL_URL": f"http://{TAIL}@{NOWHERE}/s"},
    "a password in a query": {
        "RECTIFY_SMS_PROVIDER": "kannel", "RECTIFY_SMS_KANNEL_URL": f"http://{NOWHERE}/s?username=x&password={TAIL}",
    },
    "the public URL": {"RECTIFY_PUBLIC_URL": f"https://me:{HEAD}/{TAIL}@r.gov.cn"},
    "the public URL, blank": {"RECTIFY_PUBLIC_URL": f"https://me:{HEAD} {TAIL}@r.gov.cn"},
    "Aliyun": {
        "RECTIFY_SMS_PROVIDER": "aliyun", "RECTIFY_SMS_ALIYUN_KEY_ID": "id", "RECTIFY_SMS_ALIYUN_KEY_SECRET": LONG,
        "RECTIFY_SMS_ALIYUN_URL": f"http://{NOWHERE}", "RECTIFY_SMS_TEMPLATES": "sms.yaml",
        "RECTIFY_SMS_CALLBACK_SECRET": LONG,
    },
    "Tencent": {
        "RECTIFY_SMS_PROVIDER": "tencent", "RECTIFY_SMS_TENCENT_SECRET_ID": "id",
        "RECTIFY_SMS_TENCENT_SECRET_KEY": LONG, "RECTIFY_SMS_TENCENT_APP_ID": "1400",
        "RECTIFY_SMS_TENCENT_URL": f"http://{NOWHERE}", "RECTIFY_SMS_TEMPLATES": "sms.yaml",
    },
    "YunMAS": {
        "RECTIFY_SMS_PROVIDER": "yunmas", "RECTIFY_SMS_YUNMAS_URL": f"http://{NOWHERE}/",
        "RECTIFY_SMS_YUNMAS_CUSTOMER": "c", "RECTIFY_SMS_YUNMAS_ACCOUNT": "a", "RECTIFY_SMS_YUNMAS_PASSWORD": LONG,
        "RECTIFY_SMS_YUNMAS_SIGN": "s",
    },
    "short secrets of receipts": {"RECTIFY_SMS_CALLBACK_SECRET": TAIL, "RECTIFY_SMTP_BOUNCE_SECRET": TAIL},
    "secrets of receipts": {"RECTIFY_SMS_CALLBACK_SECRET": LONG, "RECTIFY_SMTP_BOUNCE_SECRET": LONG},
    "the command key": {"RECTIFY_COMMAND_KEY": f"office:{LONG}"},
    "the command key without its id": {"RECTIFY_COMMAND_KEY": LONG.replace(":", "")},
    "the broker's address": {"RECTIFY_BROKER": f"kafka://me:{TAIL}@{NOWHERE}"},
    "the broker's address, /": {"RECTIFY_BROKER": f"kafka://me:{HEAD}/{TAIL}@{NOWHERE},b:2"},
    "the broker's address as others write it": {"RECTIFY_BROKER": f"me:{HEAD}#{TAIL}@{NOWHERE}"},
    "another scheme": {"RECTIFY_BROKER": f"amqp://me:{TAIL}@{NOWHERE}"},
    "the database's URL without its scheme": {"RECTIFY_DATABASE_URL": f"rectify:{HEAD}#{TAIL}@{NOWHERE}/rectify"},
    "another database": {"RECTIFY_DATABASE_URL": f"mysql://rectify:{HEAD}#{TAIL}@{NOWHERE}/rectify"},
    "the password as an option": {
        "RECTIFY_DATABASE_URL": f"postgresql://{NOWHERE}/rectify?user=rectify&password={TAIL}",
    },
    "an option that is none": {"RECTIFY_SMTP_URL": f"smtp://{NOWHERE}?{TAIL}=1"},
    "the value in the variable for its file": {"RECTIFY_SMTP_URL_FILE": f"smtp://me:{TAIL}@mail"},
    "the password in the variable for its file": {"RECTIFY_KAFKA_SASL_PASSWORD_FILE": f"{HEAD}/{TAIL}"},
    "proxies": {"HTTPS_PROXY": f"http://me:{HEAD}%{TAIL}@{NOWHERE}", "http_proxy": f"http://me:{HEAD}#{TAIL}@{NOWHERE}"},
    "PostgreSQL's own variable": {"PGPASSWORD": LONG, "RECTIFY_DATABASE_URL": f"postgresql://me@{NOWHERE}/rectify"},
}  # fmt: skip


@pytest.mark.parametrize("what", PLACES)
def test_every_other_place(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the setting is right, wrong, or meant for another one."""
    said = said_by(TELLING, tmp_path, monkeypatch, PLACES[what])
    assert not shown(said, TAIL)
    assert not shown(said, HEAD)


@pytest.mark.parametrize("how", ["a file of its own", "rectify.toml", "toml without quotes"])
def test_however_it_is_given(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets in files are secrets, also where the file cannot be read."""
    url = f"postgresql://rectify:{HEAD}#{TAIL}@{NOWHERE}/rectify"
    given = {}
    if how == "a file of its own":
        (tmp_path / "db").write_text(f"{url}\n")
        given = {"RECTIFY_DATABASE_URL_FILE": str(tmp_path / "db")}
    else:
        mark = '"' if how == "rectify.toml" else ""
        (tmp_path / "rectify.toml").write_text(f"database_url = {mark}{url}{mark}\n")
    said = said_by(TELLING, tmp_path, monkeypatch, given)
    assert not shown(said, TAIL)
    assert not shown(said, HEAD)


@pytest.mark.parametrize("kept", ["env:ROBOT", "file:robot", "env:{}", "file:{}", "{}", "file:./{}"])
def test_robots_in_groups(kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept elsewhere as it should be, or written into the file, or in the place of its place."""
    key = f"{HEAD}-{TAIL}-{HEAD}"
    webhook = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}"
    monkeypatch.setenv("ROBOT", f"{webhook} not a URL {key}")
    (tmp_path / "robot").write_text(webhook)
    (tmp_path / "chat.yaml").write_text(f'督办群: {{robot: wecom, url: "{kept.format(webhook)}"}}\n', "utf-8")
    said = said_by(TELLING, tmp_path, monkeypatch, {"RECTIFY_CHAT_GROUPS": str(tmp_path / "chat.yaml")})
    assert not shown(said, TAIL)


async def test_a_worker_and_its_log(tmp_path: Path) -> None:
    """The commands that stay, with a database and a broker that are away, and with secrets that cannot be read."""
    (tmp_path / "sms.yaml").write_text(TEMPLATES, "utf-8")
    (tmp_path / "keys.yaml").write_text("office: {role: supervisor, secret: 'env:OFFICE'}\n", "utf-8")
    own = {name.removeprefix("RECTIFY_"): value for what in ("Kafka's password", "Aliyun") for name, value in PLACES[what].items()}  # noqa: E501  # fmt: skip
    well = CommandLine(
        tmp_path, **own, BROKER=NOWHERE, DATA_DIR=str(tmp_path), LOG_LEVEL="DEBUG", LOG_FORMAT="json", WEB_PORT="0",
        SMTP_URL=f"smtp://me:{quote(LONG, safe='')}@{NOWHERE}",
    )  # fmt: skip
    wrong = [
        well.with_settings(DATABASE_URL=f"postgresql://me:{HEAD}:{TAIL}/x@{NOWHERE}/rectify"),
        well.with_settings(SMTP_URL=f"smtp://me:{HEAD}#{TAIL}@{NOWHERE}"),
        well.with_settings(BROKER=f"me:{HEAD}/{TAIL}@{NOWHERE}"),
    ]
    keyless = well.with_settings(COMMAND_KEYS=str(tmp_path / "keys.yaml"))  # what is read once its log is set up
    words = ("worker", "up")
    ended = [await command.run(word) for command in wrong for word in words]
    ended += await asyncio.gather(*(keyless.apart(word) for word in words))
    assert [one.code for one in ended] == [1] * len(ended)
    said = [one.out + one.err for one in ended]
    assert "Traceback" not in "".join(said)
    waiting = await well.with_settings(DATABASE_URL=f"postgresql://me:{TAIL}@{NOWHERE}/rectify").start("worker")
    assert waiting.stderr is not None
    async with asyncio.timeout(60):
        async for line in waiting.stderr:
            said.append(line.decode())
            if b"database_unavailable" in line:
                break
    with suppress(ProcessLookupError):  # it gives the broker up after a while
        waiting.kill()
    await waiting.wait()
    assert not shown("\n".join(said), TAIL)
    assert not shown("\n".join(said), HEAD)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("postgresql://u:p@ss/w:rd@db:5432/r and more", f"postgresql://u:{HIDDEN}@db:5432/r and more"),
        ("lost kafka://u:pw@b:1,b:2", f"lost kafka://u:{HIDDEN}@b:1,b:2"),
        ("smtp://zw@city.gov.cn:pw@smtp.city.gov.cn:25", f"smtp://zw@city.gov.cn:{HIDDEN}@smtp.city.gov.cn:25"),
        ("asked https://token@host/p", f"asked https://{HIDDEN}@host/p"),
        ("asked https://host/send?key=abc&to=x", f"asked https://host/send?key={HIDDEN}&to=x"),
        ("postgresql://u@db/r", "postgresql://u@db/r"),
        ("no url", "no url"),
        ("http://host:80/p", "http://host:80/p"),
        ("sqlite:////data/rectify.db", "sqlite:////data/rectify.db"),
        ("see https://a.cn/x, or write to li@b.cn", "see https://a.cn/x, or write to li@b.cn"),
    ],
)
def test_hidden_by_its_look(text: str, said: str) -> None:
    """Nothing need be known of it."""
    assert hide(text) == said


def test_a_fault_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """Its traceback is for the maintainers, and what a library has cut out of a password is not."""
    keep(f"postgresql://u:{HEAD}/{TAIL}@db/r")
    try:
        int(TAIL)
    except ValueError as error:
        report(error)
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert f"invalid literal for int() with base 10: '{HIDDEN}'" in said


def test_hidden_by_its_value() -> None:
    """Whole and in pieces; what is a word of everybody's stays, for hiding it would tell that it is the password."""
    keep("postgresql://rectify:Tops/Secret77#x@db/rectify", "hunter22", "City@2024", "rectify")
    assert hide("int() with base 10: 'Secret77'") == f"int() with base 10: '{HIDDEN}'"
    assert hide("the word is hunter22, of 2024") == f"the word is {HIDDEN}, of 2024"
    assert hide("run rectify on db") == "run rectify on db"
    assert hide_url("postgresql://u:a b@db/r") == f"postgresql://u:{HIDDEN}@db/r"
    forget()
    assert hide("hunter22") == "hunter22"
