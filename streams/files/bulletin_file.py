"""A file with a bulletin's figures: JSON as `rectify bulletin` writes it, or YAML by hand."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.printed_figures import PrintedFigures
from streams.files.config_file import MarkedFile
from streams.files.faults import FileError, FileFault


def read_figures(path: Path) -> dict[str, Any]:
    """The document as it stands there. Raises FileError."""
    if path.suffix.lower() in (".yaml", ".yml"):
        file = MarkedFile(path)
        fields = file.record(file.data if file.data is not None else {}, ())
        file.done()
        return dict(fields)
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise FileError(FileFault(str(path), 0, "", f"cannot be read ({error.strerror})")) from error
    except orjson.JSONDecodeError as error:
        raise FileError(FileFault(path.name, error.lineno, "", f"not JSON ({error.msg})")) from error
    if not isinstance(document, dict):
        raise FileError(FileFault(path.name, 0, "", "expected a JSON object"))
    return document


def printed_figures(path: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    """What of a document can be checked. Raises FileError, naming each field that is not what it should be."""
    try:
        return PrintedFigures.model_validate(document).as_given()
    except ValidationError as error:
        faults = [
            FileFault(path.name, 0, ".".join(map(str, fault["loc"])), fault["msg"])
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise FileError(*faults) from None


def with_moved_parts(document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """An issued bulletin with the lists that stand in files of this folder. Raises FileError for one that does not."""
    made = dict(document)
    for section in ("by", "lists"):
        made[section] = {
            name: _moved(part, folder) if isinstance(part, Mapping) else part for name, part in made[section].items()
        }
    return made


def _moved(part: Mapping[str, Any], folder: Path) -> Any:
    path = folder / f"{part['sha256']}.json"
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"a list of the bulletin stands in this file, which cannot be read ({error.strerror})"
        raise FileError(FileFault(str(path), 0, "", msg)) from error
    if sha256(content).hexdigest() != part["sha256"]:
        raise FileError(FileFault(str(path), 0, "", "is not the list that was issued: its SHA-256 is another"))
    return orjson.loads(content)
