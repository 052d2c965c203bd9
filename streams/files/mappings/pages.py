"""A folder of pages as UTF-8 files, for tools that read files: which file is which page, and what was not fetched.

F-12  What a tool says about files of such a folder is as old as the folder: its run began when the fetching did.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from streams.files.faults import FileError, FileFault
from streams.files.mappings.runs import AskedPages

INDEX: Final = "pages.json"


class PageIndex(BaseModel):
    """What stands in the folder's `pages.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fetched_at: AwareDatetime  # when the fetching began
    start: str  # the start page's address
    start_status: int  # what it answered with; 0: nothing
    covered: Mapping[str, str]  # the page's address, by its file
    gone: tuple[str, ...] = ()  # 404, 410
    missed: Mapping[str, str] = {}  # address -> why


class PageFolder:
    """Such a folder, to be read."""

    def __init__(self, path: Path, index: PageIndex) -> None:
        self._path, self._index = path.resolve(), index

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises FileError: it is none."""
        try:
            return cls(path, PageIndex.model_validate_json((path / INDEX).read_bytes()))
        except OSError as error:
            said = (
                f"没有 {INDEX}（由 rectify fetch-pages 写成） · not written by `rectify fetch-pages` ({error.strerror})"
            )
            raise FileError(FileFault(str(path), 0, "", said)) from None
        except ValidationError as error:
            raise FileError(FileFault(str(path / INDEX), 0, "", str(error))) from None

    def write(self) -> None:
        """Its index; the pages lie there already."""
        (self._path / INDEX).write_text(self._index.model_dump_json(indent=1), encoding="utf-8")

    @property
    def fetched_at(self) -> datetime:
        """When the fetching began."""
        return self._index.fetched_at

    @property
    def files(self) -> list[str]:
        """Every page's file."""
        return [str(self._path / name) for name in self._index.covered]

    def address(self, file: str) -> str | None:
        """The page that a file holds, however a tool calls the file; None: none of the folder."""
        path = Path(file) if Path(file).is_absolute() else Path.cwd() / file
        resolved = path.resolve()
        return self._index.covered.get(resolved.name) if resolved.parent == self._path else None

    @property
    def asked(self) -> AskedPages:
        """What became of the pages."""
        return AskedPages(
            start=self._index.start_status == 200,  # noqa: PLR2004 - OK
            answered=frozenset(self._index.covered.values()),
            gone=frozenset(self._index.gone),
            missed=frozenset(self._index.missed),
            start_url=self._index.start,
            start_status=self._index.start_status,
        )
