"""The mail as it goes over the wire."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from notifiers.message import build_message
from notifiers.protocol import Mail, Recipient

MAIL = Mail(
    message_id="n-1",
    thread_id="T-1",
    sender="整改平台 <rectify@city.gov.cn>",
    to=Recipient("王五", "wang@unit.gov.cn", "duty"),
    subject="【催办】栏目不更新",
    text="请立即整改\n",
    html="<p>请立即整改</p>\n",
    date=datetime(2026, 2, 13, 8, 0, tzinfo=UTC),
)


def received(mail: Mail) -> EmailMessage:
    """Return the mail as a mail reader gets it."""
    return message_from_bytes(build_message(mail), policy=default)


def content(message: EmailMessage, subtype: str) -> str:
    """Return one of the two bodies."""
    body = message.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).strip()


def test_both_bodies_arrive() -> None:
    """Text and HTML come as alternatives, the Chinese whole."""
    message = received(MAIL)
    assert message.get_content_type() == "multipart/alternative"
    assert content(message, "plain") == "请立即整改"
    assert content(message, "html") == "<p>请立即整改</p>"


def test_headers() -> None:
    """Names, subject and the caller's time are there, and robots are told not to answer."""
    message = received(MAIL)
    assert message["From"] == "整改平台 <rectify@city.gov.cn>"
    assert message["To"] == "王五 <wang@unit.gov.cn>"
    assert message["Subject"] == "【催办】栏目不更新"
    assert message["Date"].datetime == MAIL.date
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"


def test_notices_of_a_ticket_are_a_thread() -> None:
    """The id is the notice's, the thread's root the ticket's; a digest has no thread."""
    message, alone = received(MAIL), received(replace(MAIL, thread_id=""))
    assert message["Message-ID"] == "<n-1@city.gov.cn>"
    assert message["References"] == message["In-Reply-To"] == "<T-1@city.gov.cn>"
    assert alone["References"] is None


def test_long_ids_stay_readable() -> None:
    """An id longer than a line is not folded into encoded words, which no mail reader would match."""
    long = "t" * 90
    wire = build_message(replace(MAIL, message_id=long, thread_id=long))
    assert wire.count(b"<" + long.encode() + b"@city.gov.cn>") == 3
    assert b"References: =?" not in wire


def test_any_server_takes_it() -> None:
    """The wire form is ASCII in lines of a length that every server takes."""
    wire = build_message(replace(MAIL, text="长" * 5000 + "\n.\n", html="<p>" + "长" * 5000 + "</p>"))
    assert wire.isascii()
    assert max(len(line) for line in wire.split(b"\r\n")) < 998


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "plain",
        "=?utf-8?q?a?= is no word of ours",
        "a b " * 40,
        "🙂中é" * 60,
        "时限 3月6日；  two  spaces stay",
        "é" * 39,
    ],
)
def test_subjects_come_back_whole(subject: str) -> None:
    """Whatever a subject is made of: short lines of ASCII, and the same text at the reader's."""
    mail = replace(MAIL, subject=subject)
    head = build_message(mail).partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 76
    assert received(mail)["Subject"] == " ".join(subject.split())


def test_names_come_back_whole() -> None:
    """Plain ones, and such as could be taken for something else in an address."""
    for name in ("", "Wang Wu", 'Wang, "Wu" <x@y.cn>', "王五（值守）", "=?utf-8?q?a?="):
        (to,) = received(replace(MAIL, to=Recipient(name, "wang@unit.gov.cn", "duty")))["To"].addresses
        assert (to.display_name, to.addr_spec) == (name, "wang@unit.gov.cn")


def test_header_injection_is_harmless() -> None:
    """Line breaks in names, subjects and ids make no header of their own."""
    evil = "x\r\nBcc: all@unit.gov.cn\r\n\r\nbody"
    to = Recipient(evil, "wang@unit.gov.cn", "duty")
    wire = build_message(replace(MAIL, to=to, subject=evil, message_id=evil, thread_id=evil))
    message = message_from_bytes(wire, policy=default)
    assert message["Bcc"] is None
    assert content(message, "plain") == "请立即整改"


@pytest.mark.parametrize("address", ["a@x NOTIFY=NEVER", "a@x\r\nBcc: b@y", "", "nobody"])
def test_a_bad_address_is_refused(address: str) -> None:
    """The refusal does not repeat the address."""
    with pytest.raises(ValueError, match=r"^not an e-mail address$"):
        build_message(replace(MAIL, to=Recipient("王五", address, "duty")))
