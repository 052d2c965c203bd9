"""`rectify account`: made, listed, given a password, disabled; a link for this machine."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.command_line import CommandLine


async def test_an_account_from_its_making_to_its_end(tmp_path: Path) -> None:
    """What is wrong is said in a sentence; links are whole, and a password is never printed."""
    rectify = CommandLine(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path / 'rectify.db'}", DATA_DIR=str(tmp_path))
    await rectify.run("db", "upgrade")
    made = await rectify.run("account", "add", "王敏", "--role", "supervisor", "--json")
    assert made.code == 0, made.err
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/login\?token=[\w-]{43}", made.json["link"])
    for words, said in (
        (("add", "王敏", "--role", "reader"), "已存在"),
        (("add", "x", "--role", "reader", "--unit", "gone"), "没有单位"),
        (("add", " ", "--role", "reader"), "1 至 64 个可见字符"),
        (("disable", "nobody"), "没有账号"),
    ):
        refused = await rectify.run("account", *words)
        assert (refused.code, said in refused.err) == (1, True), refused.err
    short = await rectify.run("account", "password", "王敏", "--password-stdin", given=b"short\n")
    assert (short.code, "密码至少12位" in short.err) == (1, True)
    given = await rectify.run(
        "account", "password", "王敏", "--password-stdin", given="很长的密码 for a test\n".encode()
    )
    assert (given.code, "很长的密码" in given.out) == (0, False)
    assert re.search(
        r"http://127\.0\.0\.1:8000/login\?token=[\w-]{43}", (await rectify.run("account", "login-link")).out
    )
    assert (await rectify.run("account", "disable", "王敏")).code == 0
    assert (await rectify.run("account", "password", "王敏")).code == 1
    listed = (await rectify.run("account", "list", "--json")).json
    assert [(one["name"], one["role"], one["password"], one["disabled_at"] is None) for one in listed] == [
        ("admin", "admin", False, True),
        ("王敏", "supervisor", True, False),
    ]
