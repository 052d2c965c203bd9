"""Bounces that are not quite by the standard, as servers in the wild write them, and absence replies beside them."""

from email.message import EmailMessage

import pytest

from notifiers.bounce import Bounce, NoBounce, read_bounce
from notifiers.bounce_words import BounceWords, read_words
from notifiers.return_path import ReturnPath

LETTER = "0123456789abcdef0123456789abcdef"
VERP = ReturnPath.parse("bounces+{}@city.gov.cn")
OWN = f"bounces+{LETTER}@city.gov.cn"
DAEMON = "MAILER-DAEMON@mx.unit.example"


def mail(text: str, sender: str = DAEMON, subject: str = "Mail delivery failed", **headers: str) -> bytes:
    """Return a mail in free words that came to the letter's own address."""
    message = EmailMessage()
    message["To"], message["Subject"] = OWN, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return f"From: {sender}\n".encode() + bytes(message)


def report(fields: str, text: str = "Delivery failed: 550 5.1.1 no such mailbox", encoding: str = "7bit") -> bytes:
    """Return a report whose fields are these."""
    return (
        f"Return-Path: <>\nFrom: {DAEMON}\nTo: {OWN}\nSubject: Undeliverable\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n{text}\n"
        f"--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: {encoding}\n\n{fields}\n--b--\n"
    ).encode()


def told(content: bytes) -> str:
    """Return the code of a bounce, or why it is none."""
    read = read_bounce(content, VERP)
    if isinstance(read, NoBounce):
        return read.reason
    assert isinstance(read, Bounce)
    assert read.letter_id == LETTER
    return read.code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("Final-Recipient: rfc822; a@b.example\nAction : failed\nStatus : 5.1.2\n", "bounced:5.1.2"),
        ("Final-Recipient: rfc822; a@b.example\nStatus: 5.1.2\n", "bounced:5.1.2"),
        ("Diagnostic-Code: smtp; 550-no mailbox, see\n550 page\nStatus: 5.1.2\nAction: failed\n", "bounced:5.1.2"),
        ("ACTION: FAILED\nSTATUS: 5.1.2 (bad domain)\n", "bounced:5.1.2"),
        ("Reporting-MTA: dns; mx\n  \nAction: failed\nStatus: 5.1.2\n", "bounced:5.1.2"),
        ("Action: failed\nDiagnostic-Code: smtp; 550 5.1.2 no\n", "bounced:5.1.2"),
        ("", "bounced:5.1.1"),
        ("Reporting-MTA: dns; mx.unit.example\n", "bounced:5.1.1"),
        ("Action: delayed\nStatus: 4.4.1\n", "delayed"),
        ("Action: relayed\nStatus: 2.1.5\n", "not_a_bounce"),
        ("Action: delivered\nStatus: 2.1.5\n", "delivered"),
    ],
)  # fmt: skip
def test_a_report_is_read_leniently(fields: str, code: str) -> None:
    """N-31: a space before a colon, no action, a line not folded; what says nothing leaves it to the text."""
    assert told(report(fields)) == code


def test_a_report_in_base64() -> None:
    """N-31: some gateways encode every part."""
    assert told(report("QWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMgo=", encoding="base64")) == "bounced:5.1.2"


def test_a_wrong_boundary_leaves_the_text() -> None:
    """N-32: what cannot be taken apart is read as it stands."""
    assert told(report("").replace(b'boundary="b"', b'boundary="c"')) == "bounced:5.1.1"


@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON <>", "<>", "Mail.Delivery.System@mx.example", "post_master@mx.example"]
)
def test_mail_systems_have_many_names(sender: str) -> None:
    """N-32: an empty address is the clearest sign of one."""
    assert told(mail("RCPT TO:\n550 5.1.1 no such mailbox\n", sender)) == "bounced:5.1.1"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # What is quoted is not read: versions, ids, and another mail's words.
        ("a@b.example: host said: 550 no such user\n\n--- the message ---\nReceived: from x (Haraka/2.8.28)\n", "550"),
        ("no mail server for this domain; could not deliver\n\n--- the message ---\nMessage-Id: <00-F437-0@x>\n", ""),
        ("unknown user\n\nX-Mailman-Version: 2.1.5\n", ""),
        ("unknown user\n\n------- Returned Message --------\nwith SMTP (v4.6.1 (569.2)) and 451 4.7.1\n", ""),
        ("unknown user\n\n> Received: from x by y (5.5.0-3)\n> 450 4.1.1\n", ""),
        ("unknown user\n\nBelow this line is a copy of the message.\n\n450 4.7.1 later\n", ""),
        ("收件人不存在\n\n原邮件：\n450 4.7.1 later\n", ""),
        # Numbers that are no status.
        ("unknown user\n(Exim 4.94.2)\n", ""),
        ("unknown user, queue v4.6.1, id mxl_mta-5.5.0-3, 10.4.5.1, on 4.5.2026\n", ""),
        ("unknown user\nmessage-id 4.7.1@relay.example\n", ""),
        # The ways in which a status stands.
        ("user unknown #5.1.1\n", "5.1.1"),
        ("#550 5.2.1 disabled ##\n", "5.2.1"),
        ("Status: 5.1.1\nno\n", "5.1.1"),
        ("unknown recipient (5.4.1)\n", "5.4.1"),
        ("-- 5.4.1 Recipient address rejected\n", "5.4.1"),
        ("<a@b.example>: 550-5.7.1 blocked\n550 5.7.1 see\n", "5.7.1"),
        ("554 554 5.7.0 header error\n", "5.7.0"),
        ("Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1\n", "5.1.1"),
        ("mailbox unavailable. [SMTP Error Code 550]\n", "550"),
        ("Your message:\n  Subject: x\ncould not be delivered because of\n550 5.1.1 unknown\n", "5.1.1"),
        # A reply wins beside a status of another class; tried first, then given up.
        ("554 4.4.7 message expired\n", "554"),
        ("451 4.7.1 greylisted\n550 5.1.1 no such user\n", "5.1.1"),
        ("451 4.4.1 no answer. I'm not going to try again; it has been in the queue too long.\n", "4.4.1"),
        # Without a number.
        ("An error has occurred while attempting to deliver a message for: a@b.example: Domain does not exist", ""),
        ("did not reach the following recipient(s):\na@b.example\n", ""),
        ("您的邮件被退回：收件人不存在。\n", ""),
    ],
)  # fmt: skip
def test_a_failure_in_words(text: str, code: str) -> None:
    """N-32: a number only with what makes it a status, and only of what the server says itself."""
    assert told(mail(text)) == (f"bounced:{code}" if code else "bounced")


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Delivery Status Notification (Delay)", "THIS IS A WARNING MESSAGE ONLY. Delivery has been delayed."),
        ("Warning", "451 4.7.1 greylisted, will retry for 5 days"),
        ("Delayed", "It has not yet been delivered. Eventually the mail delivery software will give up, and fail."),
        ("退信提醒", "邮件暂未送达，系统将继续尝试投递。"),
    ],
)
def test_a_delay_in_words_changes_nothing(subject: str, text: str) -> None:
    """N-32: the server still tries, whatever it says of the end."""
    assert told(mail(text, subject=subject)) == "delayed"


@pytest.mark.parametrize(
    ("sender", "text", "headers"),
    [
        (DAEMON, "550 5.1.1 no such mailbox", {"Auto_Submitted": "auto-replied"}),
        (DAEMON, "unrouteable address", {"Auto_Submitted": "auto-replied", "X_Failed_Recipients": "a@b.example"}),
        ("no-reply@groups.example", "550 5.1.1 not a member", {"Auto_Submitted": "auto-replied", "Return_Path": "<>"}),
        ("noreply@mx.example", "unrouteable address", {"X_Failed_Recipients": "a@b.example"}),
        (DAEMON, "user unknown #5.1.1", {"Precedence": "auto_reply"}),
    ],
)
def test_bounces_that_call_themselves_automatic_replies(sender: str, text: str, headers: dict[str, str]) -> None:
    """N-32: as Exim does with all of its bounces (RFC 3834 section 5 allows it)."""
    assert told(mail(text, sender, **headers)).startswith("bounced")


@pytest.mark.parametrize(
    ("sender", "text", "headers"),
    [
        ("wang@unit.gov.cn", "本人休假，急事请拨 550 2233", {"Auto_Submitted": "auto-replied", "Return_Path": "<>"}),
        ("wang@unit.gov.cn", "I am out until 5.1.2027, call (512) 555-1234", {"Auto_Submitted": "auto-replied"}),
        ("wang@unit.gov.cn", "Your message could not be read; I am away.", {"X_Autoreply": "1", "Return_Path": "<>"}),
        ("postmaster@unit.gov.cn", "外出，邮件稍后处理；delivery failure 请联系 4.5.1 室", {"X_Autorespond": "1"}),
        ("wang@unit.gov.cn", "休假\n\n> 550 5.1.1 no such user", {"Precedence": "auto_reply", "Return_Path": "<>"}),
    ],
)  # fmt: skip
def test_an_absence_reply_is_never_a_bounce(sender: str, text: str, headers: dict[str, str]) -> None:
    """N-32: it names no failed recipient and no status, whatever else it says or quotes."""
    assert told(mail(text, sender, subject="自动回复", **headers)) == "automatic_reply"


def test_what_the_words_come_to() -> None:
    """The outcomes once each; a reply and its status together are what no person writes."""
    assert read_words("", "550 5.1.1 no") == BounceWords("failed", "5.1.1", certain=True)
    assert read_words("", "550 no") == BounceWords("failed", "550", certain=False)
    assert read_words("", "450 4.2.1 later") == BounceWords("delayed", "4.2.1", certain=False)
    assert read_words("系统将于今晚升级", "通知") == BounceWords("nothing", "", certain=False)
