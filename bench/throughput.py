"""Findings per second: fill the topic, start the contender, let it say how long it took, look at what it published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from bench import contenders
from bench.contenders import Contender
from bench.job import Report
from bench.preparing import prepare
from bench.servers import Servers
from bench.workload import phases
from schemas.topics import Topics

DEFINITION = """\
Each phase: the topic is filled while nobody reads, then the contender's process is started, joins its group and
recovers what it keeps. **The clock runs from the moment the first record (or the first fetch of records) reaches the
contender's handler until the last record is handled and every message that this caused is acknowledged by the broker**
(acks=all): for the plain agent with the table's changelog, for this worker with the last transaction committed and the
outbox empty. Start, joining, recovery and stopping are not counted, for nobody. Each contender reads the same bytes;
each round begins with new topics and a new database; in a round the contenders take turns.

- `new`: every finding a new problem and ticket · `repeat`: the same findings again in the same run · `day`: of 100
  messages 90 are repeats in a later run, 8 new problems, and 2 say that a run has ended; each of those proves five
  problems gone.
- This worker has everything on: validation, identity, rules, history, events, tickets, notices (rows for one mail
  contact a unit; no mail server), outbox, metrics, `synchronous=full` or PostgreSQL with `fsync=on`. On `day` it
  publishes an event for each judged run too, and closes tickets. After `repeat` and `day` it
  owes the changed counters of every ticket, which may wait for a day so that many changes become one message: *owed*
  is the time that publishing them takes right afterwards, the worst case (every ticket, once), and "with owed" is the
  rate when that is counted in full.
- The plain agent counts by fingerprint in a table in memory and publishes one event and one ticket for each new one.
  It validates nothing and keeps no history, and a run's end means nothing to it. Its acknowledgements are waited for
  together at the end, not one by one. What it reads again after a restart, because Faust's last commit did not come
  through, counts as handled.
- QuixStreams does the same with its state in RocksDB: **it validates nothing and keeps no ledger**, and closes
  nothing. The bare consumer reads with aiokafka and this worker's validation, and forgets: nothing is decided, kept
  or published.
- CPU is the contender's own process; PostgreSQL and Kafka have theirs besides."""


class Result(NamedTuple):
    """One phase of one contender in one round. `tickets` and `events`: messages published."""

    contender: str
    phase: str
    round: int
    report: Report
    tickets: int
    events: int


class Incomplete(Exception):
    """A contender did not do what it was asked for."""


async def measure(
    servers: Servers, contender: Contender, number: int, messages: int, started: datetime, say: Callable[[str], None]
) -> list[Result]:
    """All phases of one contender in one round, on topics and a database of its own."""
    job, topics = await prepare(servers, contender, f"round-{number}", messages)
    results = []
    for phase, findings in phases(topics.findings, messages, started).items():
        await servers.publish(findings)
        ends = await servers.ends(topics.findings)
        before = await _published(servers, topics)
        report = await contenders.run(contender, job.model_copy(update={"ends": ends}))
        after = await _published(servers, topics)
        result = Result(contender.name, phase, number, report, after[0] - before[0], after[1] - before[1])
        _check(result, messages, contender)
        say(f"round {number} · {contender.name} · {phase}: {report.handled / report.seconds:,.0f}/s")
        results.append(result)
    return results


async def _published(servers: Servers, topics: Topics) -> tuple[int, int]:
    return await servers.count(topics.tickets), await servers.count(topics.events)


def _check(result: Result, messages: int, contender: Contender) -> None:
    """Nobody is fast by leaving something out. Who is not this worker may read again what it had not committed."""
    handled, is_own = result.report.handled, contender.is_own
    if contender.publishes:
        new, gone = {"new": (messages, 0), "repeat": (0, 0), "day": (messages * 8 // 100, messages // 10)}[result.phase]
    else:
        new, gone = 0, 0
    told = min(result.tickets, result.events) >= new + (gone if is_own else 0)
    if handled < messages or (is_own and handled > messages) or not told:
        raise Incomplete(f"of {messages} findings: {result}")
