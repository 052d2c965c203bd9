"""What the figures were measured on, and with."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from importlib.metadata import version
from pathlib import Path

from streams.local.jars import KAFKA_VERSION

LIBRARIES = ("faust-streaming", "mode-streaming", "aiokafka", "pydantic", "orjson", "asyncpg")


def describe(postgres: str) -> list[str]:
    """The machine and the versions, a line each."""
    processor = _found(Path("/proc/cpuinfo"), "model name") or platform.machine()
    system = f"{platform.system()} {platform.release()}"
    python = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    return [
        f"{os.cpu_count()} cores, {processor}, {_memory_gib():.0f} GiB, {system}",
        f"{python}, PostgreSQL {postgres}, Apache Kafka {KAFKA_VERSION}; all on this one machine",
        ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    ]


def load() -> str:
    """The load average of the last minute: what else the machine was busy with."""
    return f"{os.getloadavg()[0]:.1f}"


def _found(file: Path, field: str) -> str | None:
    if not file.exists():
        return None
    match = re.search(rf"^{field}\s*:\s*(.+)$", file.read_text(), re.MULTILINE)
    return match[1].strip() if match else None


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
