"""Columns of registry tables: Chinese and English headers, and the words that people write into the cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from schemas.channels import TO_PEOPLE
from streams.presentation.labels import PLATFORM
from streams.presentation.registry import LETTERHEAD

_UNIT_NAME: Final = "unit_name"  # of an asset's unit, beside its id or in place of it
_COMMON: Final = {"region": "地区 区划 行政区划 所属地区"}
_LETTERHEADS: Final = {"name": "落款单位 落款", "contact": "落款联系人", "phone": "落款电话", "sms_sign": "短信签名"}
_HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    "unit": {
        "unit_id": "单位编号 单位编码 单位代码 编号 编码",
        "name": "单位名称 单位 名称",
        "supervisor_id": "主管单位编号 主管单位编码 主管单位 上级单位编号 上级单位",
        "groups": "工作群 群",
        **{f"{LETTERHEAD}_{name}": words for name, words in _LETTERHEADS.items()},
        "replaced_by": "并入单位编号 并入单位",
        **_COMMON,
    },
    "asset": {
        "asset_id": "资产编号 资产编码 编号 编码 标识码",
        "code": "网站标识码",
        "name": "资产名称 网站名称 账号名称 名称",
        "kind": "类型 资产类型",
        "platform": "平台",
        "unit_id": "单位编号 单位编码 主办单位编号 主办单位编码 主办单位",
        _UNIT_NAME: "单位 单位名称 责任单位 主办单位名称 主管部门",
        "level": "层级 级别",
        "class": "类别 功能类别 账号类别",
        "url": "网址 链接 首页网址 url地址",
        "replaced_by": "迁移至资产编号 迁移至",
        "removed_at": "关停日期 注销日期",
        "removed_by": "关停核实人 核实人",
        **_COMMON,
    },
    "guarded": {
        "id": "编号",
        "name": "名称",
        "from": "开始 开始日期 开始时间 起",
        "to": "结束 结束日期 结束时间 止",
        "regions": "地区 区划 行政区划",
        "note": "备注 说明",
    },
    "contact": {
        "unit_id": "单位编号 单位编码",
        "name": "姓名 联系人",
        "email": "邮箱 电子邮箱 电子邮件 邮件",
        "phone": "手机 手机号 手机号码 电话 联系电话",
        "role": "角色",
        "channels": "渠道 通知方式 通知渠道",
    },
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": {"网站": "website", "政府网站": "website", "账号": "account", "政务新媒体": "account", "新媒体": "account"},
    "class": {"发布类": "publishing", "服务类": "service"},
    "role": {"值守": "duty", "值班": "duty", "联系人": "duty", "负责人": "head"},
    "channels": {word: name for name, row in TO_PEOPLE.items() for word in (row.label, *row.spellings)},
    "platform": {label: code for code, label in PLATFORM.items()},
}
_LISTS: Final = frozenset({"regions", "channels", "groups"})
_BETWEEN: Final = re.compile(r"[,，、;；]\s*")
_NOTE: Final = re.compile(r"\(.*?\)|\*")  # `邮箱（必填）*`
_PERSON: Final = re.compile(r"(contact|联系人|head|负责人)(\d*)_?(.*)")
_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    kind: {word: field for field, words in headers.items() for word in (field, *words.split())}
    for kind, headers in _HEADERS.items()
}

Path = tuple[str | int, ...]


class _Cells(NamedTuple):
    """How the cells of one column are read."""

    field: str
    person: int | None  # of the contacts in one row
    words: Mapping[str, str]
    is_list: bool


class Columns(NamedTuple):
    """What a table's header says: where each column's value belongs, and what the column is called in the file."""

    paths: tuple[Path | None, ...]
    names: Mapping[Path, str]
    cells: tuple[_Cells | None, ...]


def columns(kind: str, header: Sequence[object]) -> Columns:
    """The columns of a header row. A column that nobody knows keeps its own name as the field's."""
    people: list[tuple[str, str]] = []
    paths = tuple(_path(kind, str(cell), people) if cell not in (None, "") else None for cell in header)
    names = {path: str(cell) for path, cell in zip(paths, header, strict=True) if path is not None}
    return Columns(paths, names, tuple(map(_cells, paths)))


def row_data(kind: str, table: Columns, cells: Sequence[object]) -> dict[str, Any]:
    """One row as a registry record; empty cells are left out."""
    data: dict[str, Any] = {}
    people: dict[int, dict[str, Any]] = {}
    for column, cell in zip(table.cells, cells, strict=False):
        if column is None:
            continue
        text = cell.strip() if isinstance(cell, str) else _text(cell)
        if text:
            field, person, words, is_list = column
            value = _parts(words, text) if is_list else words.get(text, text)
            if person is None:
                data[field] = value
            else:
                people.setdefault(person, {})[field] = value
    if kind == "asset":
        _complete(data)
    if kind == "unit":
        own = {name: data.pop(f"{LETTERHEAD}_{name}", None) for name in _LETTERHEADS}
        if any(own.values()):
            data[LETTERHEAD] = {name: text for name, text in own.items() if text}
    if kind == "unit" and people:
        heads = {path[1] for path, name in table.names.items() if path[0] == "contacts" and _is_head(name)}
        data["contacts"] = [
            {"role": "head", **person} if index in heads else person for index, person in sorted(people.items())
        ]
    return data


def _complete(asset: dict[str, Any]) -> None:
    """What stands in national tables and lists of people in place of ids: its number there, its unit's name."""
    unit = asset.pop(_UNIT_NAME, None)
    if unit is not None:
        asset.setdefault("unit_id", unit)
    if "code" in asset:
        asset.setdefault("asset_id", asset["code"])


def headers_like(kind: str, word: str) -> str | None:
    """A header that is known for this kind and looks like the word."""
    near = get_close_matches(word, _FIELDS[kind], n=1, cutoff=0.6) if kind in _FIELDS else []
    return near[0] if near else None


def _path(kind: str, cell: str, people: list[tuple[str, str]]) -> Path | None:
    word = _word(cell)
    known = _FIELDS[kind].get(word)
    if known is not None or kind != "unit":
        return (known or word,)
    person = _PERSON.fullmatch(word)
    field = _FIELDS["contact"].get((person[3] or "name") if person else word)
    if field is None or field == "unit_id":
        return (word,)
    who = ("head" if person and _is_head(word) else "contact", person[2] if person else "")
    if who not in people:
        people.append(who)
    return ("contacts", people.index(who), field)


def _is_head(header: str) -> bool:
    return _word(header).startswith(("head", "负责人"))


def _word(header: str) -> str:
    plain = _NOTE.sub("", unicodedata.normalize("NFKC", header)).strip().lower()
    return re.sub(r"[\s-]+", "_" if plain.isascii() else "", plain)


def _text(cell: object) -> str:
    """A cell as people see it: Excel keeps numbers as floats and days as midnights."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell).strip()


def _parts(words: Mapping[str, str], text: str) -> list[str]:
    return [words.get(part, part) for part in _BETWEEN.split(text) if part]


def _cells(path: Path | None) -> _Cells | None:
    if path is None:
        return None
    field = str(path[-1])
    person = int(path[1]) if path[0] == "contacts" and len(path) > 1 else None
    return _Cells(field, person, _WORDS.get(field, {}), field in _LISTS)
