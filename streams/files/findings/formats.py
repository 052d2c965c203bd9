"""The formats in which findings come, and a file of any of them as batches of messages."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import BinaryIO, Final

from streams.files.faults import FileError, FileFault
from streams.files.findings.files import AT_ONCE, FileMessage, csv_rows, json_lines
from streams.files.findings.sarif import SarifLog

UTF_8: Final = "utf-8-sig"
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Format(StrEnum):
    """What a file of findings is."""

    JSONL = "jsonl"
    CSV = "csv"
    SARIF = "sarif"


_ENDINGS: Final[Mapping[str, Format]] = {".csv": Format.CSV, ".sarif": Format.SARIF, ".sarif.json": Format.SARIF}


def format_of(name: str) -> Format:
    """By the ending of a file's name; JSON Lines where that says nothing."""
    return next((kind for ending, kind in _ENDINGS.items() if name.lower().endswith(ending)), Format.JSONL)


class FindingsFile:
    """A file on its way to be messages, read once; `log` is what there is to say of a SARIF log, afterwards."""

    def __init__(
        self, stream: BinaryIO, kind: Format, at: datetime, max_bytes: int, *, asset: str = "", encoding: str = UTF_8
    ) -> None:
        """`asset`: sarif: whose it is; `at` stands in for a run that does not say when it ended; `encoding`: csv.

        Raises FileError: a SARIF log that is too large; LookupError: there is no such encoding.
        """
        self.log = SarifLog.read(stream, asset, at, max_bytes) if kind is Format.SARIF else None
        self._rows = csv_rows(_text(stream, encoding)) if kind is Format.CSV else None
        self._stream, self._max_bytes, self._encoding = stream, max_bytes, encoding

    async def batches(self) -> AsyncIterator[list[FileMessage]]:
        """Messages, as many at a time as are acknowledged together. Raises FileError."""
        if self.log is not None:
            source = _in_batches(self.log.entries())
        elif self._rows is not None:
            source = _in_batches(self._rows)
        else:
            source = json_lines(self._stream, self._max_bytes)
        try:
            async for batch in source:
                yield batch
        except UnicodeError:
            msg = f"the file is not text in {self._encoding}; try --encoding gb18030"
            raise FileError(FileFault(reason=msg)) from None
        except csv.Error as error:
            msg = f"not CSV: {error}"
            raise FileError(FileFault(reason=msg)) from None


async def _in_batches(entries: Iterable[FileMessage]) -> AsyncIterator[list[FileMessage]]:
    iterator = iter(entries)
    while batch := list(islice(iterator, AT_ONCE)):
        yield batch


def _text(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    if encoding == UTF_8 and isinstance(stream, io.BufferedReader) and stream.peek(2).startswith(_UTF_16):
        encoding = "utf-16"
    return io.TextIOWrapper(stream, encoding, newline="")
