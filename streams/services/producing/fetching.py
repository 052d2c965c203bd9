"""`rectify fetch-pages`: pages as UTF-8 files, for tools that read files and not sites.

F-13  A page is covered if it answered 200 under its own address and could be decoded to its last byte: by its header,
      otherwise by its `<meta>` (GB 2312 and GBK as GB 18030), otherwise as UTF-8. 404 and 410 are gone; everything else
      is missed, with the reason, and so is what robots.txt forbids. One page at a time, with a pause between.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urljoin
from urllib.robotparser import RobotFileParser

import httpx

from streams.files.mappings.pages import PageFolder, PageIndex
from streams.services.producing.asking import GONE, client

PAGE_BYTES: Final = 8 * 1024 * 1024
MOST_PAGES: Final = 10_000
_META: Final = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_LOC: Final = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*(.*?)\s*(?:\]\]>)?\s*</loc>", re.IGNORECASE | re.DOTALL)
_WIDER: Final = {"gb2312": "gb18030", "gbk": "gb18030", "hz-gb-2312": "gb18030", "iso-8859-1": "cp1252"}
_ROBOT: Final = "rectify"


@dataclass(slots=True)
class _Found:
    covered: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    missed: dict[str, str] = field(default_factory=dict)


async def fetch_pages(
    start: str, addresses: Sequence[str], folder: Path, now: Callable[[], datetime], *, pause: float
) -> PageIndex:
    """Fetches the pages into a folder, which is made if need be, and says in its index what became of each.

    `pause` seconds between two pages; `now` says when the fetching began.
    """
    began = now()
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with client() as asking:
        robots = await _robots(asking, start)
        first = await _get(asking, start)
        found = _Found()
        for number, address in enumerate(dict.fromkeys(addresses), 1):
            if number > MOST_PAGES:
                found.missed[address] = f"超过 {MOST_PAGES} 页 · more than {MOST_PAGES} pages"
            elif not robots.can_fetch(_ROBOT, address):
                found.missed[address] = "robots.txt 不允许 · forbidden by robots.txt"
            else:
                await _page(asking, address, folder / f"{number:05}.html", found)
                await asyncio.sleep(pause)
    index = PageIndex(
        fetched_at=began, start=start, start_status=first if isinstance(first, int) else first.status_code,
        covered=found.covered, gone=tuple(found.gone), missed=found.missed,
    )  # fmt: skip
    PageFolder(folder, index).write()
    return index


async def addresses_of(source: str) -> list[str]:
    """The addresses in a sitemap (an index of sitemaps too), or in a file with one a line."""
    if not source.startswith(("http://", "https://")):
        text = await asyncio.to_thread(Path(source).read_text, "utf-8-sig")
        return _listed(text)
    async with client() as asking:
        text = (await asking.get(source)).text
        if "<sitemapindex" not in text[:4_096]:
            return _listed(text)
        below = [(await asking.get(one)).text for one in _listed(text)[:100]]
        return [address for one in below for address in _listed(one)]


def _listed(text: str) -> list[str]:
    found = _LOC.findall(text) if "<loc>" in text else [line.strip() for line in text.splitlines()]
    return [html.unescape(one) for one in found if one.startswith(("http://", "https://"))]


async def _robots(asking: httpx.AsyncClient, start: str) -> RobotFileParser:
    rules = RobotFileParser()
    answer = await _get(asking, urljoin(start, "/robots.txt"))
    good = not isinstance(answer, int) and answer.status_code == httpx.codes.OK
    rules.parse(answer.text.splitlines() if good and not isinstance(answer, int) else [])
    return rules


async def _get(asking: httpx.AsyncClient, address: str) -> httpx.Response | int:
    """The answer, with at most PAGE_BYTES of its content; 0: none."""
    try:
        async with asking.stream("GET", address) as answer:
            content = bytearray()
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > PAGE_BYTES:
                    return 0
            headers = [
                (k, v) for k, v in answer.headers.items() if k.lower() not in ("content-encoding", "content-length")
            ]
            return httpx.Response(answer.status_code, headers=headers, content=bytes(content), request=answer.request)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return 0


async def _page(asking: httpx.AsyncClient, address: str, file: Path, found: _Found) -> None:
    answer = await _get(asking, address)
    if isinstance(answer, int):
        found.missed[address] = "没有应答或过大 · no answer, or too large"
    elif answer.status_code in GONE:
        found.gone.append(address)
    elif answer.status_code != httpx.codes.OK:
        found.missed[address] = f"HTTP {answer.status_code}"
    elif str(answer.request.url).partition("#")[0] != str(httpx.URL(address)).partition("#")[0]:
        found.missed[address] = f"跳转到 · redirected to {answer.request.url}"
    else:
        text = _text(answer)
        if text is None:
            found.missed[address] = "编码有误 · its encoding is wrong"
        else:
            await asyncio.to_thread(file.write_text, text, "utf-8")
            found.covered[file.name] = address


def _text(answer: httpx.Response) -> str | None:
    """The page as text; None where a byte of it is none."""
    named = answer.charset_encoding
    meta = _META.search(answer.content[:4_096])
    encoding = (named or (meta[1].decode() if meta is not None else "utf-8")).lower()
    try:
        return answer.content.decode(_WIDER.get(encoding, encoding))
    except (UnicodeDecodeError, LookupError):
        return None
