"""What `make lock` changed, a line a package: new, gone, or from which version to which.

python scripts/lock_report.py    compares each lock with the one of the last commit
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
_PINNED: Final = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def changes(before: str, after: str) -> list[str]:
    """The packages of two locks that differ; a first number that rises is a major release, to be read about."""
    old, new = dict(_PINNED.findall(before)), dict(_PINNED.findall(after))
    lines = []
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was is None:
            lines.append(f"+ {name} {now}")
        elif now is None:
            lines.append(f"- {name} {was}")
        elif was != now:
            mark = "!" if was.partition(".")[0] != now.partition(".")[0] else " "
            lines.append(f"{mark} {name} {was} -> {now}")
    return lines


if __name__ == "__main__":
    for lock in sorted(_ROOT.glob("requirements*.lock")):
        shown = subprocess.run(
            ["git", "show", f"HEAD:{lock.name}"], cwd=_ROOT, capture_output=True, text=True, check=False
        )
        print(f"{lock.name}")
        for line in changes(shown.stdout, lock.read_text("utf-8")) or ["  没有变化 · nothing changed"]:
            print(f"  {line}")
