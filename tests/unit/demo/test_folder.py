"""The demonstration's folder: made anew, and never at the cost of somebody else's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.demo.folder import FolderTaken, fresh


def test_what_the_last_time_left_is_gone(tmp_path: Path) -> None:
    """Mails, pages and the database of the last time are removed."""
    out = tmp_path / "rectify-demo"
    left = [
        "mails/001-0224-0900-duty@a.example.eml", "topics/events.jsonl", "index.html", "rectify.db", "pages.db",
        "web-links.key",
    ]  # fmt: skip
    with fresh(out) as folder:
        for name in left:
            (folder / name).write_text("old")
    with fresh(out) as folder:
        assert [name for name in left if (folder / name).exists()] == []


def test_files_of_others_stay(tmp_path: Path) -> None:
    """Whatever somebody has put beside our files, or among the mails, is left alone."""
    out = tmp_path / "rectify-demo"
    mine = ["notes.txt", "mails/notes.txt"]
    with fresh(out) as folder:
        for name in mine:
            (folder / name).write_text("mine")
    with fresh(out) as folder:
        assert [(folder / name).read_text() for name in mine] == ["mine", "mine"]


def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    """A folder with files that we did not make is not touched."""
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(FolderTaken, match="--out"), fresh(tmp_path):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.doc"]


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    """`--out` may name a folder that is there and empty."""
    with fresh(tmp_path) as folder:
        assert (folder / "mails").is_dir()


def test_two_at_once_are_kept_apart(tmp_path: Path) -> None:
    """The second demonstration does not clear away what the first is writing."""
    with fresh(tmp_path / "out") as folder:
        (folder / "index.html").write_text("first")
        with pytest.raises(FolderTaken, match="another demo"), fresh(tmp_path / "out"):
            pass
        assert (folder / "index.html").read_text() == "first"
