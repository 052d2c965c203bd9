"""A real SMTP server in a thread, which keeps what it gets and misbehaves on request."""

import asyncio
import socket
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as MAIL_POLICY
from time import monotonic
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from streams.local.processes import free_ports


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    connection: tuple[str, int]  # the client's address: equal for mails of one connection


@dataclass(slots=True)
class Misbehaviour:
    """The menu; set a field before or between mails."""

    refuse: dict[str, str] = field(default_factory=dict)  # recipient -> answer, as "550 5.1.1 no such user"
    refuse_all: str = ""  # the answer to every recipient
    greylist: int = 0  # so many recipients are answered 451 first
    data_answer: str = ""  # the answer after DATA instead of 250; the mail is not kept
    drop_after_data: int = 0  # so many mails are kept, and the connection closed instead of an answer
    delay: float = 0.0  # seconds before each answer to DATA
    late: float = 0.0  # seconds between keeping a mail and the answer: a client killed in between does not know
    close_after: int = 0  # a connection is told 421 after so many mails, as servers with a limit do


class SmtpServer:
    """An SMTP server on a free port of 127.0.0.1; takes a login when `login` names user and password."""

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        """Prepare a server; its thread starts with `start()`."""
        self.mails: list[Mail] = []
        self.attempts = 0  # DATA commands, whatever became of them
        self.misbehave = Misbehaviour()
        (self.port,) = free_ports(1)
        self._kept: socket.socket | None = None  # bound and silent: whoever connects is refused
        self._login = login
        self._controller: _Controller | None = None

    @property
    def url(self) -> str:
        """The address for RECTIFY_SMTP_URL, login included."""
        login = f"{self._login[0]}:{self._login[1]}@" if self._login else ""
        return f"smtp://{login}127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and return when it listens."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._authenticate if self._login else None,
            auth_required=self._login is not None,
            auth_require_tls=False,
        )
        self._controller.start()

    def stop(self) -> None:
        """Drop every connection and stop; may be started again, on the same port, which nobody gets meanwhile."""
        if self._controller is not None:
            self._controller.drop_all()
            self._controller.stop()
            self._controller = None
            self._kept = socket.socket()
            self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._kept.bind(("127.0.0.1", self.port))

    def end(self) -> None:
        """Stop for good."""
        self.stop()
        if self._kept is not None:
            self._kept.close()

    async def wait_for(self, count: int, timeout: float = 10.0) -> list[Mail]:
        """Return the mails once there are `count`; AssertionError when they do not come in time."""
        until = monotonic() + timeout
        while len(self.mails) < count:
            assert monotonic() < until, f"{len(self.mails)} of {count} mails after {timeout} s"
            await asyncio.sleep(0.02)
        return self.mails

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        assert self._login is not None
        user, password = self._login
        return AuthResult(success=(given.login, given.password) == (user.encode(), password.encode()), handled=False)

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        menu = self.misbehave
        if answer := menu.refuse_all or menu.refuse.get(address, ""):
            return answer
        if menu.greylist > 0:
            menu.greylist -= 1
            return "451 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail and answer, or do what the menu says."""
        menu = self.misbehave
        self.attempts += 1
        if menu.delay:
            await asyncio.sleep(menu.delay)
        if menu.data_answer:
            return menu.data_answer
        content = cast("bytes", envelope.original_content)
        message = BytesParser(policy=MAIL_POLICY).parsebytes(content)
        peer = cast("tuple[str, int]", session.peer)
        mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), message, peer)
        self.mails.append(mail)
        if menu.late:
            await asyncio.sleep(menu.late)
        if menu.drop_after_data > 0:
            menu.drop_after_data -= 1
            _drop(server)
            return "250 never sent"
        if menu.close_after and sum(m.connection == mail.connection for m in self.mails) >= menu.close_after:
            asyncio.get_running_loop().call_later(0.05, _drop, server)
        return "250 OK"


class _Controller(Controller):
    """Knows its connections, to drop them: a server that stops without is waited for by its clients."""

    def __init__(self, handler: SmtpServer, **settings: object) -> None:
        super().__init__(handler, **settings)  # type: ignore[arg-type]
        self._connections: list[SMTP] = []

    def factory(self) -> SMTP:
        connection: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self._connections.append(connection)
        return connection

    def drop_all(self) -> None:
        for connection in self._connections:
            self.loop.call_soon_threadsafe(_drop, connection)


def _drop(connection: SMTP) -> None:
    if isinstance(connection.transport, asyncio.Transport):
        connection.transport.abort()
