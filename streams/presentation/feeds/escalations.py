"""Escalations as news to subscribe to (Atom, RFC 4287). Pure.

H-11 The news of a feed are the latest 100 escalations of the last 30 days, of tickets that its unit, or what is below
     it, has now. An entry has the id and the moment of its event, and the words of the event, which name no person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET

from notifiers.text import clean
from streams.presentation.labels import SYSTEM
from streams.presentation.letters.kinds import called
from streams.presentation.ticket_list.row import Around

SPAN: Final = timedelta(days=30)
_ATOM: Final = "http://www.w3.org/2005/Atom"
_EPOCH: Final = "1970-01-01T00:00:00Z"  # of news that nobody has yet


class NewsEntry(NamedTuple):
    """A rung that was reached. `at`: as the event has it; `url`: the ticket's page on the desk, empty without pages."""

    event_id: str
    at: str
    rung: str
    sentence: str
    ticket_id: str
    asset: str
    unit_id: str | None
    url: str


def escalation_news(entries: Sequence[NewsEntry], feed_id: str, whose: str, around: Around) -> bytes:
    """The feed, its entries the newest first; `feed_id` tells it from others for good, `whose`: the unit's name."""
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "zh-CN"})
    _add(feed, "id", f"urn:rectify:feed:{feed_id}")
    _add(feed, "title", f"升级：{clean(whose)}")
    _add(feed, "updated", entries[0].at if entries else _EPOCH)
    _add(_add(feed, "author"), "name", SYSTEM)
    for entry in entries:
        feed.append(_entry(entry, around))
    text: bytes = ET.tostring(feed, "utf-8", xml_declaration=True)
    return text


def updated_at(entries: Sequence[NewsEntry]) -> datetime | None:
    """The moment of the newest; None where there is none."""
    return datetime.fromisoformat(entries[0].at) if entries else None


def _entry(entry: NewsEntry, around: Around) -> ET.Element:
    rung = called(entry.rung, around.policy)
    unit = around.registry.units.get(entry.unit_id or "")
    owner = f"（{clean(unit.name)}）" if unit is not None else ""
    found = ET.Element("entry")
    _add(found, "id", f"urn:rectify:event:{entry.event_id}")
    _add(found, "title", f"{rung}：{clean(entry.asset)}{owner}")
    _add(found, "updated", entry.at)
    _add(found, "category", term=entry.rung, label=rung)
    _add(found, "summary", f"{clean(entry.sentence)}。整改单：{entry.ticket_id}")
    if entry.url:
        _add(found, "link", rel="alternate", href=entry.url)
    return found


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, name, attributes)
    child.text = text or None
    return child
