"""The fields of a record's form, and how they are read: the record that they make, or a sentence at each field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import orjson
from pydantic import BaseModel, ValidationError

from notifiers.text import clean
from schemas.channels import CHANNEL_LABELS, TO_PEOPLE
from schemas.registry import Asset, Contact, Unit
from schemas.vocabulary import ASSET_KIND_LABELS, ROLE_LABELS
from streams.presentation.labels import ASSET_CLASS, PLATFORM
from streams.presentation.registry import LETTERHEAD, SHEETS, field_label
from streams.services.failure import Failure
from streams.services.names import unit_named
from streams.web.forms.reading import SentForm

RecordKind = Literal["unit", "asset", "contact"]
FieldKind = Literal["text", "date", "unit", "choice", "choices", "list"]
_BETWEEN: Final = re.compile(r"[,，、;；]\s*")
_MODELS: Final[Mapping[RecordKind, type[BaseModel]]] = {"unit": Unit, "asset": Asset, "contact": Contact}
_FORMS: Final = {"email": "邮箱格式不正确", "phone": "手机号码格式不正确", "removed_at": "请填写日期，如 2026-12-31"}
_OF_LETTERHEAD: Final = f"{LETTERHEAD}_"


class RecordField(NamedTuple):
    """One field; its label is that of the exported file."""

    name: str
    label: str
    kind: FieldKind = "text"
    required: bool = False
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()


def _fields(sheet: RecordKind, special: Mapping[str, Mapping[str, Any]]) -> tuple[RecordField, ...]:
    return tuple(
        RecordField(name, label.removesuffix("编号"))._replace(**special.get(name, {}))
        for name, label in SHEETS[sheet][1].items()
    )


def _choices(labels: Mapping[Any, str], names: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    return tuple((str(code), word) for code, word in labels.items() if not names or code in names)


FIELDS: Final[Mapping[RecordKind, tuple[RecordField, ...]]] = {
    "unit": _fields(
        "unit",
        {
            "unit_id": {"label": SHEETS["unit"][1]["unit_id"], "required": True, "hint": "登记后不能再改。"},
            "name": {"required": True},
            "supervisor_id": {"kind": "unit"},
            "groups": {"kind": "list", "hint": "设置里的群名称，几个用顿号分开。"},
            "replaced_by": {"kind": "unit", "hint": "撤并时填写：在办整改单随之移交。"},
            "letterhead_name": {"hint": "发给所管单位的通知由谁落款。"},
        },
    ),
    "asset": _fields(
        "asset",
        {
            "asset_id": {"label": SHEETS["asset"][1]["asset_id"], "required": True, "hint": "登记后不能再改。"},
            "name": {"required": True},
            "kind": {"kind": "choice", "required": True, "choices": _choices(ASSET_KIND_LABELS)},
            "platform": {"hint": f"新媒体填写，如{'、'.join(list(PLATFORM.values())[:3])}。"},
            "unit_id": {"kind": "unit", "label": "主办单位"},
            "class": {"kind": "choice", "choices": _choices(ASSET_CLASS)},
            "url": {"hint": "以 http:// 或 https:// 开头。"},
            "replaced_by": {"label": SHEETS["asset"][1]["replaced_by"]},
            "removed_at": {"kind": "date", "hint": "与核实人一起填写：在办整改单随之销号。"},
        },
    ),
    "contact": _fields(
        "contact",
        {
            "name": {"required": True},
            "role": {"kind": "choice", "required": True, "choices": _choices(ROLE_LABELS, ("duty", "head"))},
            "channels": {
                "kind": "choices",
                "choices": _choices({name: CHANNEL_LABELS[name] for name in TO_PEOPLE}),
                "hint": "不选为全部",
            },
        },
    )[1:],  # whose unit it is says the page
}


@dataclass(slots=True)
class FilledRecord:
    """What was typed, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=dict)  # as typed, to be shown again; several with commas
    errors: dict[str, str] = field(default_factory=dict)  # by field


def values_of(kind: RecordKind, record: Mapping[str, Any]) -> dict[str, str]:
    """What the form shows of a record."""
    flat = {name: value for name, value in record.items() if name != LETTERHEAD}
    flat |= {f"{_OF_LETTERHEAD}{name}": value for name, value in (record.get(LETTERHEAD) or {}).items()}
    found: dict[str, str] = {}
    for one in FIELDS[kind]:
        value = flat.get(one.name)
        if one.name == "platform":
            value = PLATFORM.get(str(value), value)
        found[one.name] = (
            ("," if one.kind == "choices" else "、").join(value) if isinstance(value, list) else str(value or "")
        )
    return found


def read_record(
    kind: RecordKind, sent: SentForm, before: Mapping[str, Any], units: Mapping[str, str]
) -> tuple[dict[str, Any], FilledRecord]:
    """The record that the form makes of the one before; what the form does not know stays.

    `units`: id -> name, of those that may be named; one that the record names already may stay.
    """
    filled = FilledRecord()
    record = {name: value for name, value in before.items() if name != LETTERHEAD}
    own = dict(before.get(LETTERHEAD) or {})
    for one in FIELDS[kind]:
        value = _read(one, sent, filled, before, units)
        if one.name.startswith(_OF_LETTERHEAD):
            _put(own, one.name.removeprefix(_OF_LETTERHEAD), value)
        else:
            _put(record, one.name, value)
    if own:
        record[LETTERHEAD] = own
        if not own.get("name"):
            filled.errors.setdefault(f"{_OF_LETTERHEAD}name", "填了落款的其他项，请填写落款单位")
    if not filled.errors:
        try:
            _MODELS[kind].model_validate_json(orjson.dumps(record))
        except ValidationError as error:
            filled.errors.update(_said(kind, error))
    return record, filled


def _read(
    one: RecordField, sent: SentForm, filled: FilledRecord, before: Mapping[str, Any], units: Mapping[str, str]
) -> Any:
    text = ",".join(sent.every(one.name)) if one.kind == "choices" else clean(sent.one(one.name))
    filled.values[one.name] = text
    if not text:
        if one.required:
            filled.errors[one.name] = f"请{'选择' if one.kind == 'choice' else '填写'}{one.label}"
        return None
    if one.kind == "unit":
        return text if text == before.get(one.name) else _unit(one, text, filled, units)
    if one.kind == "choice" and text not in dict(one.choices):
        filled.errors[one.name] = "请从列表中选择"
    if one.name == "url" and not text.startswith(("http://", "https://")):
        filled.errors[one.name] = "网址以 http:// 或 https:// 开头"
    return _value(one, text)


def _value(one: RecordField, text: str) -> str | list[str]:
    if one.kind == "list":
        return [part for part in map(str.strip, _BETWEEN.split(text)) if part]
    if one.kind == "choices":
        return [part for part in text.split(",") if part in dict(one.choices)]
    return {label: code for code, label in PLATFORM.items()}.get(text, text) if one.name == "platform" else text


def _unit(one: RecordField, text: str, filled: FilledRecord, units: Mapping[str, str]) -> str | None:
    try:
        named = unit_named(units, text)
    except Failure:
        named = None
    if named not in units:
        filled.errors[one.name] = "没有找到这个单位，或不在您的单位范围内"
    return named


def _put(record: dict[str, Any], name: str, value: Any) -> None:
    if value in (None, "", []):
        record.pop(name, None)
    else:
        record[name] = value


def _said(kind: RecordKind, error: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in error.errors(include_url=False, include_input=False):
        loc = [str(step) for step in part["loc"]]
        name = f"{_OF_LETTERHEAD}{loc[1]}" if loc[0] == LETTERHEAD and len(loc) > 1 else loc[0]
        label = field_label(kind, name)
        most = part.get("ctx", {}).get("max_length")
        wrong = f"{label}不超过{most}个字" if most else f"{label}不符合要求，不能有换行等控制字符"
        found.setdefault(name, _FORMS.get(name, wrong))
    return found
