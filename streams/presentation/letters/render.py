"""From a letter to what is sent: subject, text and HTML of a mail, or one short message. Pure.

Text from tickets is a template's data, never its source; in HTML all of it is escaped.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from notifiers.sms.parts import SMS_PARTS, sms_parts
from notifiers.text import clean, shorten
from streams.presentation import labels
from streams.presentation.dates import day, short_due
from streams.presentation.letters.also_due import AlsoView, also_view
from streams.presentation.letters.calendar_entry import calendar_entry
from streams.presentation.letters.digest import ROWS, digest
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.numbers import short_number
from streams.presentation.letters.silences import silences_view
from streams.presentation.letters.view import view
from streams.presentation.letters.warnings import warnings_view
from streams.presentation.letters.week import week_view

SUBJECT_LENGTH: Final = 90  # characters; phones show 30 to 40, desktops about 80
WARNED: Final = "warned"  # the templates of a letter that only warns
SILENT: Final = "producer_silent"  # of one about silent producers
WEEK: Final = "weekly"  # of one about a week
_DIGEST: Final = "digest"
_NAME_LENGTHS: Final = (30, 20, 14, 10, 8, 6, 4, 2)  # how far names are shortened until a line fits
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Content:
    """A rendered mail."""

    subject: str
    text: str
    html: str


def render_mail(letter: Letter) -> Content:
    """Render the mail of a letter: its kind's template, or the digest for several items.

    Raises:
        jinja2.UndefinedError: a template names what the view does not have.
    """
    folder, context = _context(letter)
    also: AlsoView | None = context["also"]
    further = ""
    if also is not None:  # the earliest due of all is in the head of a digest
        further = f"；另有{also.counted if folder == _DIGEST else also.said}"
    line = _fitting(f"{folder}/subject.txt", context, lambda line: len(line) + len(further) <= SUBJECT_LENGTH)
    subject = context["subject"] = line + further
    text = _environment().get_template(f"{folder}/body.txt").render(context)
    html = _environment().get_template(f"{folder}/body.html").render(context)
    return Content(subject, _BLANK_LINES.sub("\n\n", text).strip() + "\n", html)


def render_sms(letter: Letter) -> str:
    """Render the short message, two parts at most: names give way, ticket number and date never."""
    folder, context = _context(letter)
    why = labels.OUTSIDE_SHORT[letter.outside] if letter.outside is not None else ""
    text = _fitting(f"{folder}/sms.txt", context, lambda text: sms_parts(text + why) <= SMS_PARTS)
    return text + why if sms_parts(text + why) <= SMS_PARTS else text


def render_calendar(letter: Letter, organizer: str) -> bytes:
    """Render the deadlines of a letter as an `.ics` file; empty when it has none to come. `organizer`: our address."""
    views = [view(item, letter.at, letter.zone) for item in letter.items]
    return calendar_entry(views[:ROWS], letter.at, letter.zone, organizer, letter.letterhead.name or labels.SYSTEM)


def _context(letter: Letter) -> tuple[str, dict[str, Any]]:
    views = [view(item, letter.at, letter.zone) for item in letter.items]
    context: dict[str, Any] = {
        "to": _salutation(letter),
        "office": letter.letterhead,
        "sign": clean(letter.letterhead.sign),
        "on": day(letter.at, letter.zone),
        "pages": letter.pages if any(item.reader == "duty" for item in letter.items) else (),
        "guide": letter.guide if any(item.kind == "opened" and item.reader == "duty" for item in letter.items) else "",
        "sheet": sheet_name(letter) if letter.sheet else "",
        "also": None,
        "outside": labels.OUTSIDE[letter.outside] if letter.outside is not None else "",
    }
    if letter.silences:
        return SILENT, context | {"silences": silences_view(letter.silences, letter.at, letter.zone)}
    if letter.week is not None:
        return WEEK, context | {"week": week_view(letter.week, letter.zone)}
    warnings = warnings_view(letter.warnings, letter.at, letter.zone)
    if letter.others is not None:
        units = {item.unit for item in views} | {item.unit for item in warnings.rows}
        context["also"] = also_view(letter.others, len(views) + warnings.count, units, letter.at, letter.zone)
    if len(views) == 1 and not letter.warnings:
        return views[0].kind, context | {"it": views[0]}
    context["warnings"] = warnings
    if not views:
        return WARNED, context
    also: AlsoView | None = context["also"]
    told = digest(views, also.dues if also is not None else ())
    earliest = short_due(told.earliest, letter.at, letter.zone) if told.earliest is not None else ""
    acts = any(item.kind != "closed" and item.reader == "duty" and not item.over for item in views)
    return _DIGEST, context | {"digest": told, "earliest": earliest, "acts": acts}


def _salutation(letter: Letter) -> str:
    """The unit and the person's name; a word for whoever is on duty is no name."""
    name, unit = clean(letter.recipient.name), clean(letter.unit)
    if name in labels.NO_NAMES or (unit and name.startswith(unit)):
        return shorten(unit or name, 60)
    return shorten(f"{unit} {name}" if unit else name, 60)


def sheet_name(letter: Letter) -> str:
    """Of the sheet with every place."""
    numbers = {row.ticket_id for row in letter.sheet}
    return f"问题清单{short_number(numbers.pop()) if len(numbers) == 1 else f'{len(numbers)}件'}.xlsx"


def _fitting(template: str, context: dict[str, Any], fits: Callable[[str], bool]) -> str:
    """One line, with names as long as still fits."""
    line = ""
    for names in _NAME_LENGTHS:
        line = clean(_environment().get_template(template).render(context, names=names))
        if fits(line):
            break
    return line


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("notifiers", "templates"),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["labels"] = labels
    environment.filters["shorten"] = shorten
    return environment
