"""A file that a command writes: only a new one, since somebody may have edited what is there."""

from __future__ import annotations

from pathlib import Path

from streams.services.failure import Failure


def write_new(file: Path, content: bytes) -> None:
    """Raises Failure for a file that exists."""
    try:
        with file.open("xb") as opened:
            opened.write(content)
    except FileExistsError:
        raise _exists(file) from None


def refuse_existing(file: Path) -> None:
    """The same before the content is there."""
    if file.exists():
        raise _exists(file)


def _exists(file: Path) -> Failure:
    return Failure(f"文件已存在，未覆盖 · the file exists and is not overwritten: {file}")
