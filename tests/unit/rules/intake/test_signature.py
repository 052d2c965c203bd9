"""Signed commands: whose they are and what they may do (rules O-6 to O-8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.command import Command
from streams.files.command_keys import load_command_keys, own_key
from streams.files.faults import FileError
from streams.rules.intake.intake import Refusal
from streams.rules.intake.signature import HEADER, CommandKey, sign
from streams.rules.state.inputs import SignedCommand
from streams.worker.intake.reading import command_reader
from tests.support.world import MAX_BYTES, POLICY

SECRET = b"0123456789abcdef0123456789abcdef"
KEYS = {
    "office": CommandKey("office", "supervisor", frozenset(), SECRET),
    "szkjj": CommandKey("szkjj", "unit", frozenset({"szkjj"}), SECRET[::-1]),
    "crawler": CommandKey("crawler", "producer", frozenset(), SECRET),
}
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


def value(**fields: Any) -> bytes:
    """A command."""
    usual = {"action": "close", "asset_id": "a", "ticket_id": "T", "by": "张三", "at": "2026-03-02T09:00:00+08:00"}
    return json.dumps({**usual, "command_id": "c1", "reason": "x", **fields}).encode()


def read(body: bytes, *headers: tuple[str, bytes]) -> Any:
    """What a worker with these keys makes of it."""
    return command_reader(MAX_BYTES, POLICY, KEYS)(SimpleNamespace(value=body, headers=headers), NOW)


def test_the_right_signature() -> None:
    """O-6, O-8: the command is what it was, and says whose key it was."""
    body = value(extra="kept")
    found = read(body, sign(body, "office", SECRET))
    assert isinstance(found, SignedCommand)
    assert (found.signed_by, found.signing_units, found.action, found.by) == ("office", None, "close", "张三")
    mine = value(action="acknowledge")
    assert read(mine, sign(mine, "szkjj", SECRET[::-1])).signing_units == {"szkjj"}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([], "unsigned"),
        ([(HEADER, b"")], "bad_signature"),
        ([(HEADER, b"\xff\xfe:\x00")], "bad_signature"),
        ([(HEADER, b"nobody:" + b"0" * 64)], "bad_signature"),
        ([(HEADER, b"office:" + b"0" * 64)], "bad_signature"),
        ([sign(value(), "office", SECRET[::-1])], "bad_signature"),
        ([sign(value(reason="y"), "office", SECRET)], "bad_signature"),
        ([sign(value(), "office", SECRET), sign(value(), "office", SECRET)], "bad_signature"),
        ([sign(value(), "szkjj", SECRET[::-1])], "not_allowed"),
        ([sign(value(), "crawler", SECRET)], "not_allowed"),
    ],
)
def test_is_refused(headers: list[tuple[str, bytes]], code: str) -> None:
    """O-6, O-7: nothing, something, another's, of another value, twice; and what the key's role may not."""
    found = read(value(), *headers)
    assert isinstance(found, Refusal)
    assert found.code == code
    assert found.detail.partition(":")[0] in {HEADER, "action"}


def test_a_copy_must_be_recognised() -> None:
    """O-6: without `command_id` whoever reads the topic could send it again."""
    body = value(command_id=None)
    assert read(body, sign(body, "office", SECRET)) == Refusal(
        "unsigned", "command_id: a signed command needs one, so that a copy of it acts no second time"
    )


def test_without_keys_the_access_list_decides() -> None:
    """O-6: signed or not."""
    reader = command_reader(MAX_BYTES, POLICY, {})
    assert isinstance(reader(SimpleNamespace(value=value(), headers=()), NOW), Command)


def test_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets are kept elsewhere, and not shown."""
    monkeypatch.setenv("OFFICE_KEY", SECRET.decode())
    (tmp_path / "key").write_bytes(SECRET + b"\n")
    path = tmp_path / "keys.yaml"
    path.write_text(
        f"szkjj-2026: {{role: unit, units: [szkjj], secret: 'file:{tmp_path / 'key'}'}}\n"
        "office: {role: supervisor, secret: env:OFFICE_KEY}\n"
    )
    keys = load_command_keys(path)
    assert keys["szkjj-2026"] == CommandKey("szkjj-2026", "unit", frozenset({"szkjj"}), SECRET)
    assert keys["office"].secret == SECRET
    assert SECRET.decode() not in repr(keys)
    assert load_command_keys(None) == {}


def test_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    """All at once; a secret that is written down is refused."""
    path = tmp_path / "keys.yaml"
    path.write_text("a b: {role: boss, secret: env:NOTHING}\nc: {role: unit, secret: abc}\n")
    with pytest.raises(FileError) as caught:
        load_command_keys(path)
    assert [(fault.place, fault.field) for fault in caught.value.faults] == [
        (1, "a b"), (1, "a b.role"), (1, "a b.secret"), (2, "c.units"), (2, "c.secret"),
    ]  # fmt: skip
    path.write_text("{}")
    with pytest.raises(FileError, match="no key"):
        load_command_keys(path)


@pytest.mark.parametrize("text", ["", "office", "office:short", "of fice:" + "x" * 32, ":" + "x" * 40])
def test_a_key_of_ones_own(text: str) -> None:
    """Written as id and secret; the error does not repeat it."""
    with pytest.raises(ValueError, match="written <key id>:<secret>"):
        own_key(text)
