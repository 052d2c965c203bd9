"""A backup has what the pages keep: who typed what, which files belong to which ticket, and the files."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.files.uploads.shelf import Shelf
from streams.ledger import upgrade
from streams.ledger.errors import CopyError
from streams.ledger.reading.inspection import read_through
from streams.services.backup import back_up_all, pages_copy
from streams.settings.model import Settings
from streams.store.store import PageAct, Upload, open_store

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
ACT = PageAct("c-1", "form", "link:0", "ZG1", "kjj-site", "claim", "张三", "13800000001", "", AT)
PHOTO = b"\xff\xd8\xff\xe0 after the repair"
UPLOAD = Upload("ZG1", sha256(PHOTO).hexdigest(), "link:0", "整改后.jpg", "image/jpeg", 1_024, AT)


def at(folder: Path) -> Settings:
    """An installation in this folder."""
    return Settings(data_dir=folder, database_url=SecretStr(f"sqlite:///{folder / 'rectify.db'}"))


async def test_ledger_and_store_come_back_together(tmp_path: Path) -> None:
    """All copies are put in place in an empty folder: the pages know the act and the file, and have its bytes."""
    lost, found = tmp_path / "lost", tmp_path / "found"
    lost.mkdir()
    found.mkdir()
    await upgrade(at(lost).database_url.get_secret_value())
    store = await open_store(at(lost).database_url.get_secret_value())
    await store.add_acts([ACT])
    await store.add_uploads([UPLOAD])
    upload(at(lost), PHOTO)
    made = await back_up_all(at(lost), tmp_path / "ledger.db")  # beside an open store, as beside a web process
    await store.close()

    assert [one.file.name for one in made.databases] == ["ledger.db", "ledger.pages.db"]
    assert [one.bytes for one in made.databases] == [one.file.stat().st_size for one in made.databases]
    assert (made.uploads.files, made.uploads.bytes) == (1, len(PHOTO))
    shutil.copy(tmp_path / "ledger.db", found / "rectify.db")
    shutil.copy(tmp_path / "ledger.pages.db", found / "pages.db")
    shutil.copytree(tmp_path / "files", at(found).files_dir)
    await read_through(f"sqlite:///{found / 'rectify.db'}")
    store = await open_store(at(found).database_url.get_secret_value())
    assert (await store.acts_of("ZG1"), await store.uploads_of("ZG1")) == ([ACT], [UPLOAD])
    await store.close()
    kept = Shelf(at(found).files_dir).find(UPLOAD.sha256)
    assert kept is not None
    assert kept.read_bytes() == PHOTO


async def test_files_are_copied_once_and_checked(tmp_path: Path) -> None:
    """Backups beside each other share a folder that gets what it lacks; bytes that have changed are not copied."""
    settings = at(tmp_path / "data")
    await upgrade(settings.database_url.get_secret_value())
    copies = tmp_path / "backup"
    copies.mkdir()
    first, second = upload(settings, PHOTO), upload(settings, PHOTO + b"!")
    await back_up_all(settings, copies / "monday.db")
    third = upload(settings, PHOTO + b"?")
    place = Shelf(settings.files_dir).find(third)
    assert place is not None
    place.write_bytes(b"\xff\xd8\xff other bytes")
    fourth = upload(settings, PHOTO + b"...")
    Shelf(settings.files_dir).forget(first)  # pruned with its ticket; monday's backup still has it

    made = await back_up_all(settings, copies / "tuesday.db")

    assert (made.uploads.files, made.uploads.damaged) == (1, [third])
    assert {path.name for path in (copies / "files").glob("*/*")} == {first, second, fourth}


def upload(settings: Settings, content: bytes) -> str:
    """A file on the shelf, by its hash."""
    shelf = Shelf(settings.files_dir)
    incoming = shelf.receive(1_000)
    incoming.write(content)
    stored = shelf.keep(incoming)
    assert stored is not None
    return stored.sha256


async def test_a_ledger_whose_pages_nobody_has_opened(tmp_path: Path) -> None:
    """One file, as ever."""
    await upgrade(at(tmp_path).database_url.get_secret_value())
    made = await back_up_all(at(tmp_path), tmp_path / "ledger.db")
    assert [one.file.name for one in made.databases] == ["ledger.db"]
    assert not made.uploads_folder.exists()


async def test_neither_is_written_over(tmp_path: Path) -> None:
    """Where one of the two is there already nothing is copied, so that no pair is half of one day, half of another."""
    await upgrade(at(tmp_path).database_url.get_secret_value())
    await (await open_store(at(tmp_path).database_url.get_secret_value())).close()
    older = pages_copy(tmp_path / "ledger.db")
    older.write_bytes(b"yesterday's")
    with pytest.raises(CopyError, match=r"ledger\.pages\.db"):
        await back_up_all(at(tmp_path), tmp_path / "ledger.db")
    assert older.read_bytes() == b"yesterday's"
    assert not (tmp_path / "ledger.db").exists()
