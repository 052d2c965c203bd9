"""E-mail: at least once, recognisable by its Message-ID. A drop after DATA is therefore sent again, never uncertain.

N-30  A mail is sent so that its bounce can be told: from an address of its own where the settings have a pattern for it
      (VERP), and with the letter's id where the server offers delivery reports (DSN, RFC 3461). Reports are asked for
      failure and delay only.
"""

import ssl
from typing import Final

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from notifiers.addresses import wire_email
from notifiers.message import build_message
from notifiers.protocol import Mail, Outcome
from notifiers.return_path import ReturnPath
from notifiers.smtp import SmtpAccount, SmtpPool
from notifiers.wording import clean, shorten

__all__ = ["EmailNotifier", "build_message"]

_REF_LENGTH: Final = 120
_PERMANENT: Final = range(500, 600)
_AUTH_REQUIRED: Final = 530  # RFC 4954: the server wants a login before it takes mail


class EmailNotifier:
    """One account on one mail server, over one to four connections."""

    def __init__(self, url: str, sender: str, pool_size: int = 4, timeout_s: float = 30.0) -> None:
        """`url` as `SmtpAccount.parse` reads it; `sender` as `ReturnPath.parse`: bounces go there (From is the mail's).

        Raises:
            ValueError: URL or sender cannot be read.
        """
        self._returns = ReturnPath.parse(sender)
        self._pool = SmtpPool(SmtpAccount.parse(url), size=pool_size, timeout_s=timeout_s)

    async def send(self, mail: Mail, /) -> Outcome:
        """Hand one mail to the server.

        Raises:
            ValueError: `mail.sender` is not an address.
        """
        recipient = wire_email(mail.to.address)
        if recipient is None:
            return Outcome("dead", "bad_address")
        content = build_message(mail)
        connected = False
        try:
            async with self._pool.connection() as smtp:
                connected = True
                sender = self._returns.address(mail.message_id)
                about_mail, about_recipient = _report_wishes(smtp, mail.message_id, recipient)
                _, answer = await smtp.sendmail(
                    sender, [recipient], content, mail_options=about_mail, rcpt_options=about_recipient
                )
        except (SMTPException, OSError) as error:
            return _refusal(error, connected=connected)
        return Outcome("accepted", "accepted", shorten(clean(answer), _REF_LENGTH))

    async def close(self) -> None:
        """Close the idle connections; those in use close after their mail."""
        await self._pool.close()


def _report_wishes(smtp: SMTP, letter_id: str, recipient: str) -> tuple[list[str], list[str]]:
    """The parameters of MAIL and RCPT by which a report names our letter; none where the server knows no reports."""
    if not smtp.supports_extension("dsn"):
        return [], []
    original = f"ORCPT=rfc822;{_xtext(recipient)}"
    return ["RET=HDRS", f"ENVID={_xtext(letter_id)}"], ["NOTIFY=FAILURE,DELAY", original]


def _xtext(text: str) -> str:
    """As RFC 3461 writes values: printable ASCII but `+` and `=`, the rest by its number."""
    return "".join(
        char if "!" <= char <= "~" and char not in "+=" else "".join(f"+{byte:02X}" for byte in char.encode())
        for char in text
    )


def _refusal(error: Exception, *, connected: bool) -> Outcome:
    """Tell what an error means for this mail.

    The server's answers are `deferred` and `rejected` (of this mail), `auth`, and `unavailable` (it takes no mail now).
    """
    match error:
        case SMTPAuthenticationError(code=code):
            return _answered(code, permanent="auth")
        case SMTPRecipientsRefused(recipients=[first, *_]):
            return _answered(first.code)
        case SMTPResponseException(code=code) if connected:
            return _answered(code, permanent="auth" if code == _AUTH_REQUIRED else "rejected")
        case SMTPResponseException(code=code):
            return Outcome("retry", f"unavailable:{code}")
        case _:
            return Outcome("retry", _silence(error))


def _silence(error: Exception) -> str:
    """Name what went wrong where the server gave no answer."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "tls"
    if isinstance(error, SMTPServerDisconnected):
        return "dropped"
    # What is left, no OSError, is a server without the encryption or the login that the settings ask for.
    return "connect" if isinstance(error, OSError) else "unsupported"


def _answered(code: int, permanent: str = "rejected") -> Outcome:
    return Outcome("dead", f"{permanent}:{code}") if code in _PERMANENT else Outcome("retry", f"deferred:{code}")
