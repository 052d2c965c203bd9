"""The mail as it goes over the wire. Pure."""

import re
from email.headerregistry import Address, BaseHeader, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Final, cast

from notifiers.addresses import wire_email
from notifiers.protocol import Mail
from notifiers.wording import clean

_NOT_IN_ID: Final = re.compile(r"[^A-Za-z0-9._+@-]")
_HEADERS: Final = HeaderRegistry()
# As plain text, an id beyond 60 characters would be folded into encoded words, and no reader would find the thread.
_ONE_ID: Final = cast("type[BaseHeader]", MessageIDHeader)
_HEADERS.map_to_type("references", _ONE_ID)
_HEADERS.map_to_type("in-reply-to", _ONE_ID)
_POLICY: Final = SMTP.clone(header_factory=_HEADERS)


def build_message(mail: Mail) -> EmailMessage:
    """Build the message, text and HTML, ASCII throughout: any server takes it, and an .eml opens anywhere.

    The same mail gives the same message, but for the boundary between its parts.

    Raises:
        ValueError: sender or recipient is not an address.
    """
    message = EmailMessage(policy=_POLICY)
    sender = _address(mail.sender)
    message["From"] = sender
    message["To"] = _address(mail.to.address, clean(mail.to.name))
    message["Subject"] = clean(mail.subject)
    message["Date"] = mail.date
    message["Message-ID"] = _message_id(mail.message_id, sender.domain)
    if mail.thread_id:
        root = _message_id(mail.thread_id, sender.domain)
        message["In-Reply-To"] = root
        message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message["Content-Language"] = "zh-CN"
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    return message


def _address(text: str, name: str = "") -> Address:
    """One address, with a name of its own or the one beside it.

    Raises:
        ValueError: it is not valid; the text is not repeated.
    """
    beside, plain = parseaddr(text)
    wire = wire_email(plain) if "\r" not in text and "\n" not in text else None
    if wire is None:
        raise ValueError("not an e-mail address")
    return Address(name or clean(beside), addr_spec=wire)


def _message_id(local: str, domain: str) -> str:
    whole = _NOT_IN_ID.sub("-", local.strip("<>"))
    return f"<{whole}>" if "@" in whole else f"<{whole}@{domain}>"
