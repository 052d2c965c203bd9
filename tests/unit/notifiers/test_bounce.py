"""Bounces as mail servers write them, and mails that only look like one."""

from email.message import EmailMessage

import pytest

from notifiers.bounce import Bounce, NoBounce, read_bounce
from notifiers.return_path import ReturnPath

LETTER = "0123456789abcdef0123456789abcdef"
VERP = ReturnPath.parse("bounces+{}@city.gov.cn")
PLAIN = ReturnPath.parse("rectify@city.gov.cn")
OWN = f"bounces+{LETTER}@city.gov.cn"
POSTFIX = f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.city.gov.cn (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {{to}}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.city.gov.cn
{{envelope}}Arrival-Date: Fri,  3 Mar 2023 09:00:00 +0800 (CST)

Final-Recipient: rfc822; wang@unit.gov.cn
Original-Recipient: rfc822;wang@unit.gov.cn
Action: {{action}}
Status: {{status}}
Remote-MTA: dns; unit.gov.cn
Diagnostic-Code: smtp; 550 5.1.1 <wang@unit.gov.cn>: no such user

--B
Content-Type: text/rfc822-headers

Message-ID: <{LETTER}@city.gov.cn>
Subject: =?utf-8?b?5YKs5Yqe?=

--B--
"""


def report(action: str = "failed", status: str = "5.1.1", to: str = "rectify@city.gov.cn", envelope: str = "") -> bytes:
    """Return a report as postfix writes it, with CRLF."""
    return POSTFIX.format(action=action, status=status, to=to, envelope=envelope).replace("\n", "\r\n").encode()


def mail(sender: str, subject: str, text: str, to: str = OWN, **headers: str) -> bytes:
    """Return an ordinary mail that came to a letter's own address."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return bytes(message)


def test_a_failed_report_is_undelivered_with_its_status() -> None:
    """N-31: by the Message-ID of the headers that come back, where there is nothing else to know the letter by."""
    assert read_bounce(report(), PLAIN) == Bounce(LETTER, "undelivered", "bounced:5.1.1")


def test_the_envelope_id_goes_before_everything_else() -> None:
    """N-31: what we have given to the server for its reports names the letter."""
    other = "f" * 32
    content = report(envelope=f"Original-Envelope-Id: {other}\n")
    assert read_bounce(content, PLAIN) == Bounce(other, "undelivered", "bounced:5.1.1")


def test_the_address_names_the_letter() -> None:
    """N-31: also where the server returns nothing of our mail."""
    content = report(to=OWN).partition(b"--B\r\nContent-Type: text/rfc822-headers")[0] + b"--B--\r\n"
    assert read_bounce(content, VERP) == Bounce(LETTER, "undelivered", "bounced:5.1.1")
    assert read_bounce(content, PLAIN) == NoBounce("not_ours")
    nameless = content.replace(OWN.encode(), b"undisclosed-recipients:;")
    assert read_bounce(nameless, VERP, recipient=OWN.upper()) == Bounce(LETTER, "undelivered", "bounced:5.1.1")


@pytest.mark.parametrize(("action", "expected"), [("delayed", "delayed"), ("expanded", "not_a_bounce")])
def test_a_delay_changes_nothing(action: str, expected: str) -> None:
    """N-31: the server still tries."""
    assert read_bounce(report(action, "4.4.1"), PLAIN) == NoBounce(expected)


def test_a_report_of_delivery_is_delivered() -> None:
    """N-31: nobody asks for it, but some servers send it."""
    assert read_bounce(report("delivered", "2.0.0"), PLAIN) == Bounce(LETTER, "delivered", "delivered")


def test_given_up_after_days_is_undelivered() -> None:
    """N-31: the action decides, not the 4 in the status."""
    assert read_bounce(report("failed", "4.4.7"), PLAIN) == Bounce(LETTER, "undelivered", "bounced:4.4.7")


def test_a_report_without_a_status_field_takes_it_from_the_diagnosis() -> None:
    """N-31: a status in the wrong place is still one; none at all is a bounce too."""
    assert read_bounce(report(status="unknown"), PLAIN) == Bounce(LETTER, "undelivered", "bounced:5.1.1")
    bare = report(status="unknown").replace(b"550 5.1.1", b"no")
    assert read_bounce(bare, PLAIN) == Bounce(LETTER, "undelivered", "bounced")


def test_a_report_about_an_international_address_is_read() -> None:
    """N-31: RFC 6533 has a type of its own, and the library does not know its groups."""
    content = report().replace(b"message/delivery-status", b"message/global-delivery-status")
    assert read_bounce(content, PLAIN) == Bounce(LETTER, "undelivered", "bounced:5.1.1")


@pytest.mark.parametrize(
    ("sender", "subject", "text", "code"),
    [
        ("PostMaster@mail.example", "系统退信", "收件人不存在\n550 Mailbox not found\n", "bounced:550"),
        ("MAILER-DAEMON@old.example", "failure notice", "user unknown #5.1.1\n", "bounced:5.1.1"),
        ("postmaster@exchange.example", "无法投递: 催办", "您的邮件未送达收件人。\n", "bounced"),
        ("Mail Delivery System <mailer-daemon@x.example>", "Returned mail", "see transcript", "bounced"),
    ],
)
def test_a_bounce_in_free_words(sender: str, subject: str, text: str, code: str) -> None:
    """N-32: old servers write to the letter's own address in their own words."""
    assert read_bounce(mail(sender, subject, text), VERP) == Bounce(LETTER, "undelivered", code)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (mail("wang@unit.gov.cn", "回复：催办", "550元的佐证已退回"), "not_a_bounce"),
        (mail("wang@unit.gov.cn", "自动回复", "本人休假", Auto_Submitted="auto-replied"), "automatic_reply"),
        (mail("postmaster@x.cn", "外出", "delivery failure", X_Autoreply="yes"), "automatic_reply"),
        (mail("postmaster@x.cn", "Delayed", "451 4.7.1 greylisted, will retry"), "delayed"),
        (mail("postmaster@x.cn", "通知", "系统将于今晚升级"), "not_a_bounce"),
        (mail("postmaster@x.cn", "系统退信", "550 no", to="rectify@city.gov.cn"), "not_ours"),
        (b"", "not_ours"),
        (b"\x00\xff\xfe garbage", "not_ours"),
    ],
)
def test_what_only_looks_like_a_bounce(content: bytes, reason: str) -> None:
    """N-32: people, absence assistants and other people's mails make nobody undelivered."""
    assert read_bounce(content, VERP) == NoBounce(reason)


def test_a_letters_own_address() -> None:
    """N-30: the id stands in the address, survives a change of case, and is found in no other address."""
    assert VERP.address(LETTER) == OWN
    assert VERP.letter_id(OWN.upper()) == LETTER
    assert VERP.letter_id("bounces+x@city.gov.cn") is None
    assert VERP.letter_id(VERP.address("n-1")) is None
    assert PLAIN.address(LETTER) == "rectify@city.gov.cn"
    assert PLAIN.letter_id("rectify@city.gov.cn") is None


@pytest.mark.parametrize("text", ["nobody", "a{}b{}@x.cn", "a@{}.cn", "a b{}@x.cn", ""])
def test_a_pattern_that_is_no_address_is_refused(text: str) -> None:
    """N-30: when the settings are read, not with the first mail."""
    with pytest.raises(ValueError, match="bounces"):
        ReturnPath.parse(text)
