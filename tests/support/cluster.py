"""Apache Kafka as one broker or as three that replicate everything, with lines of one's own to it.

A line is a listener of each broker that is advertised at a proxy's port: whoever bootstraps there stays on it, and its
network can be disturbed without disturbing the others.
"""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from secrets import token_bytes
from time import monotonic
from typing import Final

from aiokafka.errors import KafkaError

from streams.kafka.admin import connected
from streams.kafka.config import KafkaConfig
from streams.local.kafka import LocalKafka
from streams.local.processes import free_ports
from tests.support.proxy import Proxy

_WHOLE_WITHIN: Final = 120.0  # seconds
_PROPERTIES: Final = """
node.id={number}
controller.quorum.voters={voters}
listeners=CLIENT://127.0.0.1:{port},{listeners}CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENT://127.0.0.1:{port}{advertised}
listener.security.protocol.map=CLIENT:PLAINTEXT,{protocols}CONTROLLER:PLAINTEXT
default.replication.factor={copies}
min.insync.replicas={least}
offsets.topic.replication.factor={copies}
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={least}
"""


def batched(ports: list[int], size: int) -> list[list[int]]:
    """So many at a time."""
    return [ports[start : start + size] for start in range(0, len(ports), size)]


class Node(LocalKafka):
    """One broker of a cluster, which is also one of its controllers."""

    def __init__(self, folder: Path, number: int, cluster_id: str, controllers: list[int], ports: list[int]) -> None:
        """`number` from 1; `controllers`: the port of each node's controller; `ports`: its own, then two a line."""
        port, *others = ports
        own, lines = others[::2], range(len(others) // 2)
        super().__init__(folder, port, heap_mb=512 if len(controllers) == 1 else 256, brief=True)
        self.lines = [Proxy(*pair) for pair in zip(own, others[1::2], strict=True)]
        self.format_options = (f"--cluster-id={cluster_id}",)
        self._of_cluster = cluster_id
        self.more_properties = _PROPERTIES.format(
            number=number,
            port=port,
            controller=controllers[number - 1],
            voters=",".join(f"{one}@127.0.0.1:{place}" for one, place in enumerate(controllers, 1)),
            listeners="".join(f"LINE{n}://127.0.0.1:{one}," for n, one in enumerate(own)),
            advertised="".join(f",LINE{n}://127.0.0.1:{line.port}" for n, line in enumerate(self.lines)),
            protocols="".join(f"LINE{n}:PLAINTEXT," for n in lines),
            copies=len(controllers),
            least=len(controllers) // 2 + 1,
        )

    async def _format(self, java: str, lib: Path) -> str:
        await super()._format(java, lib)
        return self._of_cluster


class Cluster:
    """The brokers together."""

    def __init__(self, folder: Path, brokers: int = 1, lines: int = 0) -> None:
        """`lines`: how many ways of one's own lead to it."""
        cluster_id = base64.urlsafe_b64encode(token_bytes(16)).decode().rstrip("=")
        controllers, *ports = batched(free_ports(brokers * (2 + 2 * lines)), brokers)
        self.nodes = [
            Node(folder / str(number), number, cluster_id, controllers, list(own))
            for number, own in enumerate(zip(*ports, strict=True), 1)
        ]
        self.lines = [[node.lines[line] for node in self.nodes] for line in range(lines)]

    @property
    def bootstrap(self) -> str:
        """Every broker's address, past the lines; known once started."""
        return ",".join(node.bootstrap for node in self.nodes)

    def bootstrap_of(self, line: int) -> str:
        """The same on a line."""
        return ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.lines[line])

    async def start(self) -> None:
        """Start all, and return when every one answers."""
        for line in self.lines:
            for proxy in line:
                proxy.start()
        await asyncio.gather(*(node.start() for node in self.nodes))

    async def stop(self) -> None:
        """Stop all, brokers and lines."""
        for node in self.nodes:  # those that remain have no majority to hand anything over to
            node.kill()
        for line in self.lines:
            for proxy in line:
                proxy.stop()

    async def whole(self) -> None:
        """Returns when every partition is on every broker again."""
        end = monotonic() + _WHOLE_WITHIN
        while missing := await self._missing():
            assert monotonic() < end, f"not in sync: {missing[:5]}"
            await asyncio.sleep(0.2)

    async def _missing(self) -> list[str]:
        try:
            async with connected(KafkaConfig(self.bootstrap)) as admin:
                topics = await admin.describe_topics()
        except KafkaError as error:
            return [repr(error)]
        return [
            f"{topic['topic']}-{partition['partition']}"
            for topic in topics
            for partition in topic["partitions"]
            if len(partition["isr"]) < len(self.nodes)
        ]
