"""The figures as a page of Markdown: medians with their spread, and ratios to the faster plain agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from statistics import median

from bench import latency, throughput
from bench.contenders import QUIX
from bench.latency import Latency
from bench.throughput import Result

PLAIN = "plain Faust"
OWN = "this worker"


def page(
    command: str, at: datetime, machine: Sequence[str], results: Sequence[Result], latencies: Sequence[Latency]
) -> str:
    """The whole page."""
    parts = [f"# Benchmark\n\n`{command}` on {at:%Y-%m-%d}:\n"]
    parts += [f"- {line}" for line in machine]
    if results:
        rounds = max(result.round for result in results)
        messages = min(result.report.handled for result in results)
        size = f"{messages:,} messages a phase, 4 partitions, about 330 bytes of JSON"
        parts += [
            "\n## Findings per second\n",
            f"{size}; median of {rounds} (lowest - highest).\n",
            _throughput(results),
            f"\n{throughput.DEFINITION}",
        ]
    if latencies:
        parts += ["\n## Latency\n", _latency(latencies), f"\n{latency.DEFINITION}"]
    return "\n".join(parts) + "\n"


def _throughput(results: Sequence[Result]) -> str:
    phases, names = list(dict.fromkeys(r.phase for r in results)), list(dict.fromkeys(r.contender for r in results))
    lines = [
        "| phase | contender | messages/s | x plain | x Quix | with owed | x plain | CPU µs | tickets + events |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for phase in phases:
        of = {name: [r for r in results if r.phase == phase and r.contender == name] for name in names}
        best = max((median(map(rate, rows)) for name, rows in of.items() if name.startswith(PLAIN)), default=0.0)
        quix = median(map(rate, of[QUIX])) if of.get(QUIX) else 0.0
        for name, rows in of.items():
            is_own = name.startswith(OWN)
            owed = [_spread(rate_with_owed, rows), _ratio(rate_with_owed, rows, best)] if is_own else ["", ""]
            cells = [
                phase, name, _spread(rate, rows), _ratio(rate, rows, best) if is_own else "",
                _ratio(rate, rows, quix) if is_own else "", *owed,
                f"{median(map(cpu, rows)):.0f}",
                f"{median(r.tickets for r in rows):,.0f} + {median(r.events for r in rows):,.0f}",
            ]  # fmt: skip
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def rate(result: Result) -> float:
    """Findings per second."""
    return result.report.handled / result.report.seconds


def rate_with_owed(result: Result) -> float:
    """Findings per second when publishing the waiting counters is counted too."""
    return result.report.handled / (result.report.seconds + result.report.owed_seconds)


def cpu(result: Result) -> float:
    """Microseconds of the contender's process for one finding."""
    return 1e6 * result.report.cpu_seconds / result.report.handled


def _spread(figure: Callable[[Result], float], rows: Sequence[Result]) -> str:
    figures = sorted(map(figure, rows))
    middle = f"{median(figures):,.0f}"
    return f"{middle} ({figures[0]:,.0f} - {figures[-1]:,.0f})" if len(figures) > 1 else middle


def _ratio(figure: Callable[[Result], float], rows: Sequence[Result], best: float) -> str:
    return f"**{median(map(figure, rows)) / best:.2f}**" if best else ""


def _latency(latencies: Sequence[Latency]) -> str:
    lines = ["| contender | p50 ms | p99 ms | worst ms |", "|---|---|---|---|"]
    lines += [f"| {of.contender} | {of.p50:.0f} | {of.p99:.0f} | {of.worst:.0f} |" for of in latencies]
    return "\n".join(lines)
