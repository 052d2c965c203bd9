"""Fields of a bulletin that people fill in by hand (YAML): what no program knows, such as 问责, test letters, letters.

They have a place in the templates and survive every new draft; the figures stay what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streams.files.config_file import MarkedFile


def read_typed(path: Path) -> Mapping[str, Any]:
    """The fields by name. Raises FileError."""
    file = MarkedFile(path)
    fields = file.record(file.data if file.data is not None else {}, ())
    file.done()
    return fields
