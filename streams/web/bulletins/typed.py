"""Fields of a bulletin that are typed by hand: kept by period and area, so that every new draft has them again.

W-44  What is typed for a period and an area stands in every draft of it, whatever the moment. It is saved on top of
      what was read; if somebody has typed something else meanwhile, nothing is saved and both are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from schemas.printed_figures import PrintedTyped
from streams.files.yaml import YamlError, load_yaml
from streams.services.bulletins.figures import WantedFigures
from streams.store.bulletin_drafts import DraftKey
from streams.web.forms.reading import SentForm

FIELDS: Final[Mapping[str, str]] = {
    "title": "标题",
    "addressee": "主送机关",
    "basis": "检查依据",
    "held_to_account": "问责情况",
    "requirements": "工作要求",
    "report_back": "报送要求",
    "office": "落款单位",
}
"""With fields of their own on the page; whatever else is YAML."""
HINTS: Final[Mapping[str, str]] = {
    "title": "如：关于2026年第一季度全市政府网站与政务新媒体检查情况的通报",
    "addressee": "如：各县、市、区人民政府，市政府各部门",
    "basis": "如：根据《政府网站与政务新媒体检查指标》",
    "report_back": "如：请于3月6日前将整改情况报送市政府办公室。",
}
LONG: Final = frozenset({"basis", "held_to_account", "requirements", "report_back"})
MORE: Final = "more"
_MOST: Final = 20_000  # characters


class TypedFields(NamedTuple):
    """As the page has them."""

    values: Mapping[str, str]  # of FIELDS, and what else is, as YAML
    typed: Mapping[str, Any]  # as the document has them
    errors: Mapping[str, str]

    @property
    def kept(self) -> str:
        """As the store keeps them."""
        return orjson.dumps(dict(self.values), option=orjson.OPT_SORT_KEYS).decode()


def draft_key(wanted: WantedFigures) -> DraftKey:
    """What they belong to."""
    return DraftKey(wanted.begin.isoformat(), wanted.end.isoformat(), wanted.area or "")


def kept_fields(kept: str) -> TypedFields:
    """As the store has them; empty: nothing was typed."""
    return read_fields(orjson.loads(kept) if kept else {})


def sent_fields(sent: SentForm) -> TypedFields:
    """As somebody has submitted them."""
    return read_fields({name: sent.one(name)[:_MOST] for name in (*FIELDS, MORE)})


def read_fields(given: Mapping[str, str]) -> TypedFields:
    """What is left empty stands in no document."""
    values = {name: text.replace("\r\n", "\n") for name, text in given.items() if text}
    try:
        more = _more(values.get(MORE, ""))
    except ValueError as error:
        return TypedFields(values, {}, {MORE: str(error)})
    return TypedFields(values, {**more, **{name: values[name] for name in FIELDS if name in values}}, {})


def _more(text: str) -> dict[str, Any]:
    """Raises ValueError, with the sentence for whoever typed it."""
    try:
        data = load_yaml(text).data if text else None
    except YamlError as error:
        msg = f"第{error.line}行：不是 YAML（{error.reason}）"
        raise ValueError(msg) from None
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
        msg = "每行一项，形如“名称: 内容”"
        raise ValueError(msg)
    bonus = data.get("bonus") or {}
    if not isinstance(bonus, dict) or not all(type(points) in (int, float) for points in bonus.values()):
        msg = "bonus（加分）形如 {资产编号: 分数}"
        raise ValueError(msg)
    try:
        PrintedTyped.model_validate(data)
        orjson.dumps(data)
    except (ValidationError, TypeError):
        msg = "sums 每项为 {name, parts, total}，shares 每项为 {name, part, whole, printed}"
        raise ValueError(msg) from None
    return data
