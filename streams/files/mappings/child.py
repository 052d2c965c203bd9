"""A process of its own in which expressions are evaluated: no environment, no files, bounded time and memory.

Started by `evaluation.py` as a script. The standard input is one line of JSON {`program`, `parts`, `seconds`,
`bytes`} and the document; the standard output is what the program makes of it, or {`error`}.
"""

from __future__ import annotations

import json
import os
import resource
import sys

import jq


def _answer(order: dict[str, object], document: str) -> str:
    try:
        program = jq.compile(str(order["program"]))
    except ValueError as error:
        return json.dumps({"error": _broken(order["parts"], error)})
    if not document:
        return "{}"
    try:
        return str(program.input_text(document).text())
    except (ValueError, MemoryError) as error:
        return json.dumps({"error": [["", _first_line(error)]]})


def _broken(parts: object, error: Exception) -> list[list[str]]:
    """Which of the expressions are none, each by its path."""
    found = []
    for name, text in dict(parts).items():  # type: ignore[call-overload] # an object of JSON
        try:
            jq.compile(text)
        except ValueError as wrong:
            found.append([name, _first_line(wrong)])
    return found or [["", _first_line(error)]]


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def main() -> None:
    """One order, one answer."""
    os.environ.clear()  # what Python itself has put there
    order = json.loads(sys.stdin.buffer.readline())
    document = sys.stdin.buffer.read().decode()
    resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"]))
    resource.setrlimit(resource.RLIMIT_AS, (order["bytes"], order["bytes"]))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    sys.stdout.buffer.write(_answer(order, document).encode())


if __name__ == "__main__":
    main()
