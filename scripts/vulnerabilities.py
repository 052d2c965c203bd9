"""What pip-audit found, in words, with an exit code that tells "none known" from "nobody could be asked".

python scripts/vulnerabilities.py AUDIT.json ERRORS.txt EXIT_CODE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_NOT_ASKED = "漏洞库没有答复，未能核对 · the database of vulnerabilities could not be asked"


def verdict(report: dict[str, Any] | None, errors: str, code: int) -> tuple[str, int]:
    """What to say of a report, and the exit code: 1 only for a vulnerability that is known.

    Without a report, or where nothing of it was looked up, the database was out of reach.
    """
    if report is None:
        last = errors.strip().splitlines()[-1:] or [f"exit code {code}"]
        return f"{_NOT_ASKED}: {last[0]}", 0
    packages = report["dependencies"]
    unknown = [package for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        return f"{_NOT_ASKED} ({len(packages)}): {unknown[0]['skip_reason'] if unknown else 'an empty report'}", 0
    found = [
        f"{package['name']} {package['version']}: {known['id']}, fixed in {', '.join(known['fix_versions']) or '-'}"
        for package in packages
        for known in package.get("vulns", [])
    ]
    asked = (
        f"漏洞核对：{len(packages) - len(unknown)} 个包，{len(unknown)} 个查不到 · vulnerabilities: {len(found)} known"
    )
    return "\n".join([asked, *found]), 1 if found else 0


def main(audit: str, errors: str, code: str) -> int:
    """Print the verdict and return its exit code."""
    written = Path(audit).read_text("utf-8")
    try:
        report = json.loads(written)
    except ValueError:
        report = None
    text, failed = verdict(report, Path(errors).read_text("utf-8"), int(code))
    print(text)
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
