"""`rectify demo` from its beginning to its exit code."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from streams.demo.account import read_account
from streams.demo.director import PublishRefused
from streams.demo.folder import FolderTaken, fresh
from streams.demo.notices import expected, notices
from streams.demo.outcome import FindingOutcome, beside, judge
from streams.demo.pages import write_pages
from streams.demo.performance import perform
from streams.demo.registry import records
from streams.demo.report import DemoReport, print_report
from streams.demo.scenario import BROKEN
from streams.demo.stage import stage
from streams.demo.teller import Teller
from streams.demo.topic_reader import reading
from streams.worker import logs
from streams.worker.worker import StartError

DEFAULT_OUT: Final = Path("rectify-demo")
WIDTH: Final = 120  # characters, where there is no terminal to ask
INTERRUPTED: Final = 130


def main(out: Path = DEFAULT_OUT) -> int:
    """Runs the demonstration; 0 when every ticket went as its notice says, 1 when not, 130 when interrupted."""
    terminal = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDTH)
    try:
        with fresh(out) as folder:
            return _show(terminal, folder)
    except (KeyboardInterrupt, asyncio.CancelledError):
        terminal.print("已中断，没有留下任何进程 · interrupted; nothing is left running")
        return INTERRUPTED
    except (FolderTaken, StartError, PublishRefused) as error:
        terminal.print(f"[red]{escape(str(error))}[/]")
    except TimeoutError:
        terminal.print("[red]worker 未能就绪，见 worker.log · the worker was not ready in time, see worker.log[/]")
    return 1


def _show(terminal: Console, folder: Path) -> int:
    with (folder / "timeline.txt").open("w", encoding="utf-8") as text, (folder / "worker.log").open("w") as log:
        logs.configure(fmt="json", stream=log)
        try:
            report = asyncio.run(_run(terminal, Console(file=text, width=WIDTH, highlight=False, emoji=False), folder))
        finally:
            logging.getLogger().handlers[:] = [logging.NullHandler()]  # the file is about to be closed
    write_pages(folder, report)
    print_report(terminal, report, folder)
    return 0 if report.as_expected else 1


async def _run(terminal: Console, file: Console, folder: Path) -> DemoReport:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _cancel, asyncio.current_task())

    def say(text: str) -> None:
        terminal.print(f"[dim]{escape(text)}[/]")

    async with stage(folder, say) as set_up:
        worker, catcher, gateway = set_up.worker, set_up.catcher, set_up.gateway
        names = {value["asset_id"]: value["name"] for key, value in records(notices()) if key.startswith("asset:")}
        teller = Teller(terminal, file, set_up.clock, worker.policy, worker.topics, catcher, gateway, names)
        async with reading(teller.topic_reader, worker.kafka) as reader:
            played = await perform(set_up, reader, teller, say)
        account = await read_account(teller.topic_reader, worker.ledger, catcher.mails, len(gateway.messages))
        verdicts: list[FindingOutcome] = judge(expected(), account)
        return DemoReport(
            account, verdicts, beside(list(expected()), account, BROKEN), teller.topic_reader.escalations,
            list(catcher.mails), list(gateway.messages), worker.policy, names, played,
        )  # fmt: skip


def _cancel(task: asyncio.Task[DemoReport] | None) -> None:
    if task is not None:
        task.cancel()
