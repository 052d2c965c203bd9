"""Contacts as they come over the registry topic: fit, in one form, or refused (rule N-48)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.registry import Unit
from streams.rules.intake.intake import Refusal
from streams.worker.intake.registrar import RegistryEntry, read_record


def read(**contact: Any) -> RegistryEntry | Refusal:
    """A unit with this contact, as the registrar reads it."""
    unit = {"unit_id": "u", "name": "市科技局", "contacts": [{"name": "王芳"}, {"name": "李强", **contact}]}
    found = read_record(b"unit:u", json.dumps(unit).encode(), 10_000)
    assert isinstance(found, (RegistryEntry, Refusal))
    return found


@pytest.mark.parametrize("phone", ["13800000001", "+86 138-0000-0001", "0086 138 0000 0001", "8613800000001"])
def test_numbers_come_in_one_form(phone: str) -> None:
    """Eleven digits, however they were written: one person is one number for caps and reports."""
    entry = read(phone=phone)
    assert isinstance(entry, RegistryEntry)
    assert json.loads(entry.document or "")["contacts"][1]["phone"] == "13800000001"


def test_others_keep_their_plus() -> None:
    """A number of Hong Kong."""
    entry = read(phone="+852 6123 4567")
    assert isinstance(entry, RegistryEntry)
    assert json.loads(entry.document or "")["contacts"][1]["phone"] == "+85261234567"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "a@x NOTIFY=NEVER"),
        ("email", "王五 <a@x.cn>"),
        ("email", "a@x.cn,b@x.cn"),
        ("email", ""),
        ("phone", "0715-8126000"),
        ("phone", "13800000001、13800000002"),
        ("phone", "1380000000"),
    ],
)
def test_what_is_neither_is_refused_with_its_place(field: str, value: str) -> None:
    """It goes to the dead letters, and what was registered before stays."""
    refusal = read(**{field: value})
    assert isinstance(refusal, Refusal)
    assert refusal.code == "invalid_field"
    assert refusal.detail.startswith(f"contacts.1.{field}: {value!r} is not")


@pytest.mark.parametrize("value", ["a@x.cn\r\nRCPT TO:<b@x.cn>", "13800000001\n"])
def test_line_breaks_never_come_through(value: str) -> None:
    """An address is one line."""
    assert isinstance(read(email=value), Refusal)
    assert isinstance(read(phone=value), Refusal)


def test_a_chinese_domain_is_fit() -> None:
    """It is written as people write it, and sent in ASCII."""
    entry = read(email="duty@政务.cn")
    assert isinstance(entry, RegistryEntry)
    assert json.loads(entry.document or "")["contacts"][1]["email"] == "duty@政务.cn"


def test_what_was_registered_before_is_read_all_the_same() -> None:
    """A worker starts with what the ledger keeps, also with an address that an earlier version took for one."""
    document = (
        '{"unit_id":"u","name":"市科技局","contacts":[{"name":"王芳","email":"duty@☃.cn","phone":"0715-8126000"}]}'
    )
    (contact,) = Unit.stored(document).contacts
    assert (contact.email, contact.phone) == ("duty@☃.cn", "0715-8126000")
    with pytest.raises(ValidationError):
        Unit.model_validate_json(document)
