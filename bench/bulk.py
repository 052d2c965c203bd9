"""`python -m bench.bulk`: rows a second of `rectify publish` and `rectify registry import`, and what memory they take.

Each command as a user starts it, on a Kafka of its own with the topics of 8 partitions that `topics create` makes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Final, NamedTuple

from openpyxl import Workbook

from bench.contenders import ROOT
from bench.processes import memory_mib
from bench.scale_page import Section, measured, say, table
from bench.servers import HEAP_MB
from bench.workload import finding
from schemas.topics import Topics
from streams.kafka.admin import create_topics, end_offsets
from streams.kafka.config import KafkaConfig
from streams.local.kafka import LocalKafka
from streams.settings.sources import PREFIX

ASSETS: Final = 10_000
LOOK_SECONDS: Final = 0.02
WORKBOOK_ROWS: Final = 100_000  # a sheet may have 200,000
DEFINITION: Final = """\
Seconds from the start of the command to its end, the interpreter's start and the last acknowledgement included; CPU and
memory (the most ever held) are the command's own, the broker has its CPU besides. Findings of about 330 bytes as JSON
Lines; assets with six columns; the registry's file is checked as a whole before the first record is sent."""


class Run(NamedTuple):
    """One command over one file. Seconds, MiB."""

    name: str
    rows: int
    seconds: float
    cpu_seconds: float
    memory_mib: float


def findings_file(path: Path, rows: int) -> None:
    """JSON Lines."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    with path.open("wb") as file:
        file.writelines((finding("", n, ASSETS, "run-1", at).value or b"") + b"\n" for n in range(rows))


HEADER: Final = ("资产编号", "名称", "类型", "单位编号", "地区", "网址")


def _asset(number: int) -> tuple[str, ...]:
    url = f"https://www.site-{number:07d}.gov.cn/"
    return f"site-{number:07d}", f"网站 {number}", "网站", f"unit-{number // 10:05d}", "咸宁市", url


def table_file(path: Path, rows: int) -> None:
    """CSV."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{','.join(cells)}\n" for cells in (HEADER, *map(_asset, range(rows))))


def workbook_file(path: Path, rows: int) -> None:
    """A workbook with one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("资产")
    for cells in (HEADER, *map(_asset, range(rows))):
        sheet.append(cells)
    book.save(path)


async def main(options: argparse.Namespace) -> None:
    """Measures each command at a tenth of the rows and at all of them: memory must not follow."""
    section = Section("Bulk 批量")
    parts: list[tuple[str, str, Callable[[Path, int], None], list[str], int]] = [
        ("publish", "f.jsonl", findings_file, ["publish", "f.jsonl"], options.rows),
        ("registry import, CSV", "a.csv", table_file, ["registry", "import", "a.csv", "--kind", "asset"], options.rows),
        ("registry import, workbook", "a.xlsx", workbook_file, ["registry", "import", "a.xlsx"], WORKBOOK_ROWS),
    ]
    found: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="rectify-bench-") as name:
        folder = Path(name)
        broker = LocalKafka(folder / "kafka", heap_mb=HEAP_MB)
        await broker.start(say)
        try:
            topics, kafka = Topics(), KafkaConfig(broker.bootstrap)
            await create_topics(kafka, topics.specs())
            for what, file, write, command, most in parts:
                for rows in (most // 10, most):
                    await asyncio.to_thread(write, folder / file, rows)
                    before = await _there(kafka, topics)
                    found.append(await asyncio.to_thread(_run, what, rows, command, folder, broker.bootstrap))
                    arrived = await _there(kafka, topics) - before
                    assert arrived == rows, f"{arrived} of {rows}"
                    say(f"{what}: {rows / found[-1].seconds:,.0f} rows/s")
                    section.write(_body(found), "not used")
        finally:
            await broker.stop()


async def _there(kafka: KafkaConfig, topics: Topics) -> int:
    return sum((await end_offsets(kafka, [topics.findings, topics.registry])).values())


def _run(what: str, rows: int, command: list[str], folder: Path, bootstrap: str) -> Run:
    env = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once
    env |= {"PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    env |= {"PYTHONPATH": str(ROOT), "RECTIFY_BROKER": f"kafka://{bootstrap}"}
    begun = monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", "from streams.cli import main; main()", *command], cwd=folder, env=env
    )
    memory = 0.0  # the system's own figure at the end would count in what this process held when it forked
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        memory = max(memory, memory_mib(process.pid))
        sleep(LOOK_SECONDS)
    _, status, used = os.wait4(process.pid, 0)
    seconds = monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return Run(what, rows, seconds, used.ru_utime + used.ru_stime, memory)


def _body(found: list[Run]) -> str:
    header = ("command", "rows", "seconds", "rows/s", "CPU µs/row", "memory MiB")
    rows = (
        (
            run.name, f"{run.rows:,}", f"{run.seconds:.1f}", f"{run.rows / run.seconds:,.0f}",
            f"{1e6 * run.cpu_seconds / run.rows:.0f}", f"{run.memory_mib:.0f}",
        )
        for run in found
    )  # fmt: skip
    return f"{table(header, rows)}\n\n{DEFINITION}"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.bulk", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="default: %(default)s")
    return parser.parse_args()


if __name__ == "__main__":
    measured(main(arguments()))
