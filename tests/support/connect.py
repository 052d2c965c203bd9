"""Kafka Connect's jars, which no installation of ours needs: fetched by Maven once, beside the local Kafka's."""

from __future__ import annotations

import asyncio
from pathlib import Path

from streams.local.jars import KAFKA_VERSION, cache_dir

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>rectify</groupId><artifactId>connect</artifactId><version>1</version><packaging>pom</packaging><dependencies>
{}</dependencies></project>"""
_DEPENDENCY = (
    "<dependency><groupId>org.apache.kafka</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
)


async def connect_jars() -> Path:
    """The folder of them."""
    lib = cache_dir() / "connect"
    if not lib.exists():
        pom, fresh = cache_dir() / "connect.xml", cache_dir() / "connect.new"
        wanted = [_DEPENDENCY.format(name, KAFKA_VERSION) for name in ("connect-runtime", "connect-file")]
        await asyncio.to_thread(pom.write_text, _POM.format("".join(wanted)), "utf-8")
        maven = ("mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={fresh}")
        process = await asyncio.create_subprocess_exec(*maven)
        assert await process.wait() == 0
        await asyncio.to_thread(fresh.rename, lib)
    return lib
