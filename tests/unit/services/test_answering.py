"""`rectify answer` and `rectify fetch-pages` on a small site: what is answered, and what is fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiokafka import ConsumerRecord

from schemas.recheck_request import RecheckRequest
from schemas.registry import Asset
from streams.files.mappings.loading import load_mapping
from streams.files.mappings.pages import PageFolder
from streams.rules.intake.fingerprint import identify
from streams.services.producing.answering import Look, answered, concerns, is_safe
from streams.services.producing.fetching import addresses_of, fetch_pages
from streams.services.producing.requests import WaitingRequests
from streams.settings.model import Settings
from tests.support.reports import AT
from tests.support.site import Site, serving

TARGET = "https://other.gov.cn/gone"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site with one page."""
    async with serving() as served:
        served.pages["/a.html"] = b"<p>a</p>"
        yield served


def _look(site: Site, script: str, tool: str = "lychee") -> Look:
    asset = Asset(asset_id="kjj", name="市科技局网站", kind="website", url=f"{site.url}/")
    word = "{pages}" if tool == "textlint" else "{locator}"
    return Look(load_mapping(tool), asset, ["sh", "-c", script, "sh", word], tool)


def _request(
    locator: str, check: str = "link.dead", evidence: dict[str, Any] | None = None, **more: Any
) -> RecheckRequest:
    given = {"target": TARGET} if evidence is None else evidence
    told_by = given.get("target") or given.get("word") or ""
    return RecheckRequest.model_validate(
        {
            "id": "r-1", "request_id": "r-1", "asset_id": "kjj", "ticket_id": "ZG-1", "check": check,
            "locator": locator,
            "fingerprint": identify("kjj", check, locator, told_by).fingerprint, "evidence": given,
            "reason": "claim_fix", "not_before": AT, **more,
        }
    )  # fmt: skip


def _report(page: str, *broken: str) -> str:
    links = [{"url": url, "status": {"text": "404", "code": 404}, "span": {"line": 1}} for url in broken]
    maps: dict[str, Any] = {name: {} for name in ("timeout_map", "redirect_map", "excluded_map")}
    return orjson.dumps({"success_map": {page: []}, "error_map": {page: links} if links else {}, **maps}).decode()


async def _answer(look: Look, request: RecheckRequest) -> str:
    return str((await answered(Settings(), look, request, lambda: AT))["outcome"])


@pytest.mark.parametrize(
    ("broken", "code", "outcome"),
    [
        ([TARGET], 2, "present"),
        ([], 0, "absent"),
        (["https://other.gov.cn/another"], 2, "absent"),
        ([], 1, "unverifiable"),
        ([TARGET], 1, "present"),
    ],
)
async def test_a_request_is_answered_by_what_the_tool_reports(
    site: Site, broken: list[str], code: int, outcome: str
) -> None:
    """F-14: of the very problem: another dead link on that page says nothing about it."""
    page = f"{site.url}/a.html"
    script = f"test \"$1\" = {page} && echo '{_report(page, *broken)}'; exit {code}"
    assert await _answer(_look(site, script), _request(page)) == outcome


async def test_a_report_about_another_page_proves_nothing(site: Site) -> None:
    """F-14: the tool must say that it looked at the place."""
    other = f"{site.url}/"
    assert await _answer(_look(site, f"echo '{_report(other)}'"), _request(f"{site.url}/a.html")) == "unverifiable"


async def test_a_site_that_is_down_proves_nothing(site: Site) -> None:
    """F-14: not even for content that cannot be seen any more."""
    page = f"{site.url}/a.html"
    site.pages |= {"/": 503, "/a.html": 404}
    look = _look(site, f"echo '{_report(page)}'")
    assert await _answer(look, _request(page)) == "unverifiable"
    assert (
        await _answer(_look(site, "echo '[]'", "textlint"), _request(page, "text.typo", {"word": "按装"}))
        == "unverifiable"
    )


@pytest.mark.parametrize(
    ("check", "tool", "outcome"), [("text.typo", "textlint", "absent"), ("link.dead", "lychee", "unverifiable")]
)
async def test_a_page_that_is_gone(site: Site, check: str, tool: str, outcome: str) -> None:
    """F-9: has no wrong words any more; whether its links work, nobody can tell."""
    page = f"{site.url}/gone.html"
    assert await _answer(_look(site, "exit 1", tool), _request(page, check, {"word": "x"})) == outcome


async def test_a_tool_that_reads_files_gets_the_page_as_one(site: Site) -> None:
    """F-14: fetched for the occasion, in UTF-8 whatever the page is in."""
    page = f"{site.url}/a.html"
    site.pages["/a.html"] = '<meta charset="gb2312"><p>请按装</p>'.encode("gb18030")
    message = '{"message":"按装 => 安装","line":1,"column":1,"ruleId":"prh","fix":{"text":"安装"}}'
    script = f"""m=; grep -q 按装 "$1" && m='{message}'; echo "[{{\\"filePath\\":\\"$1\\",\\"messages\\":[$m]}}]" """
    request = _request(page, "text.typo", {"word": "按装"})
    assert await _answer(_look(site, script, "textlint"), request) == "present"
    site.pages["/a.html"] = '<meta charset="gb2312"><p>请安装</p>'.encode("gb18030")
    assert await _answer(_look(site, script, "textlint"), request) == "absent"


@pytest.mark.parametrize(
    "page",
    [
        "--config=/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/", "https://kjj.gov.cn.evil.cn/",
        "https://kjj.gov.cn@evil.cn/", "https://kjj.gov.cn/a b", "https://kjj.gov.cn/../x",
        "https://kjj.gov.cn:81/", "",
    ],
)  # fmt: skip
def test_no_tool_is_run_on_what_is_not_the_sites(page: str) -> None:
    """F-15: an option, a file, another host, a trick."""
    assert not is_safe(page, "https://kjj.gov.cn/")
    assert is_safe("https://kjj.gov.cn/xwzx/通知.html?id=1", "https://kjj.gov.cn/")


async def test_what_is_unsafe_is_unverifiable(site: Site, tmp_path: Path) -> None:
    """F-15: and nothing is run."""
    assert await _answer(_look(site, f"touch {tmp_path}/ran"), _request("http://127.0.0.1:1/x")) == "unverifiable"
    assert not (tmp_path / "ran").exists()


def _record(request: RecheckRequest, offset: int) -> Any:
    value = request.model_dump_json().encode()
    return ConsumerRecord("requests", 0, offset, 0, 0, b"", value, None, 0, len(value), ())


async def test_a_request_waits_for_its_time_and_outlives_a_restart(site: Site) -> None:
    """F-15: what waits is read again; what is for others, expired or repeated is not answered twice."""
    look, waiting = _look(site, "exit 1"), WaitingRequests()
    later = _request(f"{site.url}/a.html", not_before=AT + timedelta(hours=1))
    repeat = _request(f"{site.url}/a.html", request_id="r-1-2", id="r-1-2", not_before=AT + timedelta(hours=1))
    others = [
        _request(f"{site.url}/b.html", producers=("crawler",)), _request(f"{site.url}/c.html", expires_at=AT),
        _request(f"{site.url}/d.html", check="text.typo"), _request(f"{site.url}/e.html", asset_id="tjj"),
    ]  # fmt: skip
    assert not any(concerns(look, one, AT) for one in others)
    for offset, one in enumerate((*others, later, repeat)):
        waiting.take(look, _record(one, offset), AT)
    assert waiting.due(look, AT) == []
    assert list(waiting.offsets.values()) == [5]
    (due,) = waiting.due(look, AT + timedelta(hours=2))
    assert due.request_id == "r-1-2"
    waiting.done(due)
    assert list(waiting.offsets.values()) == [6]


async def test_pages_are_fetched_and_what_became_of_each_is_said(site: Site, tmp_path: Path) -> None:
    """F-13: covered in UTF-8, gone, missed with the reason, forbidden; the sitemap names them."""
    site.pages |= {
        "/robots.txt": b"User-agent: *\nDisallow: /private/\n",
        "/gb.html": '<meta charset="gb2312"><p>部署</p>'.encode("gb18030"),
        "/bad.html": b'<meta charset="utf-8">\xc1\xd0',
        "/err.html": 500,
        "/moved.html": web.Response(status=302, headers={"Location": "/"}),
        "/private/x.html": b"x",
        "/old.html": 410,
    }
    names = ("a", "gb", "bad", "err", "moved", "private/x", "old", "none")
    locations = "".join(f"<url><loc>{site.url}/{name}.html</loc></url>" for name in names)
    site.pages["/sitemap.xml"] = f"<urlset>{locations}</urlset>".encode()
    listed = await addresses_of(f"{site.url}/sitemap.xml")
    await fetch_pages(f"{site.url}/", listed, tmp_path, lambda: AT, pause=0)
    folder = PageFolder.read(tmp_path)
    asked = folder.asked
    assert {page.removeprefix(site.url) for page in asked.answered} == {"/a.html", "/gb.html"}
    assert {page.removeprefix(site.url) for page in asked.gone} == {"/old.html", "/none.html"}
    assert {page.removeprefix(site.url) for page in asked.missed} == {
        "/bad.html", "/err.html", "/moved.html", "/private/x.html",
    }  # fmt: skip
    assert asked.start is True
    (file,) = [file for file in folder.files if folder.address(file) == f"{site.url}/gb.html"]
    assert "部署" in Path(file).read_text("utf-8")  # noqa: ASYNC240 - a page
    assert "/private/x.html" not in site.asked
