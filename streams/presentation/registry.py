"""Records of the registry 名录 in words: what their fields are called, what stands in them, how two differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from schemas.channels import CHANNEL_LABELS
from schemas.vocabulary import ASSET_KIND_LABELS, ROLE_LABELS
from streams.presentation.labels import ASSET_CLASS, GROUPED_BY, PLATFORM

LETTERHEAD: Final = "letterhead"  # of a unit: an object, of whose fields each has a column
SHEETS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "unit": (
        "单位",
        {
            "unit_id": "单位编号", "name": "单位名称", "supervisor_id": "主管单位编号", "region": "地区",
            "groups": "工作群", "replaced_by": "并入单位编号",
            "letterhead_name": "落款单位", "letterhead_contact": "落款联系人", "letterhead_phone": "落款电话",
            "letterhead_sms_sign": "短信签名",
        },
    ),
    "contact": (
        "联系人",
        {
            "unit_id": "单位编号", "name": "姓名", "email": "邮箱", "phone": "手机", "role": "角色",
            "channels": "渠道",
        },
    ),
    "asset": (
        "资产",
        {
            "asset_id": "资产编号", "name": "资产名称", "kind": GROUPED_BY["kind"],
            "platform": GROUPED_BY["platform"], "unit_id": "单位编号",
            "region": GROUPED_BY["region"], "level": GROUPED_BY["level"], "class": GROUPED_BY["class"],
            "url": "网址", "code": "网站标识码",
            "replaced_by": "迁移至资产编号", "removed_at": "关停日期", "removed_by": "核实人",
        },
    ),
    "guarded": (
        "重要保障期",
        {"id": "编号", "name": "名称", "from": "开始", "to": "结束", "regions": "地区", "note": "备注"},
    ),
}  # fmt: skip
"""By kind, what a sheet of it is called, and its columns."""
KINDS: Final[Mapping[str, str]] = {**{kind: name for kind, (name, _) in SHEETS.items()}, "producer": "巡检方"}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": ASSET_KIND_LABELS,
    "class": ASSET_CLASS,
    "role": ROLE_LABELS,
    "channels": CHANNEL_LABELS,
}
"""By field, what its codes are called; a file that is exported has the same."""
NOTHING: Final = "（空）"


class FieldChange(NamedTuple):
    """A field that two records have differently, in words."""

    label: str
    before: str
    after: str


def cell_words(field: str, value: Any) -> str:
    """What stands in a field."""
    words = WORDS.get(field.rpartition("_")[2] if field.startswith("contact") else field, {})
    if isinstance(value, list):
        return "、".join(words.get(str(one), str(one)) for one in value)
    return "" if value is None else words.get(str(value), str(value))


def field_label(kind: str, field: str) -> str:
    """What a field is called; one that nobody knows by its own name."""
    return SHEETS[kind][1].get(field, field) if kind in SHEETS else field


def headed(unit: Mapping[str, Any]) -> dict[str, Any]:
    """A unit whose letterhead stands in fields of its own."""
    own = unit.get(LETTERHEAD) or {}
    plain = {name: value for name, value in unit.items() if name != LETTERHEAD}
    return plain | {f"{LETTERHEAD}_{name}": value for name, value in own.items()}


def contact_words(contact: Mapping[str, Any]) -> str:
    """`李值守（值守，li@kjj.gov.cn）`."""
    said = [
        cell_words("role", contact.get("role", "duty")),
        *(str(contact[name]) for name in ("email", "phone") if contact.get(name)),
        cell_words("channels", contact.get("channels")),
    ]
    return f"{contact.get('name', '')}（{'，'.join(filter(None, said))}）"


def differing(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """The fields that differ, in the order of a sheet; of contacts who has gone and who has come."""
    was, now = (headed(one) if kind == "unit" else dict(one) for one in (before, after))
    order = dict.fromkeys([*(SHEETS[kind][1] if kind in SHEETS else ()), *was, *now])
    found = [
        FieldChange(field_label(kind, name), _shown(name, was.get(name)), _shown(name, now.get(name)))
        for name in order
        if name != "contacts" and (was.get(name) or None) != (now.get(name) or None)
    ]
    return [*found, *_people(was.get("contacts") or (), now.get("contacts") or ())]


def _people(was: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[FieldChange]:
    before, after = ([contact_words(one) for one in people] for people in (was, now))
    gone, come = [one for one in before if one not in after], [one for one in after if one not in before]
    if gone or come:
        yield FieldChange(SHEETS["contact"][0], "；".join(gone) or NOTHING, "；".join(come) or NOTHING)


def _shown(field: str, value: Any) -> str:
    if field == "platform":
        return PLATFORM.get(str(value), str(value)) if value else NOTHING
    return cell_words(field, value) or NOTHING
