"""`rectify fetch-pages`: pages as files, for tools that read files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import httpx
import typer

from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import domain_now, run
from streams.files.mappings.pages import PageIndex
from streams.services.failure import Failure
from streams.services.producing.fetching import addresses_of, fetch_pages
from streams.settings.model import Settings

app = typer.Typer()


@app.command(
    "fetch-pages",
    epilog="示例 Example: rectify fetch-pages https://kjj.example.gov.cn/sitemap.xml pages/ --start https://kjj.example.gov.cn/",
)
def fetch_pages_(
    source: Annotated[
        str,
        typer.Argument(
            help="站点地图网址，或一行一个网址的文件 · a sitemap, or a file of addresses", show_default=False
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="存放的文件夹 · where to", show_default=False)],
    start: Annotated[str, typer.Option(help="首页网址 · the start page")],
    pause: Annotated[float, typer.Option(min=0.0, help="两页之间停几秒 · seconds between two pages")] = 0.5,
    as_json: JsonFlag = False,
) -> None:
    """把网页取为 UTF-8 文件，供读文件的检查工具使用。 Fetch pages as UTF-8 files, for tools that read files.

    记下哪个文件是哪一页，哪些已删除（404、410），哪些没取到、为什么；遵守 robots.txt。
    It says which file is which page, which are gone and which were missed, and keeps to robots.txt.
    """
    settings = Settings.load()

    async def work() -> PageIndex:
        try:
            addresses = await addresses_of(source)
        except (httpx.HTTPError, UnicodeDecodeError) as error:
            msg = f"读不了网页清单 {source} · cannot be read: {error}"
            raise Failure(msg) from None
        if not addresses:
            msg = f"{source} 里没有网址 · there are no addresses in it"
            raise Failure(msg)
        return await fetch_pages(start, addresses, folder, partial(domain_now, settings), pause=pause)

    index = run(work())
    if as_json:
        print_json(index.model_dump(mode="json"))
        return
    for address, why in index.missed.items():
        say(f"没取到 · missed {address}：{why}")
    counts = f"取到 · covered {len(index.covered):,}，已删除 · gone {len(index.gone):,}"
    say(f"{counts}，没取到 · missed {len(index.missed):,}；首页 · start page HTTP {index.start_status}")
