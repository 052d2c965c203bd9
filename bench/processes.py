"""What processes use: CPU and memory, as Linux counts them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_UTIME, _PPID = 11, 1  # places in /proc/<pid>/stat behind the name


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used so far, also those that have ended and were waited for."""
    own = _stat(pid)
    if not own:
        return 0.0
    ticks = sum(map(int, own[_UTIME : _UTIME + 4]))
    for folder in Path("/proc").glob("[0-9]*"):
        child = _stat(int(folder.name))
        if child and int(child[_PPID]) == pid:
            ticks += sum(map(int, child[_UTIME : _UTIME + 4]))
    return ticks / _TICKS


def memory_mib(pid: int) -> float:
    """The most memory that a process has ever held."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def anonymous_mib(pid: int) -> float:
    """What it holds just now that is its own: without what it has mapped of files, which the system may take back."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
