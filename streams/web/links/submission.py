"""What somebody submits on the unit's page, read strictly: a command's fields, or a sentence at each field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from notifiers.text import clean, harmless
from schemas.actions import Action
from schemas.registry import Unit
from streams.presentation.unit_page.acts import Form, action_of
from streams.services.failure import Failure
from streams.services.names import unit_named
from streams.services.tickets import Found
from streams.web.forms.reading import SentForm

NAME: Final = 40  # characters
LONG: Final = 2_000
SHORTEST_MEASURES: Final = 5
_URL: Final = 2_000
_PHONE: Final = re.compile(r"[0-9+() \-转]{5,30}")
_END: Final = time(23, 59, 59)

FIELDS: Final = ("name", "phone", "measures", "url", "reason", "due_at", "progress", "unit_id", "text")
ACTIONS_OF: Final[Mapping[str, tuple[Form, ...]]] = {
    "acknowledge": ("acknowledge",),
    "claim": ("claim",),
    "ask": ("extension", "not_ours", "false_alarm"),
    "note": ("note",),
}
"""The forms of each address below `/u/{token}/`."""


@dataclass(slots=True)
class Submission:
    """What was typed, and what is wrong with it."""

    form: Form
    tickets: list[Found]
    values: dict[str, str]  # as typed, to be shown again
    name: str = ""
    phone: str = ""
    fields: dict[str, Any] = field(default_factory=dict)  # of the command
    errors: dict[str, str] = field(default_factory=dict)  # by field

    @property
    def action(self) -> Action:
        """The command that it becomes."""
        return action_of(self.form)


def form_of(act: str, sent: SentForm) -> Form | None:
    """Which form of the page it is; None: none of them."""
    forms = ACTIONS_OF.get(act, ())
    if len(forms) == 1:
        return forms[0]
    return next((form for form in forms if form == sent.one("kind")), None)


def read(form: Form, sent: SentForm, tickets: list[Found], zone: ZoneInfo, units: Mapping[str, Unit]) -> Submission:
    """Reads the fields of a form, in its order: so are the faults listed."""
    values = {
        name: sent.one(name) for name in ("name", "phone", "measures", "url", "reason", "due_at", "unit_id", "text")
    }
    found = Submission(form, tickets, {**values, "progress": sent.one("progress")})
    if not tickets:
        found.errors["ticket"] = "请至少选择一张整改单"
    if form == "claim":
        found.fields["measures"] = _text(found, "measures", "整改措施", SHORTEST_MEASURES)
        if url := _url(found, values["url"]):
            found.fields["evidence"] = {"url": url}
    elif form == "note":
        found.fields["text"] = _text(found, "text", "备注", 1)
    elif form != "acknowledge":
        label = "原因" if form == "extension" else "理由"
        found.fields |= {"kind": form, "reason": _text(found, "reason", label, 1)}
        if form == "extension":
            found.fields["due_at"] = _day(found, values["due_at"], zone)
            if progress := harmless(sent.one("progress"))[:LONG]:
                found.fields["progress"] = progress
        elif form == "not_ours" and values["unit_id"]:
            found.fields["unit_id"] = _unit(found, clean(values["unit_id"]), units)
    found.name = _name(found, clean(values["name"]))
    found.phone = _phone(found, clean(values["phone"]))
    return found


def _name(found: Submission, name: str) -> str:
    if not any(char.isalpha() for char in name):
        found.errors["name"] = "请填写您的姓名"
    elif len(name) > NAME:
        found.errors["name"] = f"姓名不超过{NAME}个字"
    return name


def _phone(found: Submission, phone: str) -> str:
    if phone and not _PHONE.fullmatch(phone):
        found.errors["phone"] = "电话只写数字、空格和连字符"
    return phone


def _text(found: Submission, name: str, label: str, shortest: int) -> str:
    text = harmless(found.values[name]).replace("\r\n", "\n").strip()
    if sum(not char.isspace() for char in text) < shortest:
        found.errors[name] = f"请填写{label}" if shortest == 1 else f"请填写{label}，至少{shortest}个字"
    elif len(text) > LONG:
        found.errors[name] = f"{label}不超过{LONG}个字"
    return text


def _url(found: Submission, text: str) -> str:
    if text and (not re.match(r"https?://[^\s/]", text) or not text.isprintable() or len(text) > _URL):
        found.errors["url"] = "网址以 http:// 或 https:// 开头"
    return text


def _day(found: Submission, text: str, zone: ZoneInfo) -> datetime | None:
    """A day ends with itself; a moment needs an offset."""
    try:
        return datetime.combine(date.fromisoformat(text), _END, zone)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        found.errors["due_at"] = "请填写申请延至的日期，如 2026-12-31"
        return None
    return at


def _unit(found: Submission, text: str, units: Mapping[str, Unit]) -> str | None:
    try:
        named = unit_named({unit_id: unit.name for unit_id, unit in units.items()}, text)
    except Failure:
        named = None
    if named not in units:
        found.errors["unit_id"] = "没有找到这个单位，可以不填，在理由中说明"
    return named


def content_of(found: Submission, files: Sequence[str]) -> list[str]:
    """All that makes it this submission and no other."""
    ids = [one.ticket.ticket_id for one in found.tickets]
    return [*ids, *(f"{name}={value}" for name, value in sorted(found.values.items())), *files]
