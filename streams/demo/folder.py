"""The folder for what the demonstration leaves behind: made anew each time, and nothing in it that is not ours goes."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

MARK: Final = ".rectify-demo"
_OURS: Final = (
    "mails/[0-9][0-9][0-9]-*@*.eml",
    "mails/[0-9][0-9][0-9]-*@*.html",
    "topics/*.jsonl",
    "index.html",
    "sms.txt",
    "timeline.txt",
    "worker.log",
    "rectify.db",
    "rectify.db-wal",
    "rectify.db-shm",
    "pages.db",
    "pages.db-wal",
    "pages.db-shm",
    "web-links.key",
)


class FolderTaken(Exception):
    """The folder is not ours to use; the text says why."""


@contextmanager
def fresh(path: Path) -> Iterator[Path]:
    """The folder, empty but for what somebody else may have put there. Raises FolderTaken, OSError."""
    folder = path.absolute()
    if folder.exists() and not (folder.is_dir() and ((folder / MARK).exists() or not any(folder.iterdir()))):
        raise FolderTaken(f"{folder} 里有别的文件，请用 --out 换一个目录 · has other files; choose another with --out")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / MARK).open("w") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderTaken(f"另一个演示正在使用 {folder} · another demo is using this folder") from None
        _clear(folder)
        yield folder


def _clear(folder: Path) -> None:
    for pattern in _OURS:
        for file in folder.glob(pattern):
            file.unlink()
    for inner in ("mails", "topics"):
        with suppress(OSError):  # not there, or with files of others
            (folder / inner).rmdir()
        (folder / inner).mkdir(exist_ok=True)
