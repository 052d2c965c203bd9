"""Topics, database and registry for one start of a contender, all of them its own."""

from __future__ import annotations

from bench import contenders
from bench.contenders import Contender
from bench.job import Job
from bench.servers import Servers
from bench.workload import registry
from schemas.topics import Topics


async def prepare(servers: Servers, contender: Contender, name: str, messages: int) -> tuple[Job, Topics]:
    """A job without ends, and its topics; this project's worker has read the registry by then."""
    prefix = f"{name}-{contenders.CONTENDERS.index(contender)}"
    folder = servers.folder / prefix
    folder.mkdir()
    topics = await servers.make_topics(prefix)
    job = Job(
        bootstrap=servers.kafka.bootstrap,
        prefix=prefix,
        topic=topics.findings,
        ends={},
        folder=folder,
        report=folder / "report.json",
        database_url=await servers.make_database(contender.database, folder),
        linger_ms=contender.linger_ms,
    )
    if contender.is_own:
        await servers.publish(registry(topics.registry, messages))
        ends = await servers.ends(topics.registry)
        await contenders.run(contender, job.model_copy(update={"topic": topics.registry, "ends": ends}))
    return job, topics
