"""`ops/`: alerts and board ask for metrics that a worker shows, and every alert has its page in the runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from streams.worker.health import Health, Identity
from streams.worker.metrics import Metrics
from streams.worker.pages import build_app, serve

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
OURS = re.compile(r"\b(rectify_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
FROM_PROMETHEUS = {"instance", "job", "le"}


def rules() -> list[dict[str, Any]]:
    """Every rule: what is recorded, then the alerts."""
    groups = yaml.safe_load((ROOT / "ops" / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """Every alert."""
    return [rule for rule in rules() if "alert" in rule]


def panels() -> list[dict[str, Any]]:
    """Every panel of the board."""
    found: list[dict[str, Any]] = json.loads((ROOT / "ops" / "grafana.json").read_text("utf-8"))["panels"]
    return found


def questions() -> Iterator[str]:
    """Every expression of rules, alerts and board."""
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


def worker() -> tuple[Health, Metrics]:
    """A worker to which everything has happened once, so that every metric has a value."""
    metrics = Metrics()
    metrics.batch("rectify.findings", 1, 0.1)
    metrics.outcomes({"opened": 1})
    metrics.dead_letters.labels("invalid_json").inc()
    metrics.attempt("email", "accepted", "accepted")
    metrics.lags({("rectify.findings", 0): 1})
    metrics.breaker.labels("email").set(0)
    metrics.notices.labels("pending").set(1)
    metrics.tickets.labels("open").set(1)
    metrics.set_aside.labels("ticket").set(1)

    async def answers() -> bool:
        return True

    health = Health(
        in_group=lambda: True,
        broker=answers,
        database=answers,
        oldest_batch_seconds=lambda: 0.0,
        identity=Identity("city", "rectify", "cluster"),
    )
    return health, metrics


@pytest.fixture
async def shown() -> dict[str, set[str]]:
    """What `/metrics` says: the names of its samples, and their labels."""
    health, metrics = worker()

    async def observe() -> None:
        await health.probe()

    pages = build_app(health, metrics, observe=observe)
    async with serve(pages, "127.0.0.1", 0) as port, httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    families = text_string_to_metric_families(text)
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


def test_every_metric_that_is_asked_for_is_shown(shown: dict[str, set[str]]) -> None:
    """A name or label that a worker does not show would make an alert that never fires."""
    for question in questions():
        asked = OURS.findall(question)
        assert asked or "up{" in question, question
        labels = {label for name, _ in asked for label in shown.get(name, {"?"})} | FROM_PROMETHEUS
        assert [name for name, _ in asked if name not in shown] == [], question
        for name, chosen in asked:
            assert set(re.findall(r"(\w+)\s*[=!]", chosen)) <= shown[name] | FROM_PROMETHEUS, question
        for grouped in GROUPED.findall(question):
            assert {label.strip() for label in grouped.split(",")} <= labels, question
        assert question.count("(") == question.count(")"), question


def test_what_is_recorded_is_asked_for() -> None:
    """Alerts ask for no recorded series that nobody records; one that nothing asks for is none."""
    recorded = [rule["record"] for rule in rules() if "record" in rule]
    asked = {name for question in questions() for name in re.findall(r"rectify:[\w:]+", question)}
    assert sorted(recorded) == sorted(asked)


def test_every_metric_is_on_the_board() -> None:
    """A metric that nobody looks at is none."""
    asked = {
        re.sub("_(bucket|sum|count|total)$", "", name)
        for panel in panels()
        for target in panel["targets"]
        for name, _ in OURS.findall(target["expr"])
    }
    _, metrics = worker()
    assert asked == {family.name for family in metrics.registry.collect()}


def test_every_alert_has_its_page() -> None:
    """One heading for each alert, in the same order, with what it means, what to look at, what to do; and a link."""
    names = [rule["alert"] for rule in alerts()]
    pages = {part.split("\n", 1)[0]: part for part in RUNBOOK.split("\n## ")[1:]}
    assert list(pages) == names
    for rule in alerts():
        page = pages[rule["alert"]]
        assert all(f"**{word}**" in page for word in ("Meaning", "Look at", "Do")), rule["alert"]
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert re.search(r"[\u4e00-\u9fff].* · [\w{]", rule["annotations"]["summary"]), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_prometheus_reads_these_rules() -> None:
    """The example's rule file exists, and its job is the one that the alerts ask for."""
    config = yaml.safe_load((ROOT / "ops" / "prometheus.yml").read_text("utf-8"))
    assert all((ROOT / "ops" / name).is_file() for name in config["rule_files"])
    assert [job["job_name"] for job in config["scrape_configs"]] == ["rectify"]


def test_the_board_is_complete() -> None:
    """Each panel has its place and a title in two languages; no two share an id."""
    assert len({panel["id"] for panel in panels()}) == len(panels())
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()}) == len(panels())
    assert all(" · " in panel["title"] for panel in panels())
