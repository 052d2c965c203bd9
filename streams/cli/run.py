"""The commands that run the program: `demo`, `up`, `worker`, `broker`. The first three import what they run late."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.cli.terminal.output import complain, say
from streams.cli.terminal.session import run
from streams.local.kafka import LocalKafka
from streams.log_events import event_log
from streams.services.connections import broker_folder, broker_url
from streams.services.failure import Failure
from streams.settings.model import Settings
from streams.worker.logs import configure

app = typer.Typer()
log = event_log(__name__)


@app.command(epilog="示例 Example: rectify demo")
def demo(
    out: Annotated[
        Path, typer.Option(help="邮件、短信、时间线留在哪里 · where mails, short messages and the story are left")
    ] = Path("rectify-demo"),
) -> None:
    """演示：用真实通报样例走完整改闭环，约两分钟，自行结束。 The whole loop on sample data; ends by itself.

    只需要 Java，其余自带自停。
    Needs nothing but Java: a local Kafka, a database, a mail catcher and an SMS gateway are started and stopped.
    Exit code 0 only if every ticket went as its notice says.
    """
    from streams.demo import main

    raise typer.Exit(main(out))


@app.command(epilog="示例 Example: rectify up")
def up() -> None:
    """在本机运行全部组件，数据保留，Ctrl-C 停止。 Run everything on this machine, a local Kafka included; stays.

    自动创建主题、升级数据库。
    Creates the topics and upgrades the database itself.
    """
    from streams.web.serving import free_or_said
    from streams.worker.process import run_up

    settings = Settings.load()
    free_or_said(settings)
    _stay(settings, run_up(settings, _progress, _pages))


@asynccontextmanager
async def _pages(settings: Settings) -> AsyncIterator[str]:
    """The pages; on a terminal, and nowhere else, with a link that logs in."""
    from streams.cli.account import local_link
    from streams.web.serving import beside_a_worker

    async with beside_a_worker(settings) as found:
        if sys.stdout.isatty():
            say("督查台登录链接（10分钟内在本机打开，仅一次） · logs in to the desk, from this machine, once:")
            say(await local_link(settings, None, found.port))
        yield found.said


@app.command(epilog="示例 Example: RECTIFY_BROKER=kafka://k1:9092,k2:9092 rectify worker")
def worker() -> None:
    """运行一个工作节点，可同时运行多个（PostgreSQL）。 Run one worker against the broker and database of the settings.

    数据库版本不符时拒绝启动，并说明该执行什么。
    Refuses a database that is older or newer than this program and says what to run.
    """
    from streams.worker.process import run_worker

    settings = Settings.load()
    settings = settings.model_copy(update={"broker": broker_url(settings)})
    _stay(settings, run_worker(settings))


def _stay(settings: Settings, work: Coroutine[Any, Any, None]) -> None:
    from streams.files.faults import FileError
    from streams.ledger import LedgerError
    from streams.worker.worker import StartError

    configure(fmt=settings.log_format, level=settings.log_level)
    for stranger in settings.strangers():
        if stranger.harmless:
            log.info("unknown_variable", name=stranger.name, text=stranger.text)
        else:
            log.warning("unknown_variable", name=stranger.name, text=stranger.text)
    try:
        asyncio.run(work)
    except FileError as error:
        msg = f"文件有误 · a file cannot be used: {error}"
        raise Failure(msg) from error
    except StartError as error:
        if isinstance(error.__cause__, LedgerError):
            raise error.__cause__ from error
        text = str(error)
        # As all of them, in both languages.
        raise Failure(text if "·" in text else f"工作节点不能启动 · the worker cannot start: {text}") from error


def _progress(text: str) -> None:
    complain(text, "")


@app.command(epilog="示例 Example: rectify broker --port 9092")
def broker(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="端口，0 为任选并记住 · 0: any, and the same one every time")
    ] = 0,
) -> None:
    """在前台运行本地 Kafka，显示地址，Ctrl-C 停止。 Run a local Kafka in the foreground and print its address.

    数据留在数据目录；未设置 broker 时其他命令自动找到它。
    Its data stays in the data folder; the other commands find it there when no broker is set.
    """
    run(_broker(LocalKafka(broker_folder(Settings.load()), port=port)))


async def _broker(kafka: LocalKafka) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    starting = asyncio.ensure_future(kafka.start(_progress))
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        return
    starting.result()
    say(f"kafka://{kafka.bootstrap}")
    ended = asyncio.ensure_future(kafka.wait())
    await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        msg = f"Kafka 意外停止 · Kafka has ended; its log is in {kafka.folder}"
        raise Failure(msg)
    ended.cancel()
    await kafka.stop()
