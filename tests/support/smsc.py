"""A carrier that speaks SMPP v3.4, keeps what it gets, and refuses, throttles, delays or fails on request."""

import asyncio
import struct
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from streams.local.processes import free_ports

USER, PASSWORD = "rectify", "smpp-pw"  # SMPP has room for eight characters
OK, INVALID_RECEIVER, THROTTLED, WRONG_PASSWORD, UNKNOWN_COMMAND = 0x00, 0x0B, 0x58, 0x0E, 0x03

_HEADER: Final = struct.Struct("!IIII")  # length, command, status, sequence
_SUBMIT, _DELIVER, _UNBIND, _BIND, _ENQUIRE = 0x04, 0x05, 0x06, 0x09, 0x15
_ANSWER: Final = 0x8000_0000
_RECEIPT, _UDH = 0x04, 0x40  # in esm_class
_STATES: Final = {"DELIVRD": ("001", "000"), "UNDELIV": ("000", "034")}  # how many arrived, error


@dataclass(frozen=True, slots=True)
class Submitted:
    """A part of a short message as it was handed over, and what it was answered."""

    receiver: str
    text: str
    part: int  # from 1; of a short one the only
    status: int


@dataclass(slots=True)
class Temper:
    """The menu; change it before or between messages."""

    refuse: dict[str, int] = field(default_factory=dict)  # receiver -> status
    throttle: int = 0  # so many messages are answered THROTTLED first
    answer_late: float = 0.0  # seconds before each answer
    report_late: float = 0.0  # seconds between the answer and the delivery report
    fail: set[str] = field(default_factory=set)  # receivers whose message is reported as undeliverable


class Smsc:
    """Listens on a free port of 127.0.0.1 inside the running event loop."""

    def __init__(self) -> None:
        """Prepare it; `start()` listens."""
        (self.port,) = free_ports(1)
        self.temper = Temper()
        self.submitted: list[Submitted] = []
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = iter(range(1, 1_000_000))

    async def start(self) -> None:
        """Listen; may be stopped and started again, on the same port."""
        self._server = await asyncio.start_server(self._session, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Hang up on everybody; reports that were still to come never come."""
        for task in self._tasks:
            task.cancel()
        for writer in self._sessions:
            writer.close()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def taken(self) -> list[tuple[str, int]]:
        """Receiver and part of what was not refused, in order."""
        return sorted((one.receiver, one.part) for one in self.submitted if one.status == OK)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sessions.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length, command, _, sequence = _HEADER.unpack(await reader.readexactly(_HEADER.size))
                body = await reader.readexactly(length - _HEADER.size)
                if command == _SUBMIT:
                    self._spawn(self._submit(writer, sequence, body))
                elif not command & _ANSWER:
                    _write(writer, command | _ANSWER, _verdict(command, body), sequence, _name(command))
        self._sessions.discard(writer)
        writer.close()

    async def _submit(self, writer: asyncio.StreamWriter, sequence: int, body: bytes) -> None:
        sender, receiver, text, part, reports = _read_submit(body)
        temper = self.temper
        status = temper.refuse.get(receiver, OK)
        if temper.throttle > 0:
            temper.throttle, status = temper.throttle - 1, THROTTLED
        self.submitted.append(Submitted(receiver, text, part, status))
        await asyncio.sleep(temper.answer_late)
        number = str(next(self._numbers))
        _write(writer, _SUBMIT | _ANSWER, status, sequence, number.encode() + b"\0" if status == OK else b"")
        if reports and status == OK:
            await asyncio.sleep(temper.report_late)
            state = "UNDELIV" if receiver in temper.fail else "DELIVRD"
            _write(writer, _DELIVER, OK, sequence, _report(sender, receiver, number, state))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _verdict(command: int, body: bytes) -> int:
    if command == _BIND:
        return OK if body.split(b"\0")[:2] == [USER.encode(), PASSWORD.encode()] else WRONG_PASSWORD
    return OK if command in {_ENQUIRE, _UNBIND} else UNKNOWN_COMMAND


def _name(command: int) -> bytes:
    return b"carrier\0" if command == _BIND else b""


def _write(writer: asyncio.StreamWriter, command: int, status: int, sequence: int, body: bytes) -> None:
    if not writer.is_closing():
        writer.write(_HEADER.pack(_HEADER.size + len(body), command, status, sequence) + body)


class _Fields:
    """The fields of a message's body, one after the other."""

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def word(self) -> str:
        """A text that ends with a zero."""
        word, _, self._rest = self._rest.partition(b"\0")
        return word.decode("ascii")

    def octets(self, count: int) -> bytes:
        """So many octets."""
        found, self._rest = self._rest[:count], self._rest[count:]
        return found


def _read_submit(body: bytes) -> tuple[str, str, str, int, bool]:
    """Sender, receiver, text (UCS-2), which part of a long one it is, and whether a report is wanted."""
    fields = _Fields(body)
    fields.word()  # type of service
    fields.octets(2)  # type of number, plan; twice
    sender = fields.word()
    fields.octets(2)
    receiver = fields.word()
    esm_class, _, _ = fields.octets(3)
    fields.word()  # when to deliver
    fields.word()  # how long to try
    wanted, _, _, _, length = fields.octets(5)
    content = fields.octets(length)
    part = 1
    if esm_class & _UDH:
        header, content = content[: content[0] + 1], content[content[0] + 1 :]
        part = header[-1]
    return sender, receiver, content.decode("utf-16-be"), part, bool(wanted & 1)


def _report(sender: str, receiver: str, number: str, state: str) -> bytes:
    """A delivery report: from the receiver to the sender, in the words of the standard's appendix B."""
    delivered, error = _STATES[state]
    dates = "submit date:2603020900 done date:2603020901"
    text = f"id:{number} sub:001 dlvrd:{delivered} {dates} stat:{state} err:{error}"
    addresses = b"\0\1\1" + receiver.encode() + b"\0\1\1" + sender.encode() + b"\0"
    content = text.encode()
    return addresses + bytes((_RECEIPT, 0, 0)) + b"\0\0" + bytes((0, 0, 0, 0, len(content))) + content
