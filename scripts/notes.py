"""Release notes of what CHANGELOG.md has under its first heading: first what somebody must know before the upgrade.

python scripts/notes.py > dist/NOTES.md
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[1]
_MARK: Final = "**[CHANGE]** "
_BEFORE: Final = "升级前须知：其他程序看得到的变化 · Before the upgrade: what other programs see"


def sections(changelog: str) -> dict[str, list[str]]:
    """The entries under the first heading of a version, by their kind (Added, Changed, Fixed)."""
    newest = re.split(r"^## .*\n", changelog, flags=re.MULTILINE)[1]
    kinds = re.split(r"^### (.*)\n", newest, flags=re.MULTILINE)
    return {
        kind: re.findall(r"^- .*(?:\n(?!-|#).+)*", text, re.MULTILINE)
        for kind, text in zip(kinds[1::2], kinds[2::2], strict=True)
    }


def notes(changelog: str, version: str) -> str:
    """The notes of a version: what is marked as a change of the contract, then every other entry."""
    kinds = sections(changelog)
    marked = [entry for entries in kinds.values() for entry in entries if _MARK in entry]
    parts = [f"# Rectify 整改闭环 {version}\n", f"## {_BEFORE}\n", *(entry.replace(_MARK, "") for entry in marked)]
    for kind, entries in kinds.items():
        parts += [f"\n## {kind}\n", *(entry for entry in entries if _MARK not in entry)]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    print(notes((_ROOT / "CHANGELOG.md").read_text("utf-8"), project["version"]), end="")
