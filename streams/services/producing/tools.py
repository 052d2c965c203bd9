"""A tool that is run: its report, its exit code, its words, and whether somebody stopped it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self

from streams.services.failure import Failure

WORDS_BYTES: Final = 8 * 1024 * 1024  # of what a tool says beside its report: the beginning and the end
GRACE: Final = 20.0  # seconds to end in order
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_PR_SET_PDEATHSIG: Final = 1  # of <linux/prctl.h>
_C: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


class Ended(NamedTuple):
    """What a tool left behind."""

    exit_code: int  # 128 and the signal's number, if one ended it
    output: bytes
    said: str
    stopped: str  # why we stopped it; empty: we did not


async def run_tool(command: Sequence[str], *, timeout: float | None, most: int, report: Path | None = None) -> Ended:
    """Runs a command to its end, without a shell. Ctrl-C and SIGTERM stop the tool, and its report is still read.

    Where we are killed outright the system ends it too (on Linux): it would write its report into a later run.
    `report` is the file that it writes; one that it leaves as it was is an earlier run's, and none of this one. `most`
    bytes of the report at most. Raises Failure: no such program, a report that is too large.
    """
    before = _written(report)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with _Stopping() as stopping:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command, stdin=DEVNULL, stdout=out, stderr=err, preexec_fn=_end_with_us
                )
            except OSError as error:
                msg = f"无法运行 {command[0]} · cannot be run: {error.strerror}"
                raise Failure(msg) from None
            stopping.started(process)
            stopped = await _to_its_end(process, stopping, timeout)
        code = process.returncode or 0
        said = _words(err)
        if report is None:
            output = _content(out, most)
        else:
            said = f"{_words(out)}\n{said}"
            output = b""
            if _written(report) not in (None, before):
                with report.open("rb") as file:
                    output = _content(file, most)
    return Ended(code if code >= 0 else 128 - code, output, said, stopped)


def _end_with_us() -> None:
    """In the tool's process, before it is the tool."""
    if _C is not None:
        _C.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _written(report: Path | None) -> int | None:
    """When a file was last written, in nanoseconds; None: it is not there."""
    try:
        return None if report is None else report.stat().st_mtime_ns
    except OSError:
        return None


async def _to_its_end(process: Process, stopping: _Stopping, timeout: float | None) -> str:
    try:
        async with asyncio.timeout(timeout):
            await process.wait()
    except TimeoutError:
        stopping.why.append(f"超过 {timeout:g} 秒，已停止 · stopped after {timeout:g} s")
        process.terminate()
    try:
        async with asyncio.timeout(GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
    return stopping.why[0] if stopping.why else ""


class _Stopping:
    """A signal to us is one to the tool, from before it is started; a second one ends it at once."""

    def __init__(self) -> None:
        self.why: list[str] = []
        self._process: Process | None = None
        self._early: signal.Signals | None = None

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._stop, number)
        return self

    def __exit__(self, *exc: object) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    def started(self, process: Process) -> None:
        """There is somebody to stop now."""
        self._process = process
        if self._early is not None:
            self._send(self._early)

    def _stop(self, number: signal.Signals) -> None:
        self.why.append(f"收到 {number.name}，已停止 · stopped by {number.name}")
        if self._process is None:
            self._early = number
        else:
            self._send(signal.SIGKILL if len(self.why) > 1 else number)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


def _content(file: BinaryIO, most: int) -> bytes:
    file.seek(0)
    content = file.read(most + 1)
    if len(content) > most:
        msg = f"报告超过 {most} 字节 · the report is larger than {most} bytes (RECTIFY_MAX_FILE_BYTES)"
        raise Failure(msg)
    return content


def _words(file: BinaryIO) -> str:
    size = file.seek(0, 2)
    file.seek(0)
    if size <= WORDS_BYTES:
        return file.read().decode("utf-8", "replace")
    begin = file.read(WORDS_BYTES // 2)
    file.seek(-WORDS_BYTES // 2, 2)
    return f"{begin.decode('utf-8', 'replace')}\n{file.read().decode('utf-8', 'replace')}"
