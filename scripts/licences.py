"""Whose licences are shipped: reads CycloneDX files, and fails on a licence that nobody has looked at.

python scripts/licences.py dist/sbom-*.cdx.json
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

# What may be given away with the product as it is, by its SPDX identifier or by the name that a package gives instead.
ALLOWED: Final = frozenset(
    {
        "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "PSF-2.0", "Python-2.0",
        "Unlicense",
        "License :: OSI Approved :: Apache Software License", "License :: OSI Approved :: BSD License",
        "License :: Repoze Public License",  # BSD with the name reserved: venusian
        "Go License",  # BSD-3-Clause: re2j
        # Their own files stay under them; they lie in an installation unchanged, each with its source in its registry.
        "MPL-2.0", "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)",
        "LGPL-2.1-only",  # docxtpl: a library that anybody may exchange in the folder of packages
    }
)  # fmt: skip
_SAYS_NOTHING: Final = "License :: OSI Approved"  # a heading among a package's classifiers


def names(component: dict[str, Any]) -> Iterator[str]:
    """Every licence that a component names; of an expression, each side of AND and OR."""
    for entry in component.get("licenses", []):
        if expression := entry.get("expression"):
            yield from re.split(r"\s+(?:AND|OR)\s+|[()]", expression)
        else:
            yield entry["license"].get("id") or entry["license"]["name"]


def faults(component: dict[str, Any]) -> list[str]:
    """What keeps a component from being shipped; nothing if each of its licences is allowed."""
    named = {name.strip() for name in names(component)} - {"", _SAYS_NOTHING}
    return sorted(named - ALLOWED) if named else ["no licence is named"]


def main(files: list[str]) -> int:
    """Print a line for each licence, and one for each component that may not be shipped; return the exit code."""
    counted: Counter[str] = Counter()
    refused = []
    for file in files:
        for component in json.loads(Path(file).read_text("utf-8"))["components"]:
            counted.update({name.strip() for name in names(component)} & ALLOWED)
            refused += [f"{component['name']} {component['version']}: {fault}" for fault in faults(component)]
    for name, count in counted.most_common():
        print(f"{count:4}  {name}")
    for line in refused:
        print(f"许可证不在允许之列 · not an allowed licence (scripts/licences.py): {line}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
