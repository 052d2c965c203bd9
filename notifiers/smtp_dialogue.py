"""One mail handed in over an open connection, and what the server's answers mean.

An answer is judged by the command that it answers (RFC 5321 4.2, 4.3.2): login and MAIL are about us, RCPT is about the
recipient, DATA is about the letter. A success is any 2xx. What we ask for beyond that (delivery reports, RFC 3461) is a
wish: a server that refuses its parameters gets the mail without them.

`auth`         it refuses our login, or wants one (530): no mail passes before a person has done something
`sender`       it refuses our sender's address: likewise
`unavailable`  it takes no mail now, whosever: 421 at any command, 4xx at login and MAIL
`deferred`     it does not take this mail now: 4xx at RCPT and DATA
`rejected`     it will never take this mail
"""

import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from notifiers.protocol import Outcome

_SUCCESS: Final = range(200, 300)
_PERMANENT: Final = range(500, 600)
_LEAVING: Final = 421  # RFC 5321: to any command, before the server hangs up
_AUTH_REQUIRED: Final = 530  # RFC 4954: the server wants a login before it takes mail
_TOO_LARGE: Final = 552  # RFC 1870: to the size that MAIL tells; about the letter, although it answers MAIL
_SYNTAX: Final = frozenset({500, 501, 504, 555})  # a command or its parameters are not understood
_ARGUMENTS: Final = re.compile(r"5\.5\.[24]\b")  # the same as enhanced status (RFC 3463), whatever the number before it
# Servers that check the sender only once they know the recipient (postfix does) say at RCPT what belongs to MAIL.
_ABOUT_SENDER: Final = re.compile(
    r"5\.1\.[78]\b|(5\.\d{1,3}\.\d{1,3} )?(<[^>]*>: )?sender address rejected", re.IGNORECASE
)


class _Wishes(NamedTuple):
    """Parameters of MAIL and RCPT that a server may refuse without refusing the mail."""

    of_mail: tuple[str, ...] = ()
    of_recipient: tuple[str, ...] = ()


_NONE: Final = _Wishes()


class Dialogue:
    """What has been learnt of one server: whether it keeps to the delivery reports that it offers."""

    def __init__(self) -> None:
        self._reports_refused = False

    async def hand_in(self, smtp: SMTP, sender: str, recipient: str, content: bytes, letter_id: str) -> str:
        """MAIL, RCPT, DATA; the server's words. `letter_id` is what reports are to name.

        Raises:
            SMTPException, OSError: see `refusal`; the connection is ready for the next mail if the server answered.
        """
        if smtp.supports_extension("dsn") and not self._reports_refused:
            try:
                return await _handed_in(smtp, sender, recipient, content, _wishes(letter_id, recipient))
            except (SMTPSenderRefused, SMTPRecipientRefused) as error:
                if not _about_parameters(error):
                    raise
            answer = await _handed_in(smtp, sender, recipient, content)
            self._reports_refused = True
            return answer
        return await _handed_in(smtp, sender, recipient, content)


def refusal(error: Exception, *, connected: bool) -> Outcome:
    """Tell what an error means; `connected`: whether connecting and logging in had succeeded before it."""
    match error:
        case SMTPAuthenticationError(code=code):
            return _answered(code, permanent="auth", later="unavailable")
        case SMTPResponseException(code=code) if code == _LEAVING or not connected:
            return Outcome("retry", f"unavailable:{code}")
        case SMTPResponseException(code=code) if code == _AUTH_REQUIRED:
            return Outcome("dead", f"auth:{code}")
        case SMTPSenderRefused(code=code) if code != _TOO_LARGE:
            return _answered(code, permanent="sender", later="unavailable")
        case SMTPRecipientRefused(code=code, message=words) if code in _PERMANENT and _ABOUT_SENDER.match(words):
            return Outcome("dead", f"sender:{code}")
        case SMTPResponseException(code=code):
            return _answered(code, permanent="rejected", later="deferred")
        case _:
            return Outcome("retry", _silence(error))


async def _handed_in(smtp: SMTP, sender: str, recipient: str, content: bytes, wishes: _Wishes = _NONE) -> str:
    try:
        size = [f"SIZE={len(content)}"] if smtp.supports_extension("size") else []
        await _mail(smtp, sender, [*size, *wishes.of_mail])
        await _rcpt(smtp, recipient, wishes.of_recipient)
        return (await smtp.data(content)).message
    except SMTPResponseException:
        await _reset(smtp)
        raise


async def _mail(smtp: SMTP, sender: str, options: Sequence[str]) -> None:
    try:
        await smtp.mail(sender, options=options)
    except SMTPSenderRefused as error:
        if error.code not in _SUCCESS:
            raise


async def _rcpt(smtp: SMTP, recipient: str, options: Sequence[str]) -> None:
    try:
        await smtp.rcpt(recipient, options=options)
    except SMTPRecipientRefused as error:  # 252: it will try
        if error.code not in _SUCCESS:
            raise


async def _reset(smtp: SMTP) -> None:
    """For the next mail; a server that has hung up, or does not like it, is no new fault."""
    with suppress(SMTPException):
        if smtp.is_connected:
            await smtp.rset()


def _wishes(letter_id: str, recipient: str) -> _Wishes:
    """A report is to name our letter, and is wanted of failure and delay only."""
    original = f"ORCPT=rfc822;{_xtext(recipient)}"
    return _Wishes(("RET=HDRS", f"ENVID={_xtext(letter_id)}"), ("NOTIFY=FAILURE,DELAY", original))


def _xtext(text: str) -> str:
    """As RFC 3461 writes values: printable ASCII but `+` and `=`, the rest by its number."""
    return "".join(
        char if "!" <= char <= "~" and char not in "+=" else "".join(f"+{byte:02X}" for byte in char.encode())
        for char in text
    )


def _about_parameters(error: SMTPResponseException) -> bool:
    return error.code in _SYNTAX or (error.code in _PERMANENT and _ARGUMENTS.match(error.message) is not None)


def _answered(code: int, *, permanent: str, later: str) -> Outcome:
    return Outcome("dead", f"{permanent}:{code}") if code in _PERMANENT else Outcome("retry", f"{later}:{code}")


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
