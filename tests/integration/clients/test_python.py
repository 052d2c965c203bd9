"""The Python client against the product's own intake: runs that tell the truth, answers, and what faults do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from rectify_producer import Answers, Away, Intake, RecheckRequest, Refused, Run
from streams.clock import system_time
from streams.web.app import build_app
from streams.web.serving import closing_all, listen, served
from tests.support.handed_in import Programs, programs_on

CHECKS = ("text.typo",)


@pytest.fixture
async def programs(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Programs]:
    """Programs at the pages of a unit with a site."""
    async with programs_on(sqlite_database, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def address(programs: Programs) -> AsyncIterator[str]:
    """Where the intake is served."""
    with closing_all(listen("127.0.0.1", 0)) as places:
        async with served(build_app(programs.found, ("intake",)), places) as port:
            yield f"http://127.0.0.1:{port}"


def run_of(send: Any) -> Run:
    """A run over the unit's site."""
    return Run(send, asset_id="kjj-site", source="crawler", checks=CHECKS, run_id="r1")


def crawl(send: Any, pages: dict[str, list[str] | None], error: BaseException | None = None) -> None:
    """Words wrong on each page; None: it cannot be fetched; an error behind the last."""
    with run_of(send) as run:
        for page, words in pages.items():
            with run.looking_at(page):
                if words is None:
                    raise OSError(page)
                for word in words:
                    run.found("text.typo", page, evidence={"word": word})
        if error is not None:
            raise error


@pytest.mark.parametrize(
    ("pages", "error", "status", "places"),
    [
        ({"a": ["布署"], "b": []}, None, "complete", None),
        ({"a": ["布署"], "b": None}, None, "partial", ["a"]),
        ({"a": ["布署"], "b": []}, KeyError("x"), "partial", ["a", "b"]),
        ({"a": []}, KeyboardInterrupt(), "partial", ["a"]),
        ({"a": None, "b": None}, None, "failed", None),
        ({}, None, "failed", None),
    ],
)
def test_how_a_run_ends(
    pages: dict[str, list[str] | None], error: BaseException | None, status: str, places: list[str] | None
) -> None:
    """Only a run that has looked at everything is complete; what was missed is not said to be gone."""
    sent: list[dict[str, Any]] = []
    if error is None:
        crawl(sent.extend, pages)
    else:
        with pytest.raises(type(error)):
            crawl(sent.extend, pages, error)
    *findings, run = sent
    assert (run["status"], run.get("locators"), run["found"]) == (status, places, len(findings))
    assert run["pages"] == len([words for words in pages.values() if words is not None])


def test_a_signal_ends_it_in_order() -> None:
    """SIGTERM: exit code 143, and the run is partial."""
    sent: list[dict[str, Any]] = []

    def crawled() -> None:
        with run_of(sent.extend) as run:
            with run.looking_at("a"):
                pass
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        crawled()
    assert (ended.value.code, sent[-1]["status"], sent[-1]["locators"]) == (143, "partial", ["a"])
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_was_not_handed_in_is_not_said_to_be_covered() -> None:
    """A run whose findings were refused has failed, wherever they were handed in."""
    sent: list[dict[str, Any]] = []

    def refuse(messages: list[dict[str, Any]]) -> None:
        if messages[0].get("type") != "run":
            raise Away
        sent.extend(messages)

    crawl(refuse, {"a": ["布署"]})
    with pytest.raises(Away):
        crawl(refuse, {"a": ["布署"] * 600, "b": []})
    assert [(run["status"], run["found"]) for run in sent] == [("failed", 0)] * 2
    with pytest.raises(ValueError, match="its checks"), run_of(sent.extend) as run:
        run.found("link.dead", "a")


async def test_against_the_intake(programs: Programs) -> None:
    """1,200 findings and a run are on the log; tried again while Kafka is away, and nothing is there twice."""
    key = await programs.key("crawler", sources=("crawler",))
    programs.pages.installation.clock.set(system_time())
    programs.log.is_away = True
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        programs.log.is_away = False

    async with address(programs) as url:
        intake = Intake(url, key.token, sleep=sleep)
        await asyncio.to_thread(crawl, intake, {"a": ["布署"] * 1_200, "b": []})
        *findings, run = programs.log.documents
        assert (len(findings), run["status"], run["found"], waits) == (1_200, "complete", 1_200, [5.0])
        with pytest.raises(Refused) as refused:
            await asyncio.to_thread(intake, [programs.finding(source="other"), programs.finding(source="crawler")])
        assert [(one["index"], one["code"]) for one in refused.value.errors] == [(0, "source_not_allowed")]
        with pytest.raises(Refused, match="401"):
            await asyncio.to_thread(Intake(url, "rk_0_0"), [programs.finding()])
        ids = await asyncio.to_thread(intake, [programs.finding(source="crawler")] * 1_001)
        assert len(set(ids)) == 1_001
    gone: Callable[[], Any] = lambda: Intake(url, key.token, tries=3, sleep=waits.append)([programs.finding()])  # noqa: E731
    with pytest.raises(Away):
        await asyncio.to_thread(gone)
    assert waits == [5.0, 1.0, 2.0]


def test_answers() -> None:
    """Present, absent, unverifiable; other checks and other producers' requests are passed over."""
    sent: list[dict[str, Any]] = []
    answers = Answers(sent.extend, source="crawler", sleep=lambda _: None)

    @answers("text.typo")
    def look(request: RecheckRequest) -> bool | None:
        return {"a": True, "b": False, "c": None}[request.evidence["word"]]

    def asked(number: int, word: str, **more: Any) -> str:
        request = {"request_id": f"q{number}", "asset_id": "kjj-site", "check": "text.typo", "locator": "x"}
        named = {"fingerprint": "f", "not_before": "2026-03-02T10:00:00+08:00", "evidence": {"word": word}}
        return json.dumps({**request, **named, **more})

    many = answers.answer(
        [asked(1, "a"), "\n", asked(2, "b"), asked(3, "c"), asked(4, "d"), asked(5, "a", check="link.dead"),
         asked(6, "a", producers=["other"]), json.loads(asked(7, "b", producers=["crawler"]))]
    )  # fmt: skip
    outcomes = [(one["request_id"], one["outcome"]) for one in sent]
    wanted = ["present", "absent", "unverifiable", "unverifiable", "absent"]
    assert (many, outcomes) == (5, list(zip(["q1", "q2", "q3", "q4", "q7"], wanted, strict=True)))
    assert look(RecheckRequest("q", "a", "c", "l", "f", {"word": "a"}, {})) is True
