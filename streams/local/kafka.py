"""A local Apache Kafka in one process, for `rectify demo`, `up` and `broker`, and for the integration tests."""

import asyncio
import base64
import fcntl
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes
from types import MappingProxyType
from typing import IO, Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.local.jars import BROKER_FILES, BrokerError, ensure_jars, find_java, said_by
from streams.local.processes import end, free_ports, is_free, spawn, tail

__all__ = ["BrokerError", "LocalKafka", "ensure_jars"]

_UP_WITHIN = 120.0  # seconds; a machine that does much else
_DOWN_WITHIN = 20.0  # seconds

# One node is broker and controller. Everything that would be replicated three times is kept once, and the internal
# topics have few partitions: 50 of them would be made while the first consumer group waits.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=CLIENT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=CLIENT://127.0.0.1:{port}
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs=log
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# After a crash the broker waits until its former session has ended; 9 s by default.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
# A dead letter may have 9 MiB; this leaves room for its headers and the batch around it.
message.max.bytes=10485760
# The broker's own time decides retention: a producer under an accelerated clock may date its records 2023, and
# segments that old would be deleted at once.
log.message.timestamp.type=LogAppendTime
# 128 MiB of a 512 MiB heap otherwise.
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
"""


class LocalKafka:
    """Apache Kafka on 127.0.0.1; what it needs to remember is in its folder and survives restarts and kill -9."""

    # What a broker that asks for more than a connection has beside that: later lines of the properties go before
    # earlier ones. The tests have such a one.
    more_properties = ""
    format_options: tuple[str, ...] = ()
    client_options: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, data_dir: Path, port: int = 0, heap_mb: int = 512, *, brief: bool = False) -> None:
        """Prepare a broker that keeps everything in `data_dir`; port 0 means any, and the same one every time.

        One that is `brief` will run for minutes, and goes without Java's second compiler: it is up in half the time.
        """
        self._dir = data_dir.resolve()
        self._wanted_port = port
        self._port = port
        self._heap_mb = heap_mb
        self._brief = brief
        self._java: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, `127.0.0.1:port`; known once started."""
        return f"127.0.0.1:{self._port}"

    @property
    def folder(self) -> Path:
        """Where it keeps everything."""
        return self._dir

    @property
    def pid(self) -> int | None:
        """The process id, while it runs."""
        return self._java.pid if self._java is not None and self.alive else None

    @property
    def exit_code(self) -> int | None:
        """How it has ended, if it has: -9 for a kill."""
        return self._java.poll() if self._java is not None else None

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._java is not None and self._java.poll() is None

    async def start(self, say: Callable[[str], None] = lambda _: None) -> None:
        """Start and return once it answers; `say` is told what takes time. Raises BrokerError."""
        if self.alive:
            return
        java = await find_java()
        lib = await ensure_jars(say)
        self._dir.mkdir(parents=True, exist_ok=True)
        self._take_folder()
        try:
            self._configure()
            say("启动 Kafka · starting Kafka")
            cluster_id = self._cluster_id() or await self._format(java, lib)
            command = [*self._jvm(java, lib, brief=self._brief), "kafka.Kafka", "server.properties"]
            self._java = spawn(command, self._dir / "java.out", cwd=self._dir, env=_environment())
            async with asyncio.timeout(_UP_WITHIN):
                await self._until_it_answers(cluster_id)
        except TimeoutError:
            self.kill()
            raise self._failure(f"Kafka 在 {_UP_WITHIN:.0f} 秒内没有就绪 · Kafka was not up in time") from None
        except BaseException:
            self.kill()
            raise

    async def stop(self) -> None:
        """Stop in order; kill what does not stop within 20 seconds."""
        if self._java is not None:
            await asyncio.to_thread(end, self._java, grace=_DOWN_WITHIN)
        self._release()

    def kill(self) -> None:
        """Kill at once (SIGKILL), as a crash would."""
        if self._java is not None:
            self._java.kill()
            self._java.wait()
        self._release()

    async def restart(self) -> None:
        """Stop if it runs, and start on the same data and port."""
        await self.stop()
        await self.start()

    async def wait(self) -> None:
        """Return when the process has ended, for whatever reason."""
        while self.alive:  # noqa: ASYNC110  (a thread that waits for it would keep us from leaving)
            await asyncio.sleep(0.2)

    def _take_folder(self) -> None:
        lock = (self._dir / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            message = f"另一个 Kafka 正在使用 {self._dir} · another Kafka is using this folder"
            raise BrokerError(message) from None
        self._lock = lock

    def _release(self) -> None:
        self._java = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _configure(self) -> None:
        """Write the properties; the port is that of earlier starts where it is still free."""
        memory = self._dir / "port"
        self._port = self._wanted_port or (int(memory.read_text()) if memory.exists() else 0)
        if self._wanted_port and not is_free(self._port):
            message = f"端口 {self._port} 已被占用 · port {self._port} is taken"
            raise BrokerError(message)
        port, controller_port = free_ports(2)
        if not self._port or not is_free(self._port):
            self._port = port
        memory.write_text(str(self._port))
        properties = _PROPERTIES.format(port=self._port, controller_port=controller_port)
        (self._dir / "server.properties").write_text(properties + self.more_properties)

    def _jvm(self, java: str, lib: Path, *, brief: bool) -> list[str]:
        return [
            java,
            f"-Xmx{self._heap_mb}m",
            *(["-XX:TieredStopAtLevel=1"] if brief else []),
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={BROKER_FILES / 'log4j2.xml'}",
            "-Drectify.broker.log=broker.log",
            "-cp",
            f"{lib}/*",
        ]

    def _cluster_id(self) -> str | None:
        """Return the id that the folder was formatted with, if it was."""
        meta = self._dir / "log" / "meta.properties"
        found = re.search(r"^cluster\.id=(.+)$", meta.read_text(), re.MULTILINE) if meta.exists() else None
        return found[1] if found else None

    async def _format(self, java: str, lib: Path) -> str:
        """Make the folder that of a new cluster, whose id is returned."""
        # As Kafka makes them: 16 random bytes in URL-safe base64.
        cluster_id = base64.urlsafe_b64encode(token_bytes(16)).decode().rstrip("=")
        command = [*self._jvm(java, lib, brief=True), "kafka.tools.StorageTool", "format", "--ignore-formatted"]
        tool = await asyncio.create_subprocess_exec(
            *command, f"--cluster-id={cluster_id}", "--config=server.properties", *self.format_options,
            cwd=self._dir, env=_environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        said = await said_by(tool)
        if tool.returncode:
            message = f"无法初始化 {self._dir} · cannot format Kafka's folder:\n{said}"
            raise BrokerError(message)
        return cluster_id

    async def _until_it_answers(self, cluster_id: str) -> None:
        while True:
            if not self.alive:
                raise self._failure("Kafka 启动后立即退出 · Kafka ended while it started")
            # A bare connection first: aiokafka logs an error for each refused one.
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                if await _describe(self.bootstrap, self.client_options) == cluster_id:
                    return
            await asyncio.sleep(0.1)

    def _failure(self, reason: str) -> BrokerError:
        said = tail(self._dir / "java.out", 5), tail(self._dir / "broker.log")
        return BrokerError("\n".join([reason, *filter(None, said)]))


def _environment() -> dict[str, str]:
    """Java reads the names of files in the locale's encoding: under LANG=C it would not find 数据."""
    return {**os.environ, "LC_ALL": "C.UTF-8"}


async def _describe(bootstrap: str, options: Mapping[str, Any]) -> str | None:
    """Return the cluster id once a broker is registered there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000, **options)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    except KafkaError:
        return None
    finally:
        await admin.close()
    return str(cluster["cluster_id"]) if cluster["brokers"] else None
