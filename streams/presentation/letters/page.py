"""A letter as a page for the browser: the mail at two widths, its plain text, the short message, the calendar entry."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

from notifiers.message import plain_address
from notifiers.sms.parts import sms_parts
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.render import render_calendar, render_mail, render_sms, sheet_name

PHONE, DESKTOP = 390, 800  # CSS pixels
_STYLE: Final = """
body { margin: 24px; font: 15px/1.6 "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #1d2939; }
h2 { margin: 28px 0 8px; font-size: 16px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; }
dt { color: #667085; } dd { margin: 0; }
iframe { height: 900px; border: 1px solid #98a2b3; margin-right: 16px; vertical-align: top; }
pre { max-width: 800px; padding: 12px; border: 1px solid #d0d5dd; white-space: pre-wrap; word-break: break-word; }
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """All that would go out about a letter."""

    sender: str
    to: str
    subject: str
    text: str
    html: str
    sms: str
    sms_parts: int
    calendar: str
    sheet: str  # the name of the workbook that goes with it


def shown(letter: Letter, sender: str) -> Shown:
    """Render every part of it."""
    content, sms = render_mail(letter), render_sms(letter)
    return Shown(
        sender=sender,
        to=f"{letter.recipient.name} <{letter.recipient.address}>",
        subject=content.subject,
        text=content.text,
        html=content.html,
        sms=sms,
        sms_parts=sms_parts(sms),
        calendar=render_calendar(letter, plain_address(sender)).decode(),
        sheet=sheet_name(letter) if letter.sheet else "",
    )


def page(it: Shown) -> str:
    """One HTML document with nothing from elsewhere; what the letter says is data in it."""
    mail = escape(it.html)
    frames = "".join(
        f'<iframe sandbox title="{width}" width="{width}" srcdoc="{mail}"></iframe>' for width in (PHONE, DESKTOP)
    )
    facts = {"发件人 From": it.sender, "收件人 To": it.to, "主题 Subject": it.subject}
    parts = [
        "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items()),
        f"<h2>邮件 Mail ({PHONE} / {DESKTOP} px)</h2>{frames}",
        f"<h2>纯文本 Plain text</h2><pre>{escape(it.text)}</pre>",
        f"<h2>短信 Short message ({len(it.sms)} 字，{it.sms_parts} 条)</h2><pre>{escape(it.sms)}</pre>",
    ]
    if it.sheet:
        parts.append(f"<h2>附件 Attachment</h2><pre>{escape(it.sheet)}</pre>")
    if it.calendar:
        parts.append(f"<h2>日历 Calendar entry (deadline.ics)</h2><pre>{escape(it.calendar)}</pre>")
    body = f"<dl>{parts[0]}</dl>" + "".join(parts[1:])
    head = f'<meta charset="utf-8"><title>{escape(it.subject)}</title><style>{_STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="zh-CN">\n<head>{head}</head>\n<body>{body}</body>\n</html>\n'
