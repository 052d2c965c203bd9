"""A mail server that keeps what it gets as files: `.eml` for mail programs, `.html` for browsers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as MAIL_POLICY
from email.utils import getaddresses
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One mail, and the stem of its files' names."""

    at: datetime
    recipient: str
    subject: str
    message_id: str
    stem: str
    text: str  # of the plain part


class MailCatcher:
    """Listens on a free port of 127.0.0.1 and writes into `folder`; files are named by the time in `zone`."""

    def __init__(self, folder: Path, zone: ZoneInfo) -> None:
        self._zone = zone
        self.mails: list[CaughtMail] = []
        self._folder = folder
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """As RECTIFY_SMTP_URL takes it; known once started."""
        assert self._server is not None  # noqa: S101 - asked before the start: our own mistake
        return f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}?starttls=never"

    async def start(self) -> None:
        """Listen."""
        self._folder.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="catcher.example", enable_SMTPUTF8=True, loop=loop), "127.0.0.1", 0
        )

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Take a mail; aiosmtpd calls this."""
        content = cast("bytes", envelope.content)
        message = BytesParser(policy=MAIL_POLICY).parsebytes(content)
        self.mails.append(self._keep(content, message))
        return "250 OK"

    def _keep(self, content: bytes, message: EmailMessage) -> CaughtMail:
        at = datetime.strptime(str(message["Date"]), "%a, %d %b %Y %H:%M:%S %z").astimezone(self._zone)
        recipient = getaddresses([str(message["To"])])[0][1]
        stem = f"{len(self.mails) + 1:03}-{at:%m%d-%H%M}-{recipient}"
        (self._folder / f"{stem}.eml").write_bytes(content)
        page = message.get_body(("html",))
        if page is not None:
            (self._folder / f"{stem}.html").write_text(page.get_content(), encoding="utf-8")
        plain = message.get_body(("plain",))
        text = plain.get_content() if plain is not None else ""
        return CaughtMail(at, recipient, str(message["Subject"]), str(message["Message-ID"]), stem, text)
