"""A spider of one's own, as docs/zh/producers.md has it: what it finds on a page first, and the page itself last."""  # noqa: INP001

from collections.abc import Iterator
from typing import Any

import scrapy  # type: ignore[import-not-found]

WORDS = {"按装": "安装", "登陆": "登录"}


class Words(scrapy.Spider):  # type: ignore[misc]
    """Looks for wrong words on every page of a site."""

    name = "words"

    def __init__(self, site: str = "", **options: str) -> None:
        super().__init__(**options)
        self.start_urls = [site]

    def parse(self, response: Any) -> Iterator[Any]:
        """What it found on a page, then the page, then where it leads."""
        text = " ".join(response.xpath("//body//text()").getall())
        for wrong, right in WORDS.items():
            if wrong in text:
                yield {
                    "check": "text.typo",
                    "locator": response.url,
                    "evidence": {"word": wrong, "suggestion": right},
                }
        yield {"page": response.url, "checks": ["text.typo"]}
        for link in response.css("a::attr(href)").getall():
            if response.urljoin(link).startswith(self.start_urls[0]):
                yield response.follow(link, self.parse)
