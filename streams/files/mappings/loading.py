"""Mappings by their names: those that come with the program, and one's own in the folder `RECTIFY_MAPPINGS`.

F-2  A mapping of one's own takes the place of the built-in one of its name. What is wrong with it is said with its line
     and key; an expression that is no jq, with its path (`rectify mapping check`).
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import BaseModel, ValidationError

from schemas.mapping import Mapping, RecheckShape, SheetShape
from streams.files.config_file import MarkedFile
from streams.files.faults import FileError, FileFault

BUILTIN: Final = Path(__file__).with_name("builtin")
_SUFFIX: Final = ".yaml"
_PARTS: Final[Table[str, type[BaseModel]]] = {"": Mapping, "sheet": SheetShape, "recheck": RecheckShape}


class MappingFile(NamedTuple):
    """Where a mapping stands, and whether it comes with the program."""

    name: str
    path: Path
    builtin: bool


def mapping_files(folder: Path | None) -> dict[str, MappingFile]:
    """All that there are, by name. Raises FileError: the folder is none."""
    found = {path.stem: MappingFile(path.stem, path, True) for path in BUILTIN.glob(f"*{_SUFFIX}")}
    if folder is not None:
        if not folder.is_dir():
            raise FileError(FileFault(str(folder), 0, "", "is no folder (RECTIFY_MAPPINGS)"))
        found |= {path.stem: MappingFile(path.stem, path, False) for path in folder.glob(f"*{_SUFFIX}")}
    return dict(sorted(found.items()))


def load_mapping(name: str, folder: Path | None = None) -> Mapping:
    """The mapping of this name, or in the file of this path. Raises FileError."""
    path = Path(name)
    if path.suffix == _SUFFIX:
        return read_mapping(path)
    files = mapping_files(folder)
    if name not in files:
        near = get_close_matches(name, files, n=1)
        meant = f"；是否 {near[0]}？did you mean {near[0]}?" if near else ""
        raise FileError(
            FileFault(name, "", "", f"没有这个映射 · no such mapping{meant}；可用 · there are: {', '.join(files)}")
        )
    return read_mapping(files[name].path)


def read_mapping(path: Path) -> Mapping:
    """The mapping in a file; its expressions are not looked at yet. Raises FileError."""
    file = MarkedFile(path)
    if not isinstance(file.data, dict):
        raise FileError(
            FileFault(path.name, 1, "", "a mapping is expected: `tool:`, `reads:`, `each:`, `finding:` ...")
        )
    try:
        mapping = Mapping.model_validate(file.data)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            file.wrong(fault["loc"], _reason(fault["type"], fault["loc"], fault["msg"]))
        file.done()
        raise
    if mapping.tool != path.stem:
        file.wrong(("tool",), f"must be the file's name, {path.stem!r}")
    file.done()
    return mapping


def _reason(kind: str, loc: tuple[int | str, ...], said: str) -> str:
    if kind == "missing":
        return "this key is missing"
    if kind != "extra_forbidden":
        return said.removeprefix("Value error, ")
    model = _PARTS.get(".".join(map(str, loc[:-1])), Mapping)
    near = get_close_matches(str(loc[-1]), model.model_fields, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"unknown key{meant} (there are {', '.join(model.model_fields)})"
