"""Bounces 退信: what a mail server says later of a mail that it could not deliver. Pure.

N-31  A report by the standard (RFC 3464) counts for what it says: `failed` is undelivered with its status, `delivered`
      is delivered; `delayed` changes nothing. It is ours if it names one of our letters: by ENVID, by the address that
      it was sent to, or by the Message-ID of what is returned.
N-32  Any other mail counts as a bounce only if it came to a letter's own address, comes from a mail system and not from
      a person or an absence assistant, and says a 5xx status or that delivery failed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Final, Literal

from notifiers.return_path import ReturnPath

_ID: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY: Final = re.compile(r"(?<![\d.])(5\d\d|4[2-7]\d)[ \-](?=\S)")
_FAILED: Final = re.compile(
    r"退信|退回|无法投递|投递失败|发送失败"
    r"|undeliver|not delivered|delivery (has )?failed|failure|returned (mail|to sender)",
    re.IGNORECASE,
)
_SYSTEM: Final = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mdaemon|mailsystem)$", re.IGNORECASE)
_ADDRESSED: Final = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Failed-Recipients")
_TEXT_READ: Final = 20_000  # characters of a bounce in free words that are looked at
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
    reports = [part for part in message.walk() if part.get_content_type() in _DELIVERY_STATUS]
    if reports:
        return _by_report(message, reports[0], addressed)
    if addressed is None:
        return NoBounce("not_ours")
    if _is_automatic_reply(message):
        return NoBounce("automatic_reply")
    return _by_words(message, addressed)


_DELIVERY_STATUS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED: Final = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)


def _by_report(message: Message, report: Message, addressed: str | None) -> Bounce | NoBounce:
    fields = list(_blocks(report))
    letter_id = next((found for block in fields if (found := _id_in(block.get("Original-Envelope-Id")))), None)
    letter_id = letter_id or addressed or _returned_id(message)
    if letter_id is None:
        return NoBounce("not_ours")
    actions = {_word(block.get("Action")): block for block in fields if block.get("Action")}
    if (block := actions.get("failed")) is not None:
        status = _STATUS.search(str(block.get("Status", ""))) or _STATUS.search(str(block.get("Diagnostic-Code", "")))
        return Bounce(letter_id, "undelivered", _code(status[0] if status else ""))
    if "delivered" in actions:
        return Bounce(letter_id, "delivered", "delivered")
    return NoBounce("delayed" if "delayed" in actions else "not_a_bounce")


def _by_words(message: Message, letter_id: str) -> Bounce | NoBounce:
    text = _text(message)[:_TEXT_READ]
    status = _STATUS.search(text)
    reply = _REPLY.search(text)
    failed = _FAILED.search(f"{_decoded(message.get('Subject'))}\n{text}") is not None
    if not _from_a_mail_system(message):
        return NoBounce("not_a_bounce")
    found = status[0] if status else reply[1] if reply else ""
    if found.startswith("5") or (failed and not found):
        return Bounce(letter_id, "undelivered", _code(found))
    return NoBounce("delayed" if found.startswith("4") else "not_a_bounce")


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


def _blocks(report: Message) -> Iterator[Message]:
    """The groups of fields of a report: about the mail, then about each recipient."""
    payload = report.get_payload()
    for block in payload if isinstance(payload, list) else []:
        if isinstance(block, Message):
            yield block
            # Of a report about international addresses (RFC 6533) the parser knows only the first group.
            for text in re.split(rb"\r?\n\r?\n", _bytes(block)):
                yield message_from_bytes(text, policy=policy.compat32)


def _is_automatic_reply(message: Message) -> bool:
    """An absence assistant says so in one of these ways (RFC 3834, and what came before it)."""
    auto = _word(message.get("Auto-Submitted"))
    precedence = _word(message.get("Precedence"))
    said = (message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response"))
    return auto == "auto-replied" or precedence == "auto_reply" or any(value is not None for value in said)


def _from_a_mail_system(message: Message) -> bool:
    """A mail without a return path, or from an account that is a program on every mail server."""
    if str(message.get("Return-Path", "")).strip() == "<>":
        return True
    ((_, sender), *_) = getaddresses([str(message.get("From", ""))]) or [("", "")]
    return _SYSTEM.fullmatch(sender.partition("@")[0]) is not None


def _text(message: Message) -> str:
    """What a person would read, of all parts but the mail that is returned."""
    return "\n".join(
        _characters(_bytes(part), str(part.get_content_charset() or "utf-8"))
        for part in _unreturned(message)
        if part.get_content_maintype() == "text" and part.get_content_type() not in _RETURNED
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
