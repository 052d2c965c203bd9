"""The pages behind a real nginx, configured as deploy/nginx says: what it lets through, and what it writes down."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from streams.ledger import upgrade
from streams.local.processes import end, free_ports, spawn, tail
from streams.web.guard.rates import Rate
from streams.web.premises import STRANGERS
from streams.web.serving import closing_all, listen, served
from tests.support.certificates import NEW_KEY
from tests.support.pages import Pages, pages_on

SAMPLES = Path(__file__).parents[3] / "deploy" / "nginx"
INNER = {"rectify-links.conf": 8000, "rectify-desk.conf": 8001}  # the ports of the processes behind


class Behind(NamedTuple):
    """Pages, somebody outside, and the log of the proxy."""

    pages: Pages
    outside: httpx.AsyncClient
    log: Path


def nginx() -> str:
    """The program."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("no nginx: scripts/system.sh nginx")
    return program


def configured(folder: Path, samples: str) -> Path:
    """A whole configuration around samples, which writes nothing outside the folder."""
    shutil.copy(SAMPLES / "rectify-proxy.conf", folder)
    (folder / "temporary").mkdir(exist_ok=True)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/temporary; " for kind in kinds)
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr crit; "
        f"events {{}} http {{ {temporary}\n{samples} }}",
        "utf-8",
    )
    return conf


@asynccontextmanager
async def behind_nginx(folder: Path, name: str, *changes: tuple[str, str]) -> AsyncIterator[Behind]:
    """A proxy on loopback, without TLS, everything else as the sample has it but for these changes."""
    program, database, log = nginx(), f"sqlite:///{folder / 'rectify.db'}", folder / "access.log"
    await upgrade(database)
    (port,) = free_ports(1)
    async with pages_on(database, folder, pages_proxies="127.0.0.1") as pages:
        with closing_all(listen("127.0.0.1", 0)) as places:
            async with served(pages.app, places) as inner:
                sample = (SAMPLES / name).read_text("utf-8")
                for was, here in (
                    ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
                    ("ssl_certificate /etc/nginx/tls/zg.crt;", ""),
                    ("ssl_certificate_key /etc/nginx/tls/zg.key;", ""),
                    (f"/var/log/nginx/{name.replace('.conf', '.log').replace('-links', '')}", str(log)),
                    (f"127.0.0.1:{INNER[name]}", f"127.0.0.1:{inner}"),
                    *changes,
                ):
                    assert was in sample
                    sample = sample.replace(was, here)
                conf = configured(folder, sample)
                process = spawn([program, "-p", str(folder), "-c", str(conf), "-e", "stderr"], folder / "nginx.log")
                try:
                    from_outside = httpx.AsyncHTTPTransport(local_address="127.0.0.2")  # not the proxy's own address
                    async with httpx.AsyncClient(
                        base_url=f"http://127.0.0.1:{port}", transport=from_outside, timeout=60
                    ) as outside:
                        yield Behind(pages, await answering(outside, folder / "nginx.log"), log)
                finally:
                    end(process, grace=10)


@pytest.fixture
async def behind(tmp_path: Path) -> AsyncIterator[Behind]:
    """The address on the Internet."""
    async with behind_nginx(tmp_path, "rectify-links.conf") as there:
        yield there


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


async def test_the_offices_address_writes_no_key_down(tmp_path: Path) -> None:
    """Letters inside lead there, too: links, feeds and a login with its query are not in its log; strangers get 403."""
    async with behind_nginx(tmp_path, "rectify-desk.conf", ("allow 10.0.0.0/8;", "allow 127.0.0.2;")) as office:
        (ticket,) = await office.pages.open_tickets("link.dead")
        token = await office.pages.token(ticket)
        assert (await office.outside.get(f"/u/{token}")).status_code == 200
        assert (await office.outside.get(f"/login?key={token}")).status_code in {200, 303, 404}
        await office.outside.get(f"/feeds/{token}/deadlines.ics")
        async with httpx.AsyncClient(base_url=office.outside.base_url, timeout=60) as stranger:
            assert (await stranger.get("/login")).status_code == 403
        written = office.log.read_text("utf-8")
        assert '"GET /u/***" 200' in written
        assert '"GET /feeds/***"' in written
        assert token[:12] not in written


def test_nginx_takes_both_as_they_are(tmp_path: Path) -> None:
    """Side by side in one nginx, with certificates: `nginx -t` finds nothing that it does not know."""
    certificate, key = tmp_path / "zg.crt", tmp_path / "zg.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-subj", "/CN=zg.city.example", *NEW_KEY, "-keyout", key, "-out", certificate],
        capture_output=True,
        check=True,
    )
    (port,) = free_ports(1)
    texts = "\n".join((SAMPLES / name).read_text("utf-8") for name in INNER)
    samples = texts.replace("/etc/nginx/tls/zg.crt", str(certificate)).replace("/etc/nginx/tls/zg.key", str(key))
    samples = samples.replace("listen 443 ", f"listen 127.0.0.1:{port} ")
    conf = configured(tmp_path, samples.replace("/var/log/nginx", str(tmp_path)))
    done = subprocess.run(
        [nginx(), "-t", "-p", tmp_path, "-c", conf, "-e", "stderr"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr
