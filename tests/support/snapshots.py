"""Snapshots that a person can read and a browser can open: one file each, beside the test, in `__snapshots__`."""

from __future__ import annotations

import json
from typing import Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from notifiers.sms.parts import sms_parts
from streams.presentation.letters.card import card
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.render import render_calendar, render_mail, render_sms
from streams.presentation.letters.sms_variables import variables

SENDER = "rectify@city.test"
ESCALATIONS = {"urge", "supervise", "bulletin"}  # what groups get
_FOLD = "\r\n "


class TextFile(SingleFileSnapshotExtension):
    """Text as it is."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


class HtmlFile(TextFile):
    """The HTML part of a mail."""

    file_extension = "html"


def told(letter: Letter) -> str:
    """All that may go out about a letter but its HTML part; `.ics` lines are unfolded."""
    content, sms = render_mail(letter), render_sms(letter)
    parts = {"收件人": letter.recipient.name, "主题": content.subject, "正文": content.text}
    parts[f"短信 {len(sms)} 字 {sms_parts(sms)} 条"] = sms
    kind, values = variables(letter)
    if values:
        parts[f"短信模板变量 {kind}"] = "\n".join(f"{name}={value}" for name, value in values.items())
    if letter.items and {item.kind for item in letter.items} <= ESCALATIONS:
        title, lines = card(letter)
        parts["群消息"] = "\n".join((title, *lines))
    if calendar := render_calendar(letter, SENDER).decode():
        parts["deadline.ics"] = calendar.replace(_FOLD, "").replace("\r\n", "\n")
    return "\n".join(f"=== {name}\n{text.rstrip()}\n" for name, text in parts.items())


def pretty(document: Any) -> str:
    """A document as people read it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
