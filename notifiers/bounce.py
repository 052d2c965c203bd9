"""Bounces 退信: what a mail server says later of a mail that it could not deliver. Pure.

N-31  A report by the standard (RFC 3464), read leniently, counts for what it says: `failed`, or a 5xx status without an
      action, is undelivered, `delivered` is delivered; `delayed` changes nothing. It is ours if it names one of our
      letters: by ENVID, by the address that it was sent to, or by the Message-ID of what is returned.
N-32  Any other mail, and a report that says nothing, counts as a bounce only if it came to a letter's own address,
      comes from a mail system and not from a person or an absence assistant, and says in its own words, not in the mail
      that it quotes, that delivery failed (bounce_words.py). What calls itself an automatic reply must name the
      recipient that failed, or give a 5xx number: bounces are called so too, an absence assistant has neither.
"""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from quopri import decodestring
from typing import Final, Literal

from notifiers.bounce_words import read_words
from notifiers.return_path import ReturnPath

_ID: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_SYSTEM: Final = re.compile(
    r"(mail[-_.]?er[-_.]?|mail[-_.]?|m)daemon|post[-_.]?master|mail[-_.]?(admin(istrator)?|system|robot)"
    r"|(mail[-_.]?)?delivery[-_.]?((sub)?system|status|service)?",
    re.IGNORECASE,
)
_ADDRESSED: Final = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Failed-Recipients")
_CODE_LENGTH: Final = 12

State = Literal["delivered", "undelivered"]


@dataclass(frozen=True, slots=True)
class Bounce:
    """What became of a letter, and the code by which it is known: `bounced:5.1.1`."""

    letter_id: str
    state: State
    code: str


@dataclass(frozen=True, slots=True)
class NoBounce:
    """A mail that changes nothing, and why: `delayed`, `not_ours`, `automatic_reply`, `not_a_bounce`."""

    reason: str


def read_bounce(content: bytes, returns: ReturnPath, recipient: str = "") -> Bounce | NoBounce:
    """Read a mail that came to the address for bounces; `recipient` is that address, where the mail server told it."""
    message = message_from_bytes(content, policy=policy.compat32)
    addressed = _addressed(message, returns, recipient)
    fields = [
        block for part in message.walk() if part.get_content_type() in _DELIVERY_STATUS for block in _blocks(part)
    ]
    letter_id = _named(message, fields, addressed) if fields else addressed
    if letter_id is None:
        return NoBounce("not_ours")
    by_report = _by_report(fields, letter_id)
    if by_report is not None:
        return by_report
    return _by_words(message, letter_id) if addressed else NoBounce("not_a_bounce")


_DELIVERY_STATUS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_READABLE: Final = frozenset({"text", "multipart"})  # a multipart without its parts is text with a wrong boundary
_FIELD: Final = re.compile(r"^([A-Za-z][\w-]*)[ \t]*:(.*)$", re.MULTILINE)
_PASSED_ON: Final = frozenset({"relayed", "expanded"})
_RETURNED: Final = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)


def _named(message: Message, fields: Sequence[Mapping[str, str]], addressed: str | None) -> str | None:
    """The letter that a report is about."""
    envelope = next((found for block in fields if (found := _id_in(block.get("original-envelope-id")))), None)
    return envelope or addressed or _returned_id(message)


def _by_report(fields: Sequence[Mapping[str, str]], letter_id: str) -> Bounce | NoBounce | None:
    """By a report's fields, as far as they say anything; the action decides, and without one the status."""
    actions = {_word(block["action"]): block for block in fields if "action" in block}
    if (block := actions.get("failed")) is not None:
        status = _STATUS.search(block.get("status", "")) or _STATUS.search(block.get("diagnostic-code", ""))
        return Bounce(letter_id, "undelivered", _code(status[0] if status else ""))
    if "delivered" in actions:
        return Bounce(letter_id, "delivered", "delivered")
    if "delayed" in actions:
        return NoBounce("delayed")
    if actions.keys() & _PASSED_ON:
        return NoBounce("not_a_bounce")
    statuses = (found[0] for block in fields if (found := _STATUS.search(block.get("status", ""))))
    final = next((status for status in statuses if status.startswith("5")), None)
    return Bounce(letter_id, "undelivered", _code(final)) if final else None


def _by_words(message: Message, letter_id: str) -> Bounce | NoBounce:
    said = read_words(_decoded(message.get("Subject")), _text(message))
    named = message.get("X-Failed-Recipients") is not None
    daemon = _from_a_daemon(message)
    numbered = said.end == "failed" and said.status.startswith("5")
    if _is_automatic_reply(message) and not (named or (numbered and (daemon or said.certain))):
        return NoBounce("automatic_reply")
    if not (named or daemon or str(message.get("Return-Path", "")).strip() == "<>"):
        return NoBounce("not_a_bounce")
    if said.end == "failed":
        return Bounce(letter_id, "undelivered", _code(said.status))
    return NoBounce("delayed" if said.end == "delayed" else "not_a_bounce")


def _addressed(message: Message, returns: ReturnPath, recipient: str) -> str | None:
    """The letter to whose own address this mail came."""
    lines = [str(value) for name in _ADDRESSED for value in message.get_all(name, [])]
    addresses = [recipient, *(address for _, address in getaddresses(lines))]
    return next((found for address in addresses if (found := returns.letter_id(address))), None)


def _returned_id(message: Message) -> str | None:
    """From the mail that is returned with the report, whole or only its headers."""
    for part in message.walk():
        if part.get_content_type() not in _RETURNED:
            continue
        payload = part.get_payload()
        returned = payload[0] if isinstance(payload, list) and payload else None
        if not isinstance(returned, Message):
            returned = message_from_bytes(_bytes(part), policy=policy.compat32)
        if found := _id_in(returned.get("Message-ID")):
            return found
    return None


def _blocks(report: Message) -> Iterator[Mapping[str, str]]:
    """The groups of fields of a report, by lower-case name: about the mail, then about each recipient.

    Line by line: the library gives up a group at a space before a colon or at a line that is not folded, and knows
    nothing of reports about international addresses (RFC 6533).
    """
    for block in re.split(r"\r?\n[ \t]*\r?\n", _raw(report)):
        fields: dict[str, str] = {}
        for name, value in _FIELD.findall(block):
            fields.setdefault(name.lower(), value.strip())
        if fields:
            yield fields


def _raw(part: Message) -> str:
    """A part's text as it came, whatever the library has made of it."""
    _, _, body = part.as_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    encoding = _word(part.get("Content-Transfer-Encoding"))
    with suppress(ValueError):
        if encoding == "base64":
            body = b64decode(body)
        elif encoding == "quoted-printable":
            body = decodestring(body)
    return body.decode("utf-8", "replace")


def _is_automatic_reply(message: Message) -> bool:
    """An absence assistant says so in one of these ways (RFC 3834, and what came before it)."""
    auto = _word(message.get("Auto-Submitted"))
    precedence = _word(message.get("Precedence"))
    said = (message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response"))
    return auto == "auto-replied" or precedence == "auto_reply" or any(value is not None for value in said)


def _from_a_daemon(message: Message) -> bool:
    """From an account that is a program on every mail server, or from nobody's (`MAILER-DAEMON <>`)."""
    sender = _decoded(message.get("From")).strip()
    ((name, address), *_) = getaddresses([sender]) or [("", "")]
    who = address.partition("@")[0] or name.strip()
    return sender == "<>" or _SYSTEM.fullmatch(who) is not None


def _text(message: Message) -> str:
    """What a person would read, of all parts but the mail that is returned."""
    return "\n".join(
        _characters(_bytes(part), str(part.get_content_charset() or "utf-8"))
        for part in _unreturned(message)
        if part.get_content_maintype() in _READABLE and part.get_content_type() not in _RETURNED
    )


def _unreturned(message: Message) -> Iterable[Message]:
    if message.get_content_type() in _RETURNED:
        return
    payload = message.get_payload()
    if isinstance(payload, list):
        for part in payload:
            if isinstance(part, Message):
                yield from _unreturned(part)
    else:
        yield message


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _characters(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _decoded(header: object) -> str:
    """A header with its encoded words read; one that cannot be read stays as it is."""
    try:
        return str(make_header(decode_header(str(header or ""))))
    except (ValueError, LookupError, HeaderParseError):
        return str(header)


def _id_in(value: object) -> str | None:
    found = _ID.search(str(value or "").lower())
    return found[0] if found else None


def _word(value: object) -> str:
    return str(value or "").strip().lower().partition(" ")[0].rstrip(";")


def _code(status: str) -> str:
    return f"bounced:{status[:_CODE_LENGTH]}" if status else "bounced"
