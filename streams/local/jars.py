"""Kafka's jars, fetched by Maven once for every data folder, demo and test run of a user."""

import asyncio
import fcntl
import os
import re
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

KAFKA_VERSION = "4.1.0"
BROKER_FILES = Path(__file__).resolve().parent / "broker"

_JAVA_AT_LEAST = 17
_INSTALL = "sudo apt-get install openjdk-17-jre-headless maven"
_SAY_EVERY = 10  # jars


class BrokerError(Exception):
    """The local Kafka cannot be had; the text says why, for a person."""


def cache_dir() -> Path:
    """Return the user's cache of Kafka's files, shared by all data folders."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "rectify" / f"kafka-{KAFKA_VERSION}"


async def find_java() -> str:
    """Return the command of a Java that is new enough, or raise BrokerError with what to install."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin") if home else None
    java = java or shutil.which("java")
    if java is None:
        message = f"没有找到 Java {_JAVA_AT_LEAST}，请先安装 · Java is missing: {_INSTALL}"
        raise BrokerError(message)
    asked = await asyncio.create_subprocess_exec(java, "-version", stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    answer = await said_by(asked)
    version = re.search(r'version "(\d+)', answer)
    if version is None or int(version[1]) < _JAVA_AT_LEAST:
        first = answer.strip().partition("\n")[0]
        message = f"需要 Java {_JAVA_AT_LEAST} 以上，{java} 是：{first} · Java is too old: {_INSTALL}"
        raise BrokerError(message)
    return java


async def said_by(tool: asyncio.subprocess.Process) -> str:
    """Wait for a program that soon ends, and return what it said; if we are interrupted, it ends with us."""
    try:
        said, _ = await tool.communicate()
    except BaseException:
        if tool.returncode is None:
            tool.kill()
        await tool.communicate()
        raise
    return said.decode(errors="replace")


async def ensure_jars(say: Callable[[str], None]) -> Path:
    """Return the folder of Kafka's jars: those that came with the program, or that Maven fetched for this pom."""
    pom = BROKER_FILES / "pom.xml"
    installed = Path(sys.prefix) / "share" / "rectify" / f"kafka-{KAFKA_VERSION}"
    if _are_for(pom, installed):
        return installed
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    lib = cache / "lib"
    with _only_one(cache / "lock", say):
        if not _are_for(pom, lib):
            fresh = cache / "lib.new"
            shutil.rmtree(fresh, ignore_errors=True)
            await _fetch(pom, fresh, say)
            shutil.copyfile(pom, fresh / "pom.xml")
            shutil.rmtree(lib, ignore_errors=True)
            fresh.rename(lib)
    return lib


def _are_for(pom: Path, lib: Path) -> bool:
    """Return whether jars lie in a folder, fetched for this pom: it lies beside them. Another pom, other jars."""
    stamp = lib / "pom.xml"
    return stamp.exists() and stamp.read_bytes() == pom.read_bytes()


@contextmanager
def _only_one(lock: Path, say: Callable[[str], None]) -> Iterator[None]:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("另一个进程正在下载 Kafka，等待 · waiting for another process that fetches Kafka")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


async def _fetch(pom: Path, target: Path, say: Callable[[str], None]) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        message = f"没有找到 Maven（首次运行用它下载 Kafka），请先安装 · Maven is missing: {_INSTALL}"
        raise BrokerError(message)
    say(f"用 Maven 下载 Kafka {KAFKA_VERSION}（约 43 MB，仅首次）· fetching Kafka's jars, once")
    child = await asyncio.create_subprocess_exec(
        maven, "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={target}",
        stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True,
    )  # fmt: skip
    said: deque[str] = deque(maxlen=15)
    jars = 0
    try:
        assert child.stdout is not None  # noqa: S101  (PIPE was asked for)
        async for line in child.stdout:
            text = line.decode(errors="replace").rstrip()
            said.append(text)
            if "Downloaded from" in text and ".jar" in text:
                jars += 1
                if jars % _SAY_EVERY == 0:
                    say(f"已下载 {jars} 个 jar · {jars} jars so far")
        code = await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if code:
        message = "Maven 没能下载 Kafka · Maven could not fetch Kafka's jars:\n" + "\n".join(said)
        raise BrokerError(message)
    say("Kafka 已下载 · Kafka's jars are here")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    # For the Makefile: so that no test waits for the download.
    try:
        asyncio.run(ensure_jars(_say))
    except BrokerError as error:
        sys.exit(str(error))
