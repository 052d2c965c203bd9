"""`rectify produce`: whatever becomes of a tool, its run says no more than it proves."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from schemas.registry import Asset
from streams.files.mappings.pages import PageFolder, PageIndex
from streams.services.failure import Failure
from streams.services.producing.assets import KnownAssets, below
from streams.services.producing.producing import DOWN, NO_SITE, Order, Produced, produce
from streams.services.producing.reports import MappedReport
from streams.services.producing.sharing import STRANGE
from streams.settings.model import Settings
from tests.support.fetching import until
from tests.support.reports import AT, SAMPLES, SITE

ASSETS = KnownAssets([Asset(asset_id="kjj-site", name="市科技局网站", kind="website", url=f"{SITE}/")])
MANY = SAMPLES / "lychee" / "many.json"


def _clock() -> Callable[[], datetime]:
    times = iter(range(10))
    return lambda: AT + timedelta(minutes=next(times))


async def _run(script: str, tool: str = "lychee", report: Path | None = None, timeout: float | None = None) -> Produced:
    order = Order(tool, "kjj-site", ["sh", "-c", script], tool, report, timeout)
    return await produce(Settings(), order, _clock(), ASSETS)


def _status(made: Produced) -> str:
    assert made.report.run is not None
    return str(made.report.run["status"])


@pytest.mark.parametrize(
    ("script", "status", "findings"),
    [
        (f"cat {MANY}; exit 2", "complete", 16),
        (f"cat {MANY}; exit 1", "partial", 16),
        (f"cat {MANY}; kill -9 $$", "partial", 16),
        (f"head -c 4000 {MANY}; exit 0", "failed", 0),
        (f"head -c 4000 {MANY}; kill -9 $$", "failed", 0),
        ("exit 0", "failed", 0),
        ("echo '{}'; exit 0", "failed", 0),
        ("echo 'thread main panicked' >&2; exit 101", "failed", 0),
    ],
)
async def test_a_tool_that_ends_so_makes_such_a_run(script: str, status: str, findings: int) -> None:
    """F-7, F-11: complete only if exit code, words and report all say so."""
    made = await _run(script)
    assert (_status(made), len(made.report.messages)) == (status, findings)
    assert made.report.run is not None
    assert made.report.run["found"] == findings
    assert made.report.run["started_at"] < made.report.run["finished_at"]


async def _shared(sites: dict[str, str], script: str, tool: str = "lychee") -> tuple[MappedReport, ...]:
    """A tool's run with `--assets auto`, where these sites are registered: id -> address."""
    known = [Asset(asset_id=name, name=name, kind="website", url=url) for name, url in sites.items()]
    order = Order(tool, None, ["sh", "-c", script], tool)
    return (await produce(Settings(), order, _clock(), KnownAssets(known))).reports


async def test_what_is_found_goes_to_the_site_that_it_is_found_on() -> None:
    """F-16: the longest registered address above a page; each site's run names its own pages, and nothing else."""
    reports = await _shared({"news": f"{SITE}/xwzx/", "rest": f"{SITE}/"}, f"cat {MANY}; exit 2")
    runs = {report.run["asset_id"]: report.run for report in reports if report.run is not None}
    assert {name: run["status"] for name, run in runs.items()} == {"news": "complete", "rest": "complete"}
    assert {run["run_id"] for run in runs.values()} == {next(iter(runs.values()))["run_id"]}
    for report in reports:
        assert report.run is not None
        inside = report.run["asset_id"] == "news"
        pages = [*report.run["locators"], *(message["locator"] for message in report.messages)]
        assert {page.startswith(f"{SITE}/xwzx/") for page in pages} == {inside}
        assert {message["asset_id"] for message in report.messages} == {report.run["asset_id"]}
        assert report.run["found"] == len(report.messages) > 0
    assert sum(len(report.messages) for report in reports) == 16


async def test_what_is_on_no_registered_site_is_left_out_and_counted() -> None:
    """F-16: a target on another host belongs to the page that links to it."""
    (report,) = await _shared({"news": f"{SITE}/xwzx/"}, f"cat {MANY}; exit 2")
    assert report.run is not None
    assert report.left_out[STRANGE] == 16 - len(report.messages)
    assert "http://127.0.0.1:8766/404" in {message["evidence"]["target"] for message in report.messages}


@pytest.mark.parametrize(
    ("script", "tool", "why"),
    [
        (f"cat {MANY}; exit 2", "lychee", NO_SITE),
        (f"cat {SAMPLES / 'linkchecker' / 'site_down.csv'}; exit 1", "linkchecker", DOWN),
    ],
    ids=["of nobody", "down"],
)
async def test_nothing_is_said_of_what_is_nobody_s(script: str, tool: str, why: str) -> None:
    """F-16: no asset has a run, and it is said why."""
    (report,) = await _shared({"other": "https://other.gov.cn/"}, script, tool)
    assert (report.messages, report.run, report.why) == ((), None, (why,))


async def test_no_run_is_of_a_whole_site() -> None:
    """F-16: of a crawler's neither, which has begun on another one; one that was interrupted is partial."""
    crawl = SAMPLES / "linkchecker" / "one.csv"
    (report,) = await _shared({"site": f"{SITE}/"}, f"cat {crawl}; exit 1", "linkchecker")
    assert report.run is not None
    assert (report.run["status"], len(report.run["locators"]) > 10) == ("complete", True)
    (report,) = await _shared({"site": f"{SITE}/"}, f"cat {crawl}; exit 143", "linkchecker")
    assert report.run is not None
    assert report.run["status"] == "partial"


async def test_a_tool_ends_with_whoever_has_started_it(tmp_path: Path) -> None:
    """F-11: `rectify produce` is killed outright, and its tool does not go on to write a report into a later run."""
    begun, report = tmp_path / "begun", tmp_path / "report.json"
    script = f"echo $$ > {begun}; trap 'exit 1' TERM; sleep 30 & wait; echo '{{}}' > {report}"
    program = "import asyncio, sys; from streams.services.producing.tools import run_tool as run; "
    program += "asyncio.run(run(['sh', '-c', sys.argv[1]], timeout=None, most=1))"
    ours = await asyncio.create_subprocess_exec(sys.executable, "-c", program, script)
    await until(lambda: begun.exists() and begun.read_text().strip())
    tool = Path(f"/proc/{begun.read_text().strip()}/stat")
    ours.kill()
    await ours.wait()
    await until(lambda: not tool.exists() or tool.read_text().rpartition(")")[2].split()[0] == "Z")
    assert not report.exists()


async def test_a_tool_that_takes_too_long_is_stopped() -> None:
    """F-11: what it had written is read, and the run is not complete."""
    made = await _run(f"cat {MANY}; exec sleep 60", timeout=0.5)
    assert _status(made) == "partial"
    assert "stopped after" in made.report.why[0]
    assert made.ended.exit_code == 143


async def test_ctrl_c_stops_the_tool_and_its_run_is_still_told() -> None:
    """F-11: also of a tool that ends with 0 then."""
    pressed = f"kill -INT {os.getpid()}"  # once the tool is at work, whatever the machine does beside it
    made = await _run(f"trap 'exit 0' INT; cat {MANY}; {pressed}; while :; do sleep 0.1; done", timeout=30)
    assert (_status(made), made.ended.exit_code) == ("partial", 0)
    assert "stopped by SIGINT" in made.report.why[0]


async def test_a_report_of_an_earlier_run_is_none_of_this_one(tmp_path: Path) -> None:
    """A tool that ends without writing its file has not looked."""
    file = tmp_path / "report.json"
    assert _status(await _run(f"cat {MANY} > {file}; exit 2", report=file)) == "complete"
    assert _status(await _run("exit 0", report=file)) == "failed"


async def test_what_cannot_work_is_said_before_the_tool_runs(tmp_path: Path) -> None:
    """No such program; a tool that reads files without a folder; pages of an asset that has no address."""
    with pytest.raises(Failure, match="cannot be run"):
        await produce(Settings(), Order("lychee", "kjj-site", ["no-such-tool"], "l"), _clock(), ASSETS)
    with pytest.raises(Failure, match="reads files"):
        await _run(f"touch {tmp_path}/ran", "textlint")
    order = Order("pa11y-ci", "other", ["touch", f"{tmp_path}/ran"], "p")
    with pytest.raises(Failure, match="no address of it"):
        await produce(Settings(), order, _clock(), ASSETS)
    assert not (tmp_path / "ran").exists()


def test_an_asset_is_found_by_whatever_people_call_it() -> None:
    """Id, name, number in the register, a page's address; what two have alike is none."""
    assets = KnownAssets(
        [
            Asset(asset_id="a", name="市科技局网站", kind="website", code="4212000001", url="https://x.gov.cn/kjj"),
            Asset(asset_id="b", name="市统计局网站", kind="website", url="https://x.gov.cn/"),
            Asset(asset_id="c", name="同名", kind="website"),
            Asset(asset_id="d", name="同名", kind="account"),
        ]
    )
    words = ("a", "市科技局 网站", "4212000001", "https://x.gov.cn/kjj/1.html", "https://x.gov.cn/kjjx", "同名", "无")
    assert [assets.find(word) for word in words] == ["a", "a", "a", "a", "b", None, None]


@pytest.mark.parametrize(
    ("page", "inside"),
    [
        ("https://x.gov.cn/kjj/a.html", True),
        ("https://x.gov.cn/kjj", True),
        ("https://x.gov.cn/kjj/../secret", False),
        ("https://x.gov.cn/other", False),
        ("https://x.gov.cn:8443/kjj/", False),
        ("ftp://x.gov.cn/kjj/", False),
    ],
)
def test_a_page_belongs_to_a_site(page: str, inside: bool) -> None:  # noqa: FBT001
    """By host, port and folder."""
    assert below(page, "https://x.gov.cn/kjj") is inside


async def test_what_a_tool_says_of_files_is_as_old_as_their_fetching(tmp_path: Path) -> None:
    """F-12: and of the pages that they were; a page that is gone has no wrong words any more (F-9)."""
    fetched = AT - timedelta(hours=3)
    index = PageIndex(
        fetched_at=fetched, start=f"{SITE}/", start_status=200, gone=(f"{SITE}/nope.html",),
        covered={"0001.html": f"{SITE}/a.html", "0002.html": f"{SITE}/b.html"}, missed={f"{SITE}/c.html": "503"},
    )  # fmt: skip
    PageFolder(tmp_path, index).write()
    sample = (SAMPLES / "textlint" / "many.json").read_text("utf-8").replace("/srv/pages", str(tmp_path))
    (tmp_path / "report").write_text(sample, "utf-8")
    script = f'test "$2" = {tmp_path}/0002.html && cat {tmp_path}/report; exit 1'
    order = Order("textlint", "kjj-site", ["sh", "-c", script, "sh", "{pages}"], "textlint", pages=tmp_path)
    run = (await produce(Settings(), order, _clock(), ASSETS)).report.run
    assert run is not None
    assert (run["status"], run["found"], run["started_at"]) == ("complete", 4, fetched.isoformat())
    assert run["locators"] == [f"{SITE}/{page}.html" for page in ("a", "b", "nope")]
