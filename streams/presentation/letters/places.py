"""Where something is wrong, and what: every place of a ticket, in its letter or on the sheet that goes with it. Pure.

N-62  Each entry of a letter says what is wrong, place by place: the wording and its correction, the dead target, since
      when nothing is new, what is missing; of a count that is a veto its parts. Twenty places of a ticket stand in the
      letter (sixty in one about several), all of them on a sheet that is attached where that is too few. Addresses are
      links where they are https and whole: what is shown is where it leads. Targets never are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from notifiers.text import clean, shorten, shorten_middle
from streams.presentation import labels
from streams.presentation.dates import moment, written_day

PLACES_SHOWN: Final = 20
TEXT_LENGTH: Final = 300
PLACE_LENGTH: Final = 200
_SNIPPET_LENGTH: Final = 80
_GONE: Final = ("gone", "dismissed", "waived")


@dataclass(frozen=True, slots=True)
class Place:
    """One place; `href` is empty where it is no link, `wrong` where there is no more to say."""

    where: str
    href: str
    wrong: str
    gone: bool = False


def place_of(problem: Mapping[str, Any], whole: str, check_names: Mapping[str, str]) -> Place:
    """The place of a published problem, or of a part of a veto; `whole`: what the asset as a whole is called."""
    locator = clean(problem.get("locator"))
    where = shorten_middle(locator or whole, PLACE_LENGTH)
    wrong = _part(problem, check_names) if "check" in problem else words_of(problem)
    return Place(where, where if where == locator and is_link(locator) else "", wrong, problem.get("status") in _GONE)


def words_of(problem: Mapping[str, Any]) -> str:
    """What is wrong there: the producer's own words, then the evidence that they leave out."""
    facts = _mapping(problem.get("facts"))
    words = shorten(clean(facts.get("detail") or facts.get("title")), TEXT_LENGTH)
    return "；".join(filter(None, (words, *_evidence(_mapping(facts.get("evidence")), words))))


def parts_of(ticket: Mapping[str, Any], problems: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Of a derived problem (a veto that is a count): the problems that it adds up, the first 50 of them."""
    if len(problems) != 1 or not str(ticket.get("check")).startswith("veto."):
        return ()
    parts = _mapping(_mapping(problems[0].get("facts")).get("evidence")).get("parts")
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else ()


def is_link(text: str) -> bool:
    """Whether it may be a link: https, a host, nobody's name before it, and nothing that a reader does not see."""
    if not text.startswith("https://") or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.hostname) and "@" not in parts.netloc


def _part(part: Mapping[str, Any], check_names: Mapping[str, str]) -> str:
    check = str(part.get("check"))
    since = _day_of(part.get("since"))
    name = shorten(clean(check_names.get(check, check)), TEXT_LENGTH)
    return f"{name}，{written_day(since)}起" if since else name


def _evidence(evidence: Mapping[str, Any], words: str) -> list[str]:
    """What tells an owner where to look, in this order; not what the words say already."""
    said = {name: clean(evidence.get(name)) for name in ("word", "suggestion", "target", "snippet", "http_status")}
    told = [_wording(said["word"], said["suggestion"], words)]
    status = said["http_status"]
    answer = "" if not status else "打不开" if status == "0" else f"返回 {shorten(status, 20)}"
    target = shorten_middle(said["target"], PLACE_LENGTH)
    if target and target not in words:
        told.append(f"链接目标 {target}{f'（{answer}）' if answer else ''}")
    elif answer and status not in words:
        told.append(answer)
    since = _date(evidence.get("stale_since"))
    if since is not None and "更新" not in words:
        told.append(f"最近更新 {written_day(since)}")
    missing = evidence.get("missing")
    if isinstance(missing, list) and missing:
        told.append(f"缺少 {shorten('、'.join(map(clean, missing)), TEXT_LENGTH)}")
    if said["snippet"] and said["snippet"] not in words:
        told.append(f"原文“{shorten(said['snippet'], _SNIPPET_LENGTH)}”")
    return told


def _wording(word: str, suggestion: str, words: str) -> str:
    word, suggestion = shorten(word, PLACE_LENGTH), shorten(suggestion, PLACE_LENGTH)
    if word and suggestion and (word not in words or suggestion not in words):
        return f"“{word}”应为“{suggestion}”"
    if word and word not in words:
        return f"错误表述“{word}”"
    return f"建议改为“{suggestion}”" if suggestion and suggestion not in words else ""


def _day_of(value: object) -> date | None:
    """The day of a moment in our own evidence."""
    try:
        at = moment(value)
    except ValueError:
        return None
    return at.date() if at is not None else None


def _date(value: object) -> date | None:
    """The day in a producer's evidence, which may be anything."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    """Evidence is the producer's, and may be anything."""
    return value if isinstance(value, Mapping) else {}


def whole_of(asset: Mapping[str, Any]) -> str:
    """What the asset as a whole is called as a place."""
    return labels.where(None, asset.get("kind"))
