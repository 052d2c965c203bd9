"""The pages behind a real nginx, configured as deploy/nginx says: what it lets through, and what it writes down."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from streams.ledger import upgrade
from streams.local.processes import end, free_ports, spawn, tail
from streams.web.guard.rates import Rate
from streams.web.premises import STRANGERS
from streams.web.serving import closing_all, listen, served
from tests.support.pages import Pages, pages_on

SAMPLES = Path(__file__).parents[3] / "deploy" / "nginx"


class Behind(NamedTuple):
    """Pages, somebody outside, and the log of the proxy."""

    pages: Pages
    outside: httpx.AsyncClient
    log: Path


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Behind]:
    """A proxy on loopback, without TLS, everything else as the sample has it."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("no nginx: scripts/system.sh nginx")
    database, log = f"sqlite:///{tmp_path / 'rectify.db'}", tmp_path / "access.log"
    await upgrade(database)
    (port,) = free_ports(1)
    async with pages_on(database, tmp_path, pages_proxies="127.0.0.1") as pages:
        with closing_all(listen("127.0.0.1", 0)) as places:
            async with served(pages.app, places) as inner:
                sample = (SAMPLES / "rectify-links.conf").read_text("utf-8")
                for was, here in (
                    ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
                    ("ssl_certificate /etc/nginx/tls/zg.crt;", ""),
                    ("ssl_certificate_key /etc/nginx/tls/zg.key;", ""),
                    ("/var/log/nginx/rectify.log", str(log)),
                    ("127.0.0.1:8000", f"127.0.0.1:{inner}"),
                ):
                    assert was in sample
                    sample = sample.replace(was, here)
                shutil.copy(SAMPLES / "rectify-proxy.conf", tmp_path)
                (tmp_path / "temporary").mkdir()
                temporary = "".join(
                    f"{kind}_temp_path {tmp_path}/temporary; "
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                )
                conf = tmp_path / "nginx.conf"
                conf.write_text(
                    f"daemon off; master_process off; pid {tmp_path}/pid; error_log stderr crit; "
                    f"events {{}} http {{ {temporary}\n{sample} }}",
                    "utf-8",
                )
                process = spawn([program, "-p", str(tmp_path), "-c", str(conf), "-e", "stderr"], tmp_path / "nginx.log")
                try:
                    from_outside = httpx.AsyncHTTPTransport(local_address="127.0.0.2")  # not the proxy's own address
                    async with httpx.AsyncClient(
                        base_url=f"http://127.0.0.1:{port}", transport=from_outside, timeout=60
                    ) as outside:
                        yield Behind(pages, await answering(outside, tmp_path / "nginx.log"), log)
                finally:
                    end(process, grace=10)


async def answering(outside: httpx.AsyncClient, log: Path) -> httpx.AsyncClient:
    """The client, once the proxy listens."""
    async with asyncio.timeout(60):
        while True:
            try:
                await outside.get("/")
            except httpx.ConnectError:
                assert not tail(log, 10).strip()
                await asyncio.sleep(0.05)
            else:
                return outside


async def test_a_link_works_and_is_not_written_down(behind: Behind) -> None:
    """However it is spelt: the page is shown, a form is taken, and no line of the log has a piece of the token."""
    (ticket,) = await behind.pages.open_tickets("link.dead")
    token = await behind.pages.token(ticket)
    assert (await behind.outside.get(f"/u/{token}")).status_code == 200
    await behind.outside.get(f"/%75/{token}?from=mail")
    for mangled in (f"/x//u/{token}", f"/{token}", f"/static/{token}/u/{token}", f"/guide/{token}"):
        assert (await behind.outside.get(mangled)).status_code == 404
    nonce = behind.pages.old_nonce(token)
    signed = await behind.outside.post(f"/u/{token}/acknowledge", data={"name": "张三", "nonce": nonce})
    assert signed.status_code == 303
    written = behind.log.read_text("utf-8")
    assert written.count('"GET /u/***" 200') >= 1
    assert '"POST /u/***" 303' in written
    assert token[:12] not in written
    assert token[-12:] not in written


async def test_what_is_for_the_office_is_not_there(behind: Behind) -> None:
    """The address on the Internet has the units' pages, the guide and the style, whatever the process behind serves."""
    for path in ("/", "/readyz", "/healthz", "/tickets", "/desk", "/login", "/intake/findings", "/api/v1/tickets"):
        assert (await behind.outside.get(path)).status_code == 404, path
    assert (await behind.outside.get("/guide")).status_code == 200


async def test_an_address_cannot_be_made_up(behind: Behind) -> None:
    """Unknown links are counted by the address that the proxy saw, not by what a client claims in a header."""
    behind.pages.premises.rates.strangers = Rate(STRANGERS, clock=lambda: 0.0)  # all within a minute
    answers = [
        (await behind.outside.get("/u/" + "A" * 36, headers={"X-Forwarded-For": f"198.51.100.{number}"})).status_code
        for number in range(STRANGERS + 1)
    ]
    assert answers == [404] * STRANGERS + [429]
