"""A record changed on a page, on a real Kafka, with a real worker: published, acknowledged, in force."""

from __future__ import annotations

import re
from hashlib import sha256
from html import unescape

import httpx
import pytest

from streams.services.registry import units_of
from streams.settings.model import Settings
from streams.store.accounts import PageAccount
from streams.store.sessions import PageSession
from streams.store.store import open_store
from streams.web.desk.sessions import PLAIN_COOKIE
from streams.web.serving import serving
from tests.support.pages import KEY
from tests.support.pipeline import Pipeline

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_record_is_changed_and_a_file_taken_in(pipeline: Pipeline) -> None:
    """W-31, W-32: what the page says is what the worker has; one form, pressed twice, is one change."""
    await pipeline.register("unit", "kjj", name="市科技局")
    settings = Settings.load(**{**pipeline.given, "link_key": KEY, "pages_port": 0})
    now = pipeline.clock.now().real
    store = await open_store(settings.database_url.get_secret_value())
    await store.accounts.add(PageAccount("王敏", "registrar", "", "", now))
    await store.sessions.begin(PageSession(sha256(b"secret").hexdigest(), "王敏", now, now, "127.0.0.1", "tests"))
    await store.close()
    async with serving(settings, ("desk",), pipeline.clock) as port, pipeline.working():
        await pipeline.settled()
        cookies = {PLAIN_COOKIE: "secret"}
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60, cookies=cookies, follow_redirects=True
        ) as client:
            form = await client.get("/registry/edit", params={"record": "unit", "id": "kjj"})
            fields = {name: unescape(value) for name, value in HIDDEN.findall(form.text)}
            for _ in range(2):
                told = await client.post("/registry/edit", data={**fields, "name": "市科技局（新）", "region": "某市"})
                assert (told.status_code, "工作节点已采用" in told.text) == (200, True), told.text
            file = {"file": ("x.csv", "单位编号,单位名称\nkjj,市科技局\njyj,市教育局\n".encode())}
            data = {"nonce": fields["nonce"], "kind": "unit"}
            preview = await client.post("/registry/import", data=data, files=file)
            confirmed = {name: unescape(value) for name, value in HIDDEN.findall(preview.text)}
            told = await client.post("/registry/import", data={**confirmed, "sure": "1"})
            assert "已发布 2 条" in told.text, told.text
            pipeline.published[pipeline.topics.registry] += 3
            await pipeline.settled()
    units = await units_of(pipeline.ledger)
    assert {name: unit.name for name, unit in units.items()} == {"kjj": "市科技局", "jyj": "市教育局"}
