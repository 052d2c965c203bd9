"""A mail server by a table: each command is answered as the table says, and succeeds where it says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Self

_SUCCESS = {"DATA": "354 go on", "QUIT": "221 bye"}


class ScriptedSmtp:
    """`answers`: a pattern of the command's line (`MAIL *RET=*`) -> the answer; `ehlo`: extensions that it offers.

    `content` stands for what follows DATA. An answer `...` closes the connection instead. Answers may be changed
    between mails. `async with` starts and stops it.
    """

    def __init__(self, answers: Mapping[str, str | bytes] = {}, ehlo: Sequence[str] = ()) -> None:
        self.answers = dict(answers)
        self.commands: list[str] = []
        self.mails: list[bytes] = []
        self._ehlo = ehlo
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._connections:
            writer.close()
        await asyncio.gather(*self._connections.values())

    @property
    def url(self) -> str:
        """The address for RECTIFY_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def named(self, command: str) -> list[str]:
        """The lines of this command so far."""
        return [line for line in self.commands if line.startswith(command)]

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections[writer] = asyncio.create_task(self._serve(reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 scripted\r\n")
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            self.commands.append(command)
            if not await self._answered(command, writer) or command == "QUIT":
                break
            if command == "DATA" and self._answer("DATA").startswith(b"354"):
                content = await reader.readuntil(b"\r\n.\r\n")
                answer = self._answer("content")
                if answer.startswith(b"2"):
                    self.mails.append(content)
                writer.write(answer + b"\r\n")
        writer.close()

    async def _answered(self, command: str, writer: asyncio.StreamWriter) -> bool:
        answer = self._answer(command)
        if answer == b"...":
            return False
        if command.startswith("EHLO") and answer.startswith(b"250"):
            answer = b"\r\n".join([b"250-scripted", *(f"250-{name}".encode() for name in self._ehlo), b"250 HELP"])
        writer.write(answer + b"\r\n")
        await writer.drain()
        return True

    def _answer(self, command: str) -> bytes:
        chosen = next((said for pattern, said in self.answers.items() if fnmatchcase(command, f"{pattern}*")), None)
        said = _SUCCESS.get(command, "250 OK") if chosen is None else chosen
        return said if isinstance(said, bytes) else said.encode()
