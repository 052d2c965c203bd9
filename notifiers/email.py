"""E-mail: at least once, recognisable by its Message-ID. A drop after DATA is therefore sent again, never uncertain.

N-30  A mail is sent so that its bounce can be told: from an address of its own where the settings have a pattern for it
      (VERP), and with the letter's id where the server offers delivery reports (DSN, RFC 3461) and takes the wish.
      Reports are asked for failure and delay only.
"""

from typing import Final

from aiosmtplib import SMTPException

from notifiers.message import build_message
from notifiers.protocol import Mail, Outcome
from notifiers.return_path import ReturnPath
from notifiers.smtp import SmtpAccount, SmtpPool
from notifiers.smtp_dialogue import Dialogue, refusal
from notifiers.text import clean, shorten
from schemas.addresses import wire_email

__all__ = ["EmailNotifier", "build_message"]

_REF_LENGTH: Final = 120


class EmailNotifier:
    """One account on one mail server, over one to four connections."""

    def __init__(self, url: str, sender: str, pool_size: int = 4, timeout_s: float = 30.0) -> None:
        """`url` as `SmtpAccount.parse` reads it; `sender` as `ReturnPath.parse`: bounces go there (From is the mail's).

        Raises:
            ValueError: URL or sender cannot be read.
        """
        self._returns = ReturnPath.parse(sender)
        self._dialogue = Dialogue()
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
                answer = await self._dialogue.hand_in(smtp, sender, recipient, content, mail.message_id)
        except (SMTPException, OSError) as error:
            return refusal(error, connected=connected)
        return Outcome("accepted", "accepted", shorten(clean(answer), _REF_LENGTH))

    async def close(self) -> None:
        """Close the idle connections; those in use close after their mail."""
        await self._pool.close()
