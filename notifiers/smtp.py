"""Connections to one mail server: read from an URL, kept in a small pool, recycled before the server tires of them."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPHeloError, SMTPResponseException

MESSAGES_PER_CONNECTION: Final = 100
IDLE_S: Final = 20.0
QUIT_S: Final = 2.0
_PORTS: Final = {"smtp": 25, "smtps": 465}
_SUBMISSION: Final = 587

Encryption = Literal["tls", "require", "auto", "never"]
_STARTTLS: Final[dict[str, Encryption]] = {"auto": "auto", "require": "require", "never": "never"}


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """Where to hand in mail, and as whom.

    Encryption: `tls` from the first byte (smtps://), `require` (?starttls=require), `auto` (STARTTLS if offered),
    `never`. `cafile`: PEM of an authority of one's own. `verified`: whether the certificate is (rule O-5): always,
    except with ?verify=no, and with `auto` on this machine itself.
    """

    host: str
    port: int
    encryption: Encryption
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None
    verified: bool = True

    @classmethod
    def parse(cls, url: str) -> "SmtpAccount":
        """`smtp://user:password@host:port?starttls=require&cafile=...&verify=no` or `smtps://...`.

        Raises:
            ValueError: what is wrong, without the URL, which holds the password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            # Its words would show the password that was taken for a port.
            raise ValueError("the SMTP URL cannot be read: quote special characters in user and password") from None
        options = dict(parse_qsl(parts.query))
        starttls = _STARTTLS.get(options.pop("starttls", "auto"))
        cafile = options.pop("cafile", None)
        verify = options.pop("verify", "yes")
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("an SMTP URL is smtp://host or smtps://host")
        if options:
            raise ValueError("an option in the SMTP URL is none of starttls, cafile, verify")
        if starttls is None:
            raise ValueError("starttls is auto, require or never")
        if verify not in {"yes", "no"}:
            raise ValueError("verify in the SMTP URL is yes or no")
        encryption: Encryption = "tls" if parts.scheme == "smtps" else starttls
        return cls(
            host=parts.hostname,
            port=port or (_SUBMISSION if encryption == "require" else _PORTS[parts.scheme]),
            encryption=encryption,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            cafile=cafile,
            verified=verify == "yes" and not (encryption == "auto" and cafile is None and _is_local(parts.hostname)),
        )

    def tls_context(self) -> ssl.SSLContext:
        """The certificate's authority and the host's name are checked, as `verified` says."""
        context = ssl.create_default_context(cafile=self.cafile)
        if not self.verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _is_local(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(slots=True)
class _Pooled:
    smtp: SMTP
    sent: int = 0
    idle_since: float = 0.0

    def usable(self) -> bool:
        """Still open, not worn out, and not idle for so long that the server may be about to hang up."""
        fresh = time.monotonic() - self.idle_since < IDLE_S
        return self.smtp.is_connected and self.sent < MESSAGES_PER_CONNECTION and fresh


class SmtpPool:
    """Up to `size` connections; the one used last is used next, so that the others can grow old and go."""

    def __init__(self, account: SmtpAccount, *, size: int, timeout_s: float) -> None:
        """`timeout_s` is for each step: connecting, and the answer to each command."""
        self._account = account
        self._timeout_s = timeout_s
        self._slots = asyncio.Semaphore(size)
        self._idle: list[_Pooled] = []
        self._tls = None if account.encryption == "never" else account.tls_context()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[SMTP]:
        """Lend a connection for one mail; kept for the next one if it is still good afterwards.

        Raises:
            SMTPException, OSError: connecting, encryption or login failed.
        """
        async with self._slots:
            pooled = await self._take()
            try:
                yield pooled.smtp
            except SMTPResponseException:
                await self._give_back(pooled)
                raise
            except BaseException:
                # No answer, or cancelled before it: what the server says next is not for the next mail.
                pooled.smtp.close()
                raise
            await self._give_back(pooled)

    async def close(self) -> None:
        """Take leave of the server on every idle connection."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(_quit(pooled.smtp) for pooled in idle))

    async def _take(self) -> _Pooled:
        while self._idle:
            pooled = self._idle.pop()
            if pooled.usable():
                return pooled
            await _quit(pooled.smtp)
        smtp = SMTP(
            hostname=self._account.host,
            port=self._account.port,
            username=self._account.username,
            password=self._account.password,
            timeout=self._timeout_s,
            use_tls=self._account.encryption == "tls",
            start_tls={"require": True, "auto": None}.get(self._account.encryption, False),
            tls_context=self._tls,
        )
        await smtp.connect()
        if smtp.is_ehlo_or_helo_needed:
            # What the server offers is not known before, and asked for delivery reports.
            with suppress(SMTPHeloError):
                await smtp.ehlo()
        return _Pooled(smtp)

    async def _give_back(self, pooled: _Pooled) -> None:
        pooled.sent += 1
        pooled.idle_since = time.monotonic()
        if pooled.usable():
            self._idle.append(pooled)
        else:
            await _quit(pooled.smtp)


async def _quit(smtp: SMTP) -> None:
    with suppress(SMTPException, OSError, TimeoutError):
        if smtp.is_connected:
            await smtp.quit(timeout=QUIT_S)
    smtp.close()
