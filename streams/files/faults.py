"""What is wrong with a file that somebody hands over: registry, policy, settings, calendar, findings."""

from __future__ import annotations

from typing import NamedTuple


class FileFault(NamedTuple):
    """One thing wrong; whoever does not know the file's name leaves it empty."""

    file: str = ""
    place: int | str = ""  # a line from 1, 0 the file as a whole; or in words: `sheet 单位, row 3`
    field: str = ""  # a path (`checks.link.dead.term`), or the header of a column
    reason: str = ""

    def __str__(self) -> str:
        """`pack.yaml:3: checks: ...`, as editors understand it, or `units.xlsx: sheet 单位, row 3: 邮箱: ...`."""
        if isinstance(self.place, int):
            return f"{self.file}:{self.place}: {self.field or '(file)'}: {self.reason}"
        return ": ".join(part for part in (self.file, self.place, self.field, self.reason) if part)


class FileError(ValueError):
    """A file that cannot be taken; `faults` lists what is wrong with it, for whoever handed it over."""

    def __init__(self, *faults: FileFault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults
