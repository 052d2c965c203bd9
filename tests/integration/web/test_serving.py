"""`rectify web` beside a real worker, Kafka and database: from the link to the event, and as a process."""

from __future__ import annotations

import asyncio
import re
import signal
from contextlib import suppress
from pathlib import Path

import httpx
from starlette.types import Receive, Scope, Send

from streams.ledger.reading.links import notice_named
from streams.local.processes import free_ports
from streams.presentation import links
from streams.settings.model import Settings
from streams.web.connections import PromptConnection
from streams.web.serving import closing_all, listen, served, serving
from tests.support.command_line import CommandLine
from tests.support.pages import CONTACT, KEY
from tests.support.pipeline import Pipeline

FINDING = {"asset_id": "kjj-site", "check": "link.dead", "locator": "https://kjj.gov.cn/1", "source": "crawler"}


async def the_notice(pipeline: Pipeline) -> str:
    """The id of the only notice."""
    async with pipeline.ledger.transaction() as tx:
        rows = await tx._session.rows("select notice_id from notices")
    return bytes(rows[0][0]).hex()


async def test_signed_for_through_kafka(pipeline: Pipeline) -> None:
    """A worker decides what a page has submitted; the command is signed by the key of the links."""
    await pipeline.register("unit", "kjj", name="市科技局", contacts=[CONTACT])
    await pipeline.register("asset", "kjj-site", name="市科技局网站", kind="website", unit_id="kjj")
    settings = Settings.load(**{**pipeline.given, "link_key": KEY, "pages_port": 0})
    async with pipeline.working(), serving(settings, ("links",), pipeline.clock) as port:
        await pipeline.settled()
        await pipeline.send({**FINDING, "observed_at": pipeline.clock.now().at.isoformat()})
        await pipeline.settled()
        token = links.token(KEY, await the_notice(pipeline))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            assert (await client.get("/readyz")).json()["checks"] == {"database": {"ok": True}, "broker": {"ok": True}}
            page = await client.get(f"/u/{token}")
            nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
            assert nonce
            await asyncio.sleep(3.2)
            typed = {"name": "张三", "phone": "0571-87000000", "nonce": nonce[1]}
            answer = await client.post(f"/u/{token}/acknowledge", data=typed)
            assert answer.status_code == 303
            pipeline.published[pipeline.topics.commands] += 1
            done = await client.get(answer.headers["location"].replace("../", "/u/"))
            assert "签收成功" in done.text or "尚在处理" in done.text
        await pipeline.settled()
        (event,) = pipeline.seen.events("acknowledged")
        assert (event["by"], event["signed_by"]) == ("张三", "web-links")
        assert "0571" not in str(pipeline.seen.events())
        assert await notice_named(pipeline.ledger, links.read((KEY,), token) or "") is not None


async def test_as_a_process(sqlite_database: str, tmp_path: Path) -> None:
    """It needs no broker to show; a port that is taken is one sentence; it stops in order; no address is in its log."""
    (port,) = free_ports(1)
    named = {
        "DATABASE_URL": sqlite_database, "DATA_DIR": str(tmp_path), "LINK_KEY": KEY, "PAGES_PORT": str(port),
        "BROKER": "kafka://127.0.0.1:1", "LOG_FORMAT": "json",
    }  # fmt: skip
    command, log = CommandLine(tmp_path, **named), tmp_path / "log"
    with log.open("wb") as file:
        web = await command.start("web", "--serve", "links", out=file.fileno(), err=file.fileno())
    token = links.token(KEY, "0" * 32)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client, asyncio.timeout(60):
            while True:
                try:
                    assert (await client.get("/healthz")).json() == {"status": "ok", "serves": ["links"]}
                    break
                except httpx.ConnectError:
                    assert web.returncode is None, log.read_text()
                    await asyncio.sleep(0.2)
            assert (await client.get("/readyz")).status_code == 503
            assert (await client.get(f"/u/{token}")).status_code == 404
        second = await command.apart("web")
        assert second.code == 1
        assert "RECTIFY_PAGES_PORT" in second.err
        assert len(second.err.strip().splitlines()) == 1
        web.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await web.wait() == 0
    finally:
        if web.returncode is None:
            web.kill()
            await web.wait()
    said = log.read_text()
    assert '"event":"pages_started"' in said
    assert '"event":"pages_stopped"' in said
    assert token not in said
    assert "Traceback" not in said


class Impatient(PromptConnection):
    """One that waits for less than a second."""

    head_seconds, stuck_seconds = 0.4, 0.2


async def test_who_holds_a_connection_and_asks_nothing() -> None:
    """W-40: cut off, with half a head or none, also after a request; so is whoever takes nothing of an answer."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = b"x" * (64_000_000 if scope["path"] == "/much" else 10)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    whole = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with closing_all(listen("127.0.0.1", 0)) as places:
        async with served(app, places, Impatient) as port, asyncio.timeout(60):
            for sent, answered in ((b"", b""), (whole[:20], b""), (whole + whole[:20], b"200 OK")):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(sent)
                with suppress(ConnectionResetError):
                    assert answered in await reader.read(200)
                    assert await reader.read() == b""
                writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            writer.write(whole.replace(b"/ ", b"/much "))
            while not writer.transport.is_closing():
                writer.write(b"G")
                await asyncio.sleep(0.05)


async def test_what_it_needs_is_one_sentence(sqlite_database: str, tmp_path: Path) -> None:
    """Without a key of links; with a part that there is not."""
    named = {"DATABASE_URL": sqlite_database, "DATA_DIR": str(tmp_path), "BROKER": "kafka://127.0.0.1:1"}
    without = await CommandLine(tmp_path, **named).apart("web")
    assert without.code == 1
    assert "RECTIFY_LINK_KEY" in without.err
    unknown = await CommandLine(tmp_path, **named, LINK_KEY=KEY).apart("web", "--serve", "links,nothing")
    assert unknown.code == 2
    assert "nothing" in unknown.err
