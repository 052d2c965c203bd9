"""The fields of the acts' forms, and how they are read: a command's fields, or a sentence at each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from notifiers.text import clean, harmless
from schemas.actions import Action, AskKind
from schemas.registry import Unit
from streams.services.failure import Failure
from streams.services.names import unit_named
from streams.web.forms.reading import SentForm

LONG: Final = 2_000  # characters
_URL: Final = 2_000
_DAYS: Final = 3_650
_END: Final = time(23, 59, 59)
_CODES: Final = (("false_alarm", "误报"), ("withdrawn", "来信人撤回"), ("spam", "垃圾信息"))

Kind = Literal["text", "area", "date", "number", "unit", "choice", "files", "problems", "asks"]


class ActField(NamedTuple):
    """One field."""

    name: str
    label: str
    kind: Kind = "area"
    required: bool = True
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()


REASON: Final = ActField("reason", "理由")
_SAID: Final = ActField("reason", "理由", required=False, hint="根据什么这样决定，记入巡检的事件。")
_UNIT: Final = ActField("unit_id", "转给哪个单位", "unit")
_UNTIL: Final = ActField("due_at", "延至", "date", required=False, hint="填日期，或填下面的工作日数，两者选一。")
_WORKING_DAYS: Final = ActField("working_days", "延长几个工作日", "number", required=False)
FIELDS: Final[Mapping[Action | AskKind, tuple[ActField, ...]]] = {
    "acknowledge": (),
    "claim_fix": (
        ActField("measures", "整改措施", hint="怎么改的、什么时候改好的，至少5个字。"),
        ActField("files", "佐证材料", "files", required=False),
        ActField("url", "整改后的网址", "text", required=False),
    ),
    "approve": (REASON,),
    "send_back": (REASON,),
    "extend": (_UNTIL, _WORKING_DAYS, REASON),
    "reassign": (_UNIT, ActField("reason", "理由", required=False)),
    "dismiss": (ActField("reason_code", "情形", "choice", required=False, choices=_CODES), REASON),
    "waive": (ActField("until", "报备至", "date"), REASON),
    "refuse_ask": (ActField("ask_id", "哪一项申请", "asks"), REASON),
    "close": (REASON,),
    "reopen": (REASON,),
    "merge": (ActField("into", "并入哪张整改单", "text", hint="写完整编号。"), REASON),
    "split": (ActField("fingerprints", "哪些问题另立整改单", "problems"), REASON),
    "note": (ActField("text", "备注"),),
    "extension": (
        ActField("due_at", "申请延至", "date", required=False, hint="填日期，或填下面的工作日数，两者选一。"),
        ActField("working_days", "申请延长几个工作日", "number", required=False),
        ActField("reason", "原因"),
        ActField("progress", "目前进展", required=False),
    ),
    "accept_run": (_SAID,),
    "reject_run": (_SAID,),
    "resend_notice": (REASON,),
    "not_ours": (REASON, ActField("unit_id", "应属单位", "unit", required=False)),
    "false_alarm": (REASON,),
}
"""By action, of asks by what is asked for."""
_SHORTEST: Final = {"measures": 5}
_EITHER: Final = ("due_at", "working_days")


@dataclass(slots=True)
class FilledAct:
    """What was typed, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=dict)  # as typed, to be shown again
    chosen: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)  # of the command
    errors: dict[str, str] = field(default_factory=dict)  # by field


def read_fields(wanted: tuple[ActField, ...], sent: SentForm, zone: ZoneInfo, units: Mapping[str, Unit]) -> FilledAct:
    """Reads the fields of a form, in its order: so are the faults listed."""
    found = FilledAct()
    for one in wanted:
        if one.kind == "files":
            continue
        if one.kind == "problems":
            found.chosen = tuple(sent.every(one.name))
            found.fields[one.name] = list(found.chosen)
            if not found.chosen:
                found.errors[one.name] = "请至少选择一处"
            continue
        text = sent.one(one.name)
        found.values[one.name] = text
        if not text:
            if one.required:
                found.errors[one.name] = f"请填写{one.label}" if one.kind not in ("unit", "asks") else "请选择"
            continue
        _read_one(found, one, text, zone, units)
    if all(any(one.name == name for one in wanted) for name in _EITHER):
        given = [name for name in _EITHER if found.values.get(name)]
        if len(given) != 1:
            found.errors.setdefault("due_at", "请填写日期或工作日数，两者选一")
    if (url := found.fields.pop("url", None)) is not None:
        found.fields["evidence"] = {"url": url}
    return found


def _read_one(found: FilledAct, one: ActField, text: str, zone: ZoneInfo, units: Mapping[str, Unit]) -> None:
    value: Any = None
    fault = ""
    if one.kind == "area":
        value = harmless(text).replace("\r\n", "\n")
        if sum(not char.isspace() for char in value) < (shortest := _SHORTEST.get(one.name, 1)):
            fault = f"请填写{one.label}" if shortest == 1 else f"请填写{one.label}，至少{shortest}个字"
        elif len(value) > LONG:
            fault = f"{one.label}不超过{LONG}个字"
    elif one.kind == "date":
        value, fault = _day(text, zone)
    elif one.kind == "number":
        whole = text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= _DAYS  # noqa: PLR2004 - digits
        value, fault = (int(text), "") if whole else (None, "请填写正整数")
    elif one.kind == "unit":
        value, fault = _unit(text, units)
    elif one.kind == "choice":
        value = text
        fault = "" if text in dict(one.choices) else "请从列表中选择"
    else:
        value = clean(text)[:_URL]
        if one.name == "url" and not value.startswith(("http://", "https://")):
            fault = "网址以 http:// 或 https:// 开头"
    if fault:
        found.errors[one.name] = fault
    else:
        found.fields[one.name] = value


def _day(text: str, zone: ZoneInfo) -> tuple[datetime | None, str]:
    """A day ends with itself; a moment needs an offset."""
    try:
        return datetime.combine(date.fromisoformat(text), _END, zone), ""
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    return (at, "") if at is not None and at.tzinfo is not None else (None, "请填写日期，如 2026-12-31")


def _unit(text: str, units: Mapping[str, Unit]) -> tuple[str | None, str]:
    try:
        named = unit_named({unit_id: unit.name for unit_id, unit in units.items()}, clean(text))
    except Failure:
        named = None
    return (named, "") if named in units else (None, "没有找到这个单位")
