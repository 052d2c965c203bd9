"""The pages' own command keys: kept beside the ledger, and held to their roles (rules O-6, O-7)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from stat import S_IMODE
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.command import Command
from streams.files.faults import FileError
from streams.files.page_keys import PageKey, kept_key, kept_or_made
from streams.rules.commands.asking import must_ask
from streams.rules.intake.signature import CommandKey, sign
from streams.rules.state.inputs import SignedCommand
from streams.rules.state.refusals import Refusal
from streams.services.commands import message_of
from streams.services.page_keys import known_page_keys, page_key
from streams.settings.model import Settings
from streams.worker.intake.reading import command_reader
from tests.support.world import MAX_BYTES, POLICY

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICE = CommandKey("office", "supervisor", frozenset(), b"o" * 40)


def settings(folder: Path, **given: Any) -> Settings:
    """Of a machine whose ledger is in this folder."""
    return Settings(data_dir=folder / "data", database_url=f"sqlite:///{folder / 'rectify.db'}", **given)


def command(action: str) -> Command:
    """A command about a ticket of any unit."""
    usual = {"asset_id": "a", "ticket_id": "T", "by": "张三", "at": "2026-03-02T09:00:00+08:00"}
    return Command.model_validate({**usual, "action": action, "command_id": "c1", "reason": "x", "measures": "y"})


def outcome(here: Settings, action: str, key: CommandKey | None, *required: CommandKey) -> str:
    """What a worker beside this ledger makes of a command: the code of its refusal, or who has signed it."""
    message = message_of(command(action), "commands", None if key is None else (key.key_id, key.secret))
    reader = command_reader(MAX_BYTES, POLICY, {one.key_id: one for one in required}, known_page_keys(here))
    found = reader(SimpleNamespace(value=message.value, headers=message.headers), NOW)
    if isinstance(found, Refusal):
        return found.code
    if isinstance(found, SignedCommand) and must_ask(found, POLICY):
        return "unit_must_ask"
    return found.signed_by if isinstance(found, SignedCommand) else "taken"


def test_what_the_pages_sign(tmp_path: Path) -> None:
    """O-7, K-46: links do what any unit may, the desk all; O-6: others sign only where workers have a file of keys."""
    here = settings(tmp_path)
    links, desk = page_key(here, "web-links"), page_key(here, "web-desk")
    forged = CommandKey("web-links", "unit", frozenset(), b"f" * 40)
    stranger = CommandKey("other", "supervisor", frozenset(), b"s" * 40)
    table = [
        ("acknowledge", links, "web-links", "web-links"),
        ("claim_fix", links, "web-links", "web-links"),
        ("close", links, "not_allowed", "not_allowed"),
        ("dismiss", links, "unit_must_ask", "unit_must_ask"),
        ("close", desk, "web-desk", "web-desk"),
        ("close", forged, "bad_signature", "bad_signature"),
        ("close", stranger, "taken", "bad_signature"),
        ("close", OFFICE, "taken", "office"),
        ("close", None, "taken", "unsigned"),
    ]
    for action, key, without_keys, with_keys in table:
        assert outcome(here, action, key) == without_keys, (action, key)
        assert outcome(here, action, key, OFFICE) == with_keys, (action, key)


def test_a_key_made_after_the_worker_has_started(tmp_path: Path) -> None:
    """O-7: the worker looks again when it does not know them yet."""
    here = settings(tmp_path)
    reader = command_reader(MAX_BYTES, POLICY, {"office": OFFICE}, known_page_keys(here))
    body = message_of(command("close"), "commands", None).value
    assert body is not None
    key = page_key(here, "web-desk")
    found = reader(SimpleNamespace(value=body, headers=(sign(body, key.key_id, key.secret),)), NOW)
    assert isinstance(found, SignedCommand)
    assert (found.signed_by, found.signing_units) == ("web-desk", None)


def test_made_once(tmp_path: Path) -> None:
    """O-7: ten that make a key at once have one and the same; only its owner may read it, and nothing else is left."""
    with ThreadPoolExecutor(10) as pool:
        keys = set(pool.map(lambda _: kept_or_made(tmp_path, "web-links"), range(10)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["web-links.key"]
    assert S_IMODE((tmp_path / "web-links.key").stat().st_mode) == 0o600
    assert keys == {kept_key(tmp_path, "web-links")}
    other: PageKey = "web-desk"
    assert kept_key(tmp_path, other) is None
    assert kept_or_made(tmp_path, other).secret != next(iter(keys)).secret


def test_beside_the_ledger(tmp_path: Path) -> None:
    """Beside SQLite's file; with PostgreSQL, which has no folder here, in the data folder."""
    page_key(settings(tmp_path), "web-links")
    assert (tmp_path / "web-links.key").exists()
    elsewhere = Settings(data_dir=tmp_path / "data", database_url="postgresql://u:p@localhost/db")
    page_key(elsewhere, "web-links")
    assert (tmp_path / "data" / "web-links.key").exists()


def test_a_key_that_the_file_of_keys_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages on another machine have it from there; then none is made."""
    monkeypatch.setenv("LINKS", "k" * 40)
    (tmp_path / "keys.yaml").write_text("web-links: {role: unit, secret: env:LINKS}\n")
    here = settings(tmp_path, command_keys=tmp_path / "keys.yaml")
    assert page_key(here, "web-links") == CommandKey("web-links", "unit", frozenset(), b"k" * 40)
    assert not (tmp_path / "web-links.key").exists()


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        (f"web-links:{'x' * 40}", 0o640, "others may read this key"),
        (f"web-desk:{'x' * 40}", 0o600, "the key of 'web-desk' is kept here"),
        ("web-links:short", 0o600, "32 characters or more"),
        ("", 0o600, "written <key id>:<secret>"),
    ],
)
def test_what_is_no_key(tmp_path: Path, text: str, mode: int, words: str) -> None:
    """Said with the file's name, and never taken."""
    path = tmp_path / "web-links.key"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(FileError, match=words) as caught:
        kept_or_made(tmp_path, "web-links")
    assert str(path) in str(caught.value)
    assert "x" * 40 not in str(caught.value)


def test_where_it_cannot_be_kept(tmp_path: Path) -> None:
    """A sentence, so that the pages can show and not act."""
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be"):
        kept_or_made(tmp_path / "file" / "folder", "web-links")
