"""The records of a CSV file: a bad one is named by its line and costs nothing else (O-4: no line without an end)."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple, TextIO

LINE_CHARACTERS: Final = 1_048_576  # characters
_DELIMITERS: Final = ",;\t"
_SEPARATOR: Final = re.compile(r'"?sep=(.)"?[,;\t]*\s*', re.IGNORECASE)  # what Excel writes and reads


class EndlessLine(csv.Error):
    """A line that would stand in memory whole."""


class CsvRecord(NamedTuple):
    """A row, and the lines that it stands on; or what is wrong with it."""

    line: int
    last: int
    cells: list[str]
    fault: str = ""


class _Lines:
    """The lines of a file, of which those that were read for nothing are read again."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self.taken: list[str] = []  # for the record that is being read
        self.number = 0  # of the last line taken

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._file.readline(LINE_CHARACTERS + 1)
        if not line:
            raise StopIteration
        if len(line) > LINE_CHARACTERS:
            msg = f"line {self.number + 1} has more than {LINE_CHARACTERS} characters"
            raise EndlessLine(msg)
        self.number += 1
        self.taken.append(line)
        return line

    def give_back(self, count: int) -> None:
        """The last lines taken are to be read again."""
        self._again.extendleft(reversed(self.taken[len(self.taken) - count :]))
        self.number -= count


def csv_records(file: TextIO) -> Iterator[CsvRecord]:
    """Each row, with the separator that its first line has (or names by `sep=`): comma, semicolon, tab.

    After a quote that is never closed it goes on with the next line. Raises EndlessLine.
    """
    lines = _Lines(file)
    delimiter = _delimiter(lines)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        first = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except EndlessLine:
            raise
        except csv.Error as error:
            yield CsvRecord(first, first, [], _fault(error, lines.number))
            lines.give_back(len(lines.taken) - 1)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        else:
            yield CsvRecord(first, lines.number, cells)


def _delimiter(lines: _Lines) -> str:
    first = next(lines, "")
    named = _SEPARATOR.fullmatch(first)
    if named is None and first:
        lines.give_back(1)
    return named[1] if named is not None else max(_DELIMITERS, key=first.count)


def _fault(error: csv.Error, last: int) -> str:
    if "end of data" in str(error) or "field limit" in str(error):
        return f'引号未闭合 · not CSV ({error}): a quote (") that begins here is not closed'
    return f'引号有误 · not CSV ({error}): a quote (") stands where none may be, in this line or before line {last + 1}'
