"""A small YAML file of settings, read as a whole; what is wrong is said as `file:line: path: reason`, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from streams.files.faults import FileError, FileFault
from streams.files.yaml import YamlError, load_yaml

FILE_BYTES: Final = 1024 * 1024
Loc = tuple[int | str, ...]


class MarkedFile:
    """One file while it is read; what is wrong is gathered, and `done` raises it."""

    def __init__(self, path: Path) -> None:
        """Raises FileError: it cannot be read, or is not YAML."""
        self._file = path.name
        try:
            if path.stat().st_size > FILE_BYTES:
                raise FileError(FileFault(path.name, 0, "", f"larger than {FILE_BYTES} bytes"))
            self._document = load_yaml(path.read_bytes())
        except OSError as error:
            raise FileError(FileFault(str(path), 0, "", f"cannot be read ({error.strerror})")) from error
        except YamlError as error:
            raise FileError(FileFault(path.name, error.line, "", error.reason)) from error
        self.data: Any = self._document.data
        self._faults: list[FileFault] = []

    def wrong(self, at: Loc, reason: str) -> None:
        """Something at this path is wrong."""
        self._faults.append(FileFault(self._file, self._document.line(at), ".".join(map(str, at)), reason))

    def done(self) -> None:
        """Raises FileError when anything was wrong."""
        if self._faults:
            raise FileError(*sorted(self._faults, key=attrgetter("place")))

    def record(self, value: Any, at: Loc, known: Sequence[str] | None = None) -> Mapping[str, Any]:
        """A mapping, with these fields if they are given; what is not among them is wrong and left out."""
        if not isinstance(value, dict):
            self.wrong(at, "expected fields")
            return {}
        for name in value:
            if known is not None and name not in known:
                self.wrong((*at, str(name)), f"expected one of {', '.join(known)}")
        return {str(name): part for name, part in value.items() if known is None or name in known}

    def text(self, fields: Mapping[str, Any], at: Loc) -> str:
        """The text of a field that must be there."""
        value = fields.get(str(at[-1]))
        text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        if not text:
            self.wrong(at, "a text is needed")
        return text

    def number(self, value: Any, at: Loc, otherwise: int, reason: str) -> int:
        """A whole number."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.wrong(at, reason)
        return otherwise
