"""Reports of tools, recorded or constructed (tests/samples/mappings), read as the product reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

from schemas.mapping import Mapping
from streams.files.mappings.loading import load_mapping
from streams.files.mappings.reading import Reading, ReportFacts, Surroundings, read_report
from streams.files.mappings.runs import AskedPages, ReportRun, run_of
from streams.files.policy.loading import load_policy

SAMPLES = Path(__file__).parents[1] / "samples" / "mappings"
AT = datetime.fromisoformat("2026-11-30T09:00:00+08:00")
SITE = "http://127.0.0.1:8765"
FILES = {f"/srv/pages/000{n}.html": f"{SITE}/{n}.html" for n in (1, 2)}
ANSWERED = frozenset({*FILES.values(), f"{SITE}/", f"{SITE}/bsfw/1.html", f"{SITE}/hdjl/1.html"})
GONE = frozenset({f"{SITE}/nope.html"})


class Sample(NamedTuple):
    """One report and what it becomes (cases.yaml)."""

    tool: str
    name: str
    expected: dict[str, Any]

    @property
    def content(self) -> bytes:
        """As the tool wrote it."""
        (path,) = SAMPLES.glob(f"{self.tool}/{self.name}.*")
        return path.read_bytes()


def samples() -> Iterator[Sample]:
    """All of them."""
    for tool, cases in yaml.safe_load((SAMPLES / "cases.yaml").read_text("utf-8")).items():
        for name, expected in cases.items():
            if name != "made":
                yield Sample(tool, name, expected)


class Read(NamedTuple):
    """A report, read, of a tool that ended so."""

    mapping: Mapping
    reading: Reading
    facts: ReportFacts
    asked: AskedPages | None

    @property
    def run(self) -> ReportRun:
        """The run that it makes."""
        return run_of(self.mapping, self.reading, self.facts, self.asked)

    def ended(self, **facts: Any) -> ReportRun:
        """The run, had the tool ended otherwise."""
        return run_of(self.mapping, self.reading, replace(self.facts, **facts), self.asked)


def read(
    mapping: Mapping | str,
    content: bytes,
    *,
    exit: int | None = 0,  # noqa: A002 - as cases.yaml has it
    said: str = "",
    start: bool = True,
    asset: str = "kjj-site",
    asset_of: Callable[[str], str | None] | None = lambda _: "kjj-site",
    at: datetime = AT,
    **facts: Any,
) -> Read:
    """A report of a tool that has ended so, on a site where three pages and two files answer and one page is gone."""
    tool = load_mapping(mapping) if isinstance(mapping, str) else mapping
    known = ReportFacts(asset, tool.tool, f"run-{at:%d%H%M}", at, exit_code=exit, said=said, **facts)
    around = Surroundings(ZoneInfo("Asia/Shanghai"), 1 << 20, load_policy(), asset_of, FILES.get)
    reading = read_report(tool, content, known, around)
    asked = AskedPages(start)
    if tool.places == "files" or (tool.asks_pages and not tool.crawls):
        asked = AskedPages(start, ANSWERED, GONE)
    return Read(tool, reading, known, asked if tool.asks_pages or tool.places == "files" else None)


def read_sample(sample: Sample, **changed: Any) -> Read:
    """A sample, or a part of it."""
    given: dict[str, Any] = {
        name: sample.expected[name] for name in ("exit", "said", "start") if name in sample.expected
    }
    content = changed.pop("content", None)
    whole = sample.content if content is None else content
    return read(sample.tool, whole, **{"exit": None, **given, **changed})
