"""The rules in a browser: every value with its source, and what another pack would change; on both databases."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from streams.files.policy.loading import FOLDER, load_policy
from streams.presentation.policy.reading import read_policy
from tests.support.officials import Official, official
from tests.support.pages import Pages, pages_on

pytestmark = pytest.mark.on_sqlite("what comes before publishing: the database hardly shows, beyond the first test")
COUNTED = re.compile(r'<a href="([^"]+)" data-count="(\d+)"')
STRICTER = """
pack: trial
version: 1
title: 试行
checks:
  link.dead: {deadline: {amount: 1, unit: working_day, sure: O, basis: 试行办法}}
  text.typo: {deadline: {amount: 20, unit: working_day, sure: D, basis: 试行办法}}
"""


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages under the default pack."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


async def try_out(someone: Official, content: str | bytes, name: str = "试行.yaml") -> httpx.Response:
    """A file is chosen and sent."""
    found = re.findall(r'name="nonce" value="([^"]+)"', (await someone.get("/policy")).text)
    file = content.encode() if isinstance(content, str) else content
    return await someone.client.post(
        "/policy", data={"nonce": found[0]}, files={"file": (name, file, "application/yaml")}
    )


@pytest.mark.on_both
async def test_every_value_with_its_source(pages: Pages) -> None:
    """All that the pack says, its basis, how sure it is and where it stands; each count leads to its rows."""
    someone = await official(pages, "reader", "kjj")
    page = (await someone.get("/policy")).text
    values = list(read_policy(load_policy()))
    for words in (
        "简单常见问题5个工作日内答复（国办秘函〔2019〕19号）",
        "message.zhaocuo",
        "单项否决",
        "default.yaml:",
        "只看不改",
    ):
        assert words in page, words
    counts = COUNTED.findall(page)
    assert sum(int(many) for _, many in counts) == len(values)
    for address, many in counts:
        rows = await someone.client.get(f"http://pages.test/{address.removeprefix('./')}")
        assert f'data-total="{many}"' in rows.text, address
        assert rows.text.count("<tr data-row=") == int(many)
    assert "没有符合条件的规则" in (await someone.get("/policy", q="<script>", sure="x")).text
    assert "死链 link.dead" in (await someone.get("/policy", q="link.dead")).text
    assert 'type="file"' not in page
    file = await someone.get("/policy/policy.yaml")
    assert file.content == (FOLDER / "default.yaml").read_bytes()
    assert file.headers["content-disposition"].startswith("attachment")


async def test_another_pack_is_tried(pages: Pages) -> None:
    """How it differs, how many of one's own open tickets would be due otherwise; nothing is changed by it."""
    await pages.open_tickets("link.dead", "text.typo", "column.stale")
    before = dict(pages.desk.tickets())
    answer = await try_out(await official(pages, "registrar", "gov"), STRICTER)
    assert answer.status_code == 200, answer.text
    for words in (
        "trial@1 试行：与现行规则有 <b>2</b> 处不同",
        "在办整改单 3 张，按它重新计算，<b>2</b> 张的时限会不同（提前 1 张，推后 1 张）",
        "3个工作日（默认）",
        "1个工作日（规定）",
        "default@1 3 张",
    ):
        assert words in answer.text, words
    assert dict(pages.desk.tickets()) == before
    (address, many) = next(one for one in COUNTED.findall(answer.text) if "link.dead" in one[0])
    rows = await (await official(pages, "admin")).client.get(f"http://pages.test/{address.removeprefix('./')}")
    assert f'data-total="{many}"' in rows.text
    other = await try_out(await official(pages, "registrar", "jyj"), STRICTER)
    assert "在办整改单 0 张" in other.text


async def test_a_file_that_is_tried_reads_no_other(pages: Pages, tmp_path: Path) -> None:
    """What is wrong is said with its line; another file is not opened, however it is called."""
    someone = await official(pages, "admin")
    secret = tmp_path / "secret.yaml"
    secret.write_text("pack: very-secret\nversion: 1\n", "utf-8")
    wrong: list[tuple[str | bytes, str, str]] = [
        (f"pack: x\nversion: 1\nextends: {secret}\n", "x.yaml", "第3行"),
        ("extends: ../../../../etc/passwd\n", "x.yaml", "只能写内置规则包的名称"),
        ("extends: [default]\n", "x.yaml", "只能写内置规则包的名称"),
        ("pack: x\nversion: 1\nchecks:\n  link.dead: {dedline: 3}\n", "x.yaml", "checks.link.dead.dedline"),
        ("pack: default\nversion: 2\n", "x.yaml", "built-in pack"),
        ("a: &a [x]\nb: *nobody\n", "x.yaml", "处不符合要求"),
        ("- 1\n", "<script>.yaml", "&lt;script&gt;"),
        (b"\xff\xfe\x00", "x.yaml", "处不符合要求"),
        (b"", "x.yaml", "是空文件"),
        (b"x" * (1024 * 1024 + 1), "x.yaml", "文件过大"),
        (b"", "", "请选择文件"),
    ]
    for content, name, words in wrong:
        answer = await try_out(someone, content, name)
        assert (answer.status_code, words in answer.text) == (422, True), (content[:60], answer.text)
        assert 'role="alert"' in answer.text
        assert "very-secret" not in answer.text
        assert "root:" not in answer.text
