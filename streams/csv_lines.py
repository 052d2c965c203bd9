"""The lines of a CSV file, none of them without an end: one endless line would stand in memory whole (O-4)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final, TextIO

LINE_CHARACTERS: Final = 1_048_576  # characters


def short_lines(file: TextIO) -> Iterator[str]:
    """Each line. Raises csv.Error at one that is too long."""
    while line := file.readline(LINE_CHARACTERS + 1):
        if len(line) > LINE_CHARACTERS:
            msg = f"a line has more than {LINE_CHARACTERS} characters"
            raise csv.Error(msg)
        yield line
