"""What a worker shows to Prometheus, and what its logs never say."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from aiokafka.errors import CoordinatorNotAvailableError

from streams.kafka.quiet import NotYetMissing
from streams.worker.logs import OnceAMinute, configure
from streams.worker.metrics import LedgerFacts, Metrics

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def _lines(metrics: Metrics) -> list[str]:
    return [line for line in metrics.text().decode().splitlines() if not line.startswith("#")]


def test_batches_and_outcomes_are_counted() -> None:
    """By topic, and by what became of the messages."""
    metrics = Metrics()
    metrics.batch("rectify.findings", 1000, 0.03)
    metrics.outcomes({"opened": 2, "repeated": 998})
    metrics.dead_letters.labels("invalid_json").inc()
    lines = _lines(metrics)
    assert 'rectify_messages_total{outcome="repeated"} 998.0' in lines
    assert 'rectify_batch_size_sum{topic="rectify.findings"} 1000.0' in lines
    assert 'rectify_dead_letters_total{code="invalid_json"} 1.0' in lines


def test_what_may_happen_is_shown_before_it_does() -> None:
    """Prometheus sees no increase in a series that begins at 1: the first fault of a new worker would alarm nobody."""
    lines = _lines(Metrics())
    assert 'rectify_dead_letters_total{code="internal_error"} 0.0' in lines
    assert 'rectify_messages_total{outcome="run_held"} 0.0' in lines
    assert "rectify_dead_letters_cut_total 0.0" in lines


def test_two_workers_in_one_process_do_not_meet() -> None:
    """Each has a registry of its own."""
    first, second = Metrics(), Metrics()
    first.conflicts.inc()
    assert "rectify_conflicts_total 1.0" in _lines(first)
    assert "rectify_conflicts_total 0.0" in _lines(second)


def test_a_code_keeps_its_stable_word() -> None:
    """The provider's own number would make a series of its own."""
    metrics = Metrics()
    metrics.attempt("email", "dead", "rejected:550")
    metrics.attempt("email", "dead", "rejected:554")
    assert 'rectify_notices_sent_total{channel="email",code="rejected",outcome="dead"} 2.0' in _lines(metrics)


def test_the_ledgers_facts_become_gauges() -> None:
    """Ages are counted on their own clocks; what is gone vanishes."""
    metrics = Metrics()
    metrics.observe(
        LedgerFacts(
            at=NOW,
            real=NOW + timedelta(days=9),
            outbox_chunks=3,
            outbox_oldest=NOW + timedelta(days=9, seconds=-5),
            oldest_due_unsent=NOW - timedelta(minutes=2),
            notices={"pending": 7},
            tickets={"open": 4, "closed": 1},
            overdue=2,
            webhooks={"szfb": NOW + timedelta(days=9, minutes=-3)},
        )
    )
    lines = _lines(metrics)
    assert "rectify_outbox_age_seconds 5.0" in lines
    assert "rectify_notice_oldest_due_seconds 120.0" in lines
    assert 'rectify_tickets{status="open"} 4.0' in lines
    assert "rectify_tickets_overdue 2.0" in lines
    assert 'rectify_webhook_oldest_seconds{webhook="szfb"} 180.0' in lines
    metrics.observe(LedgerFacts(at=NOW, real=NOW))
    lines = _lines(metrics)
    assert "rectify_outbox_age_seconds 0.0" in lines
    assert not any(line.startswith(("rectify_tickets{", "rectify_webhook_")) for line in lines)


def test_the_lag_of_others_is_not_ours() -> None:
    """After a rebalance only our partitions are shown."""
    metrics = Metrics()
    metrics.lags({("rectify.findings", 0): 5, ("rectify.findings", 1): 6})
    metrics.lags({("rectify.findings", 1): 0})
    shown = [line for line in _lines(metrics) if line.startswith("rectify_consumer_lag{")]
    assert shown == ['rectify_consumer_lag{partition="1",topic="rectify.findings"} 0.0']


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines."""
    stream = io.StringIO()
    before = logging.getLogger().handlers[:]
    configure(stream=stream)
    yield stream
    logging.getLogger().handlers[:] = before
    structlog.reset_defaults()


def test_a_line_is_json_with_its_event_and_subject(written: io.StringIO) -> None:
    """What was bound to the context is there too."""
    with structlog.contextvars.bound_contextvars(ticket="ZG20260302-AAA"):
        structlog.get_logger("streams.test").info("ticket_opened", count=2)
    line = json.loads(written.getvalue())
    assert line["event"] == "ticket_opened"
    assert (line["ticket"], line["count"], line["level"]) == ("ZG20260302-AAA", 2, "info")


def test_logs_hide_secrets_and_mask_addresses(written: io.StringIO) -> None:
    """Also inside texts, lists and tracebacks of libraries."""
    structlog.get_logger("streams.test").warning(
        "failed", password="hunter2", to=["wang@unit.gov.cn", "13800000001"], url="smtp://u:hunter3@mail"
    )
    error = ValueError("postgresql://u:hunter4@db refused li@unit.gov.cn")
    logging.getLogger("asyncpg").error("lost", exc_info=error)
    text = written.getvalue()
    assert "w***@unit.gov.cn" in text
    assert "138****0001" in text
    for secret in ("hunter2", "hunter3", "hunter4", "wang@", "li@", "13800000001"):
        assert secret not in text


def test_libraries_are_heard_from_warning_on(written: io.StringIO) -> None:
    """Their chatter is not."""
    logging.getLogger("aiokafka").info("chatter")
    logging.getLogger("aiokafka").warning("no broker %s", 1)
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["event"] == "no broker 1"


def test_a_broker_that_is_away_is_one_line_that_counts_the_others(written: io.StringIO) -> None:
    """Of one kind of line one filter decides, for every library; aiokafka's loggers have none of their own for it."""
    aiokafka = logging.getLogger("aiokafka.conn")
    for _ in range(3):
        aiokafka.warning("no broker %s", "b:1")
    (line,) = written.getvalue().splitlines()
    assert json.loads(line)["event"] == "no broker b:1"
    record = logging.LogRecord("aiokafka.conn", logging.WARNING, "", 0, "no broker %s", ("b:1",), None)
    assert all(aiokafka.filter(record) for _ in range(3))


def test_a_coordinator_that_comes_soon_is_not_missed() -> None:
    """Nothing for half a minute; then its absence is told; an hour later it may be late again."""
    now = [0.0]
    quiet = NotYetMissing(lambda: now[0])

    def passes() -> bool:
        error = CoordinatorNotAvailableError()
        record = logging.LogRecord("aiokafka", logging.ERROR, "", 0, "failed: %s", (error,), None)
        return bool(quiet.filter(record))

    told = []
    for moment in (0.0, 20.0, 40.0, 3_600.0):
        now[0] = moment
        told.append(passes())
    assert told == [False, False, True, False]


def test_a_librarys_warning_comes_once_a_minute() -> None:
    """And says how many were left out; our own always come."""
    now = [0.0]
    limit = OnceAMinute(lambda: now[0])

    def record(name: str = "aiokafka") -> logging.LogRecord:
        return logging.LogRecord(name, logging.WARNING, "", 0, "no broker %s", ("b:1",), None)

    assert [limit.filter(record()) for _ in range(3)] == [True, False, False]
    assert limit.filter(record("streams.worker.relay"))
    assert limit.filter(record("streams.worker.relay"))
    now[0] = 61.0
    again = record()
    assert limit.filter(again)
    assert again.getMessage() == "no broker b:1 (and 2 more like it)"
