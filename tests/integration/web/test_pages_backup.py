"""A backup has what the pages keep: who typed what, and which files belong to which ticket."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.ledger import upgrade
from streams.ledger.errors import CopyError
from streams.ledger.reading.inspection import read_through
from streams.services.backup import back_up_all, pages_copy
from streams.settings.model import Settings
from streams.store.store import PageAct, Upload, open_store

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
ACT = PageAct("c-1", "form", "link:0", "ZG1", "kjj-site", "claim", "张三", "13800000001", "", AT)
UPLOAD = Upload("ZG1", "ab" * 32, "link:0", "整改后.jpg", "image/jpeg", 1_024, AT)


def at(folder: Path) -> Settings:
    """An installation in this folder."""
    return Settings(data_dir=folder, database_url=SecretStr(f"sqlite:///{folder / 'rectify.db'}"))


async def test_ledger_and_store_come_back_together(tmp_path: Path) -> None:
    """Both copies are put in place in an empty folder: the pages know the act and the file."""
    lost, found = tmp_path / "lost", tmp_path / "found"
    lost.mkdir()
    found.mkdir()
    await upgrade(at(lost).database_url.get_secret_value())
    store = await open_store(at(lost).database_url.get_secret_value())
    await store.add_acts([ACT])
    await store.add_uploads([UPLOAD])
    copied = await back_up_all(at(lost), tmp_path / "ledger.db")  # beside an open store, as beside a web process
    await store.close()

    assert [one.file.name for one in copied] == ["ledger.db", "ledger.pages.db"]
    assert [one.bytes for one in copied] == [one.file.stat().st_size for one in copied]
    shutil.copy(tmp_path / "ledger.db", found / "rectify.db")
    shutil.copy(tmp_path / "ledger.pages.db", found / "pages.db")
    await read_through(f"sqlite:///{found / 'rectify.db'}")
    store = await open_store(at(found).database_url.get_secret_value())
    assert (await store.acts_of("ZG1"), await store.uploads_of("ZG1")) == ([ACT], [UPLOAD])
    await store.close()


async def test_a_ledger_whose_pages_nobody_has_opened(tmp_path: Path) -> None:
    """One file, as ever."""
    await upgrade(at(tmp_path).database_url.get_secret_value())
    copied = await back_up_all(at(tmp_path), tmp_path / "ledger.db")
    assert [one.file.name for one in copied] == ["ledger.db"]


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
