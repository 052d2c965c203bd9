"""Held runs on the real ledgers: the sample that decides one, and the sizes that runs are compared with."""

from __future__ import annotations

from typing import Any

from tests.integration.worker.test_pipeline_commands import CHECKS, finding
from tests.support.pipeline import Pipeline


def ended(run_id: str, **fields: Any) -> dict[str, Any]:
    """The last word of a complete run."""
    return {
        "type": "run",
        "asset_id": "site",
        "run_id": run_id,
        "source": "crawler",
        "status": "complete",
        "started_at": "2026-03-02T09:30:00+08:00",
        "finished_at": "2026-03-02T09:50:00+08:00",
        "checks": CHECKS,
        **fields,
    }


async def test_a_sample_accepts_a_held_run(pipeline: Pipeline) -> None:
    """Three places are looked at again and are clean: the run closes the rest, though nobody has decided."""
    async with pipeline.working():
        await pipeline.send(*(finding(f"p{n}", check=CHECKS[n], run_id="r1") for n in range(40)))
        await pipeline.settled()
        await pipeline.send(ended("r2", found=0))
        await pipeline.until(lambda: len(pipeline.seen.requests) == 3)
        for request in pipeline.seen.requests:
            assert await pipeline.by_status() != {"closed": 40}
            answer = {"fingerprint": request["fingerprint"], "request_id": request["request_id"]}
            await pipeline.send(
                {"type": "recheck", "asset_id": "site", "outcome": "absent", "source": "prober",
                 "observed_at": "2026-03-02T09:55:00+08:00", **answer}
            )  # fmt: skip
            await pipeline.settled()
        await pipeline.until(lambda: len(pipeline.seen.events("closed")) == 40)
        await pipeline.settled()
    assert await pipeline.by_status() == {"closed": 40}
    assert [event["reason"] for event in pipeline.seen.events("run_accepted")] == ["sample_absent"]


async def test_the_usual_size_is_remembered(pipeline: Pipeline) -> None:
    """Three runs over 100 pages, then one over 10 that misses a problem: a question, and nothing closes."""
    async with pipeline.working():
        for number in range(3):
            run_id = f"u{number}"
            seen = finding("p", check=CHECKS[0], run_id=run_id)
            await pipeline.send(seen, ended(run_id, found=1, pages=100))
            await pipeline.settled()
        await pipeline.send(ended("r2", found=0, pages=10))
        await pipeline.until(lambda: pipeline.seen.events("run_held"))
        await pipeline.settled()
    assert [event["reason"] for event in pipeline.seen.events("run_held")] == ["far_fewer_pages"]
    assert await pipeline.by_status() == {"open": 1}
