"""Tools' own webhooks and reports over HTTP: read by their mappings, as `rectify publish --format` reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from streams.web.intake.admission import Admission
from streams.web.intake.routes import intake_router
from tests.support.handed_in import Programs, programs_on

SAMPLES = Path(__file__).parents[2] / "samples" / "mappings"


@pytest.fixture
async def programs(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Programs]:
    """Programs at the pages of a unit with a site."""
    async with programs_on(sqlite_database, tmp_path) as opened:
        yield opened


async def test_a_webhook_and_a_report(programs: Programs) -> None:
    """H-8: alerts by their label, a monitor by its address, a report with its exit code: findings, and then the run."""
    key = await programs.key("tools")
    labels = {"asset_id": "kjj-site", "alertname": "Down", "instance": "https://kjj.gov.cn/"}
    alerts = [{"status": status, "labels": labels, "annotations": {}} for status in ("firing", "resolved")]
    answer = await programs.post(key, "/intake/alertmanager", {"version": "4", "alerts": alerts})
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["accepted"], told["run"], sum(told["left_out"].values())) == (1, None, 1)
    beat = {"heartbeat": {"status": 0, "msg": "503"}, "monitor": {"url": "https://kjj.gov.cn/x"}, "msg": "down"}
    answer = await programs.post(key, "/intake/uptime-kuma", beat)
    assert answer.json()["accepted"] == 1, answer.text
    report = (SAMPLES / "lychee" / "many.json").read_bytes()
    without = await programs.post(key, "/intake/lychee?asset=kjj-site&source=lychee-1", report)
    assert (without.status_code, without.json()["run"]) == (202, None)
    assert without.json()["why"]
    whole = await programs.post(key, "/intake/lychee?asset=kjj-site&source=lychee-1&run_id=r9&exit_code=2", report)
    assert (whole.json()["run"], whole.json()["accepted"]) == ("complete", without.json()["accepted"] + 1)
    documents = programs.log.documents
    assert [(one["check"], one["asset_id"]) for one in documents[:2]] == [("site.unreachable", "kjj-site")] * 2
    run = documents[-1]
    assert (run["type"], run["run_id"], run["source"]) == ("run", "r9", "lychee-1")
    nothing = await programs.post(key, "/intake/alertmanager", {"version": "4", "alerts": alerts[1:]})
    assert (nothing.status_code, nothing.json()["accepted"]) == (202, 0)


async def test_what_is_no_report(programs: Programs) -> None:
    """No mapping of that name, and never a file; a report that cannot be read; a producer that the key is not for."""
    key = await programs.key("tools", sources=("lychee-1", "lychee-2"))
    for path, body, status, code in (
        ("/intake/nothing", b"{}", 404, "unknown_mapping"),
        ("/intake/pyproject.yaml", b"{}", 404, "unknown_mapping"),
        ("/intake/lychee?exit_code=x", b"{}", 400, "bad_exit_code"),
        ("/intake/lychee?asset=kjj-site", b"{", 422, "invalid_report"),
    ):
        answer = await programs.post(key, path, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
    report = (SAMPLES / "lychee" / "one.json").read_bytes()
    foreign = await programs.post(key, "/intake/lychee?asset=kjj-site", report)
    assert foreign.status_code == 422
    assert {one["code"] for one in foreign.json()["errors"]} == {"source_not_allowed"}
    assert programs.log.written == []


async def test_alertmanager_is_told_to_come_again(programs: Programs) -> None:
    """To it every 4xx is final: where others get 429, it gets 503."""
    key = await programs.key("tools")
    app = FastAPI()
    app.include_router(intake_router(programs.found, Admission(items_a_minute=0)))
    body = {
        "alerts": [{"status": "firing", "labels": {"asset_id": "kjj-site"}, "annotations": {}}],
        "heartbeat": {"status": 0}, "monitor": {"url": "https://kjj.gov.cn/"},
    }  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pages.test") as client:
        for name, status in (("alertmanager", 503), ("uptime-kuma", 429)):
            bearer = {"authorization": f"Bearer {key.token}"}
            answer = await client.post(f"/intake/{name}", json=body, headers=bearer)
            assert (answer.status_code, "retry-after" in answer.headers) == (status, True)
