"""What comes out, judged: messages by their schemas, letters by what a mail program and a browser make of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import BaseModel

import notifiers
from notifiers.message import build_message
from notifiers.protocol import Mail
from notifiers.sms.parts import SMS_PARTS, sms_parts
from schemas.addresses import wire_email
from schemas.escalation import Escalation
from schemas.event import Event
from schemas.recheck_request import RecheckRequest
from schemas.ticket import TicketDocument
from streams.presentation.letters.card import card
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.render import render_calendar, render_mail, render_sms
from streams.rules.state.records import OutMessage
from tests.fuzz.hostile import PROOF
from tests.fuzz.messages import TOPICS

SENDER: Final = "rectify@city.gov.cn"
_HEADERS: Final = {
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted", "content-type",
    "x-auto-response-suppress", "content-language", "mime-version",
}  # fmt: skip
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SOURCES: Final = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.DOTALL)


def judge_messages(messages: Iterable[OutMessage]) -> None:
    """Each is JSON that any reader can hold, by its schema; keys and headers are what Kafka takes."""
    for message in messages:
        assert message.key is None or isinstance(message.key, bytes)
        for name, content in message.headers:
            name.encode()
            assert content is None or isinstance(content, bytes)
        if message.topic == TOPICS.dead_letters:
            _judge_refusal(dict(message.headers))
        elif message.value is not None:
            text = message.value.decode()
            assert "\\u0000" not in text.replace("\\\\", "")
            model = _model(message.topic)
            if model is not None:
                model.model_validate_json(text)


def _judge_refusal(headers: dict[str, bytes | None]) -> None:
    code, detail = headers["rectify-error"], headers["rectify-error-detail"]
    assert code is not None
    assert detail is not None
    assert code != b"internal_error", detail
    field, colon, reason = detail.decode().partition(":")
    assert (field.strip(), colon) != ("", ":"), detail
    assert len(reason) > 3, detail
    assert len(detail.decode()) <= 500, detail


def _model(topic: str) -> type[BaseModel] | None:
    if topic.startswith(f"{TOPICS.prefix}.escalations."):
        return Escalation
    known: dict[str, type[BaseModel]] = {
        TOPICS.tickets: TicketDocument, TOPICS.events: Event, TOPICS.recheck_requests: RecheckRequest,
    }  # fmt: skip
    return known.get(topic)


def judge_letter(letter: Letter) -> None:
    """As mail and as short message: no header, no mark-up, no template that was not ours; bounded in length."""
    if "@" not in letter.recipient.address:  # a short message's: what it says is judged as a mail too
        letter = replace(letter, recipient=replace(letter.recipient, address="li@unit.gov.cn"))
    content = render_mail(letter)
    calendar = render_calendar(letter, SENDER)
    thread = str(letter.items[0].ticket["ticket_id"]) if letter.items else ""
    date = letter.at.astimezone(letter.zone)
    mail = Mail("0" * 32, thread, SENDER, letter.recipient, content.subject, content.text, content.html, date, calendar)
    raw = build_message(mail)
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert {name.lower() for name in parsed} <= _HEADERS
    assert len(parsed.keys()) == len({name.lower() for name in parsed})
    assert [a.addr_spec for a in parsed["To"].addresses] == [wire_email(letter.recipient.address)]
    assert not _CONTROL.search(str(parsed["Subject"]))
    assert max(map(len, raw.split(b"\r\n"))) < 998
    kinds = [part.get_content_type() for part in parsed.walk()]
    assert kinds.count("text/plain") == kinds.count("text/html") == 1
    assert set(kinds) <= {"multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"}
    assert _tags(content.html) <= _ours()
    _judge_calendar(calendar)
    short = render_sms(letter)
    assert not _CONTROL.search(short)
    # Ticket number and date never give way; those alone may be longer only with names that are.
    assert sms_parts(short) <= SMS_PARTS + 2
    shown = card(letter)
    for text in (content.subject, content.text, content.html, short, str(shown)):
        assert PROOF not in text
        assert len(text) < 300_000


def _judge_calendar(content: bytes) -> None:
    for line in content.split(b"\r\n"):
        assert b"\n" not in line
        assert b"\r" not in line
        assert len(line) <= 75
    assert content.count(b"BEGIN:VCALENDAR") <= 1


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, ""))
        self.found.update((tag, name) for name, _ in attrs)

    def handle_comment(self, data: str) -> None:
        self.found.add(("comment", data))


def _tags(html: str) -> set[tuple[str, str]]:
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser.found


@cache
def _ours() -> frozenset[tuple[str, str]]:
    """Tags and attributes that our templates have."""
    folder = Path(notifiers.__file__).parent / "templates"
    sources = (path.read_text("utf-8") for path in folder.rglob("*.html"))
    return frozenset(tag for text in sources for tag in _tags(_SOURCES.sub("", text)))


def values(document: Any) -> Iterator[str]:
    """Every text of a JSON document."""
    if isinstance(document, dict):
        for name, part in document.items():
            yield name
            yield from values(part)
    elif isinstance(document, list):
        for part in document:
            yield from values(part)
    elif isinstance(document, str):
        yield document


def published(messages: Iterable[OutMessage]) -> list[tuple[str, bytes, bytes]]:
    """Messages in an order that does not depend on who decided them; those that say when they were made apart."""
    return sorted((m.topic, m.key or b"", m.value or b"") for m in messages)


def as_document(message: OutMessage) -> dict[str, Any]:
    """A message's value."""
    found: dict[str, Any] = orjson.loads(message.value or b"{}")
    return found
