"""A real Prometheus reads a real worker: every query of the board and every rule is about something that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from streams.local.kafka import LocalKafka
from tests.contract.test_ops import OURS, panels, questions, rules
from tests.support.pipeline import Pipeline
from tests.support.prometheus import Prometheus
from tests.support.smtp import SmtpServer

DEAD: Final = {"asset_id": "site", "check": "link.dead", "locator": "https://a.gov.cn/", "observed_at": "2026-03-02T09:00:00+08:00"}  # noqa: E501  # fmt: skip
ONLY_IF_SOMETHING_IS_WRONG: Final = {
    "rectify_set_aside",  # has a series for each kind that is
    "rectify_webhook_oldest_seconds",  # and this one for each webhook with something to post
}
FILTERS: Final = (" > 0", " == 0")


async def test_every_query_has_an_answer(
    kafka: LocalKafka, topic_prefix: str, sqlite_database: str, smtp_server: SmtpServer, tmp_path: Path
) -> None:
    """After a ticket, its letter and a refused message; no rule fails, and for a worker that is well no alert fires."""
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, sqlite_database) as pipeline:
        mail = {"smtp_url": smtp_server.url, "smtp_sender": "zg@city.gov.cn"}
        async with pipeline.working(**mail) as worker:
            prometheus = Prometheus(tmp_path, worker.port)
            prometheus.start()
            try:
                contact = {"name": "张三", "email": "zhang@unit.gov.cn"}
                await pipeline.register("unit", "unit", name="市科技局", contacts=[contact])
                await pipeline.register("asset", "site", name="门户", kind="website", unit_id="unit")
                await pipeline.send(DEAD, b"{")
                await pipeline.run_until("2026-03-02 10:11")
                await pipeline.until(lambda: smtp_server.mails)
                await pipeline.eventually(prometheus.answers)
                await _asked(prometheus)
            finally:
                await prometheus.stop()


async def _asked(prometheus: Prometheus) -> None:
    names = {name for question in questions() for name, _ in OURS.findall(question)} - ONLY_IF_SOMETHING_IS_WRONG
    assert [name for name in sorted(names) if not await prometheus.ask(f"count({name})")] == []
    for question in questions():
        await prometheus.ask(question)
    for panel in panels():
        for target in panel["targets"]:
            asked = target["expr"]
            for filtered in FILTERS:
                asked = asked.removesuffix(filtered)
            if not {name for name, _ in OURS.findall(asked)} & ONLY_IF_SOMETHING_IS_WRONG:
                assert await prometheus.ask(asked), panel["title"]
    evaluated = await prometheus.rules()
    assert len(evaluated) == len(rules())
    assert [rule["name"] for rule in evaluated if rule["health"] != "ok"] == []
    assert [rule["name"] for rule in evaluated if rule.get("state") == "firing"] == []
