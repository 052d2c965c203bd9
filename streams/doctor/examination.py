"""Everything, one after the other where one needs the other's answer, otherwise side by side."""

from __future__ import annotations

import asyncio

from aiokafka.errors import KafkaError

from schemas.topics import Topics
from streams.clock import parse_clock, system_time
from streams.doctor.database import calendar_line, database_lines
from streams.doctor.kafka import kafka_lines
from streams.doctor.line import WITHIN_SECONDS, CheckLine, ok
from streams.doctor.office import office_lines
from streams.doctor.outward import login_lines, webhook_lines
from streams.doctor.pages import pages_lines
from streams.doctor.place import clock_line, disk_line, policy_line, stranger_lines
from streams.doctor.registry import read_registry
from streams.doctor.ways import mail_line, sms_line
from streams.doctor.worker import address_line, occupant, worker_line
from streams.kafka.admin import cluster_id
from streams.kafka.config import KafkaConfig
from streams.settings.model import Settings


async def examine(settings: Settings, kafka: KafkaConfig | CheckLine) -> list[CheckLine]:
    """Looks at everything. `kafka`: how to reach the brokers, or the line that says why that is not known."""
    policy_said, policy = policy_line(settings)
    lines = [
        ok("settings", f"设置可读 · the settings can be used: {len(settings.model_fields_set)} set"),
        *stranger_lines(settings.strangers()),
        clock_line(settings),
    ]
    lines += [policy_said, disk_line(settings.data_dir), *pages_lines(settings)]
    (database, found), mail, sms, login, answers = await asyncio.gather(
        database_lines(settings), mail_line(settings), sms_line(settings), login_lines(settings), occupant(settings)
    )
    cluster = found.cluster_id if found else None
    of_kafka: list[CheckLine] = []
    if isinstance(kafka, CheckLine):
        of_kafka.append(kafka)
    elif policy is not None:
        of_kafka += await kafka_lines(kafka, Topics(settings.topic_prefix), policy, settings.group_id, cluster)
        cluster = cluster or await _cluster(kafka)
    lines += [address_line(settings, answers, cluster), *database]
    if policy is not None:
        today = parse_clock(settings.clock).now().at.astimezone(settings.zone).date()
        lines.append(await calendar_line(settings, policy, today, usable=found is not None))
    if found is not None:
        lines += [*await read_registry(settings), *await webhook_lines(settings, system_time())]
    return [*lines, *of_kafka, *office_lines(settings), mail, sms, *login, worker_line(settings, answers, cluster)]


async def _cluster(kafka: KafkaConfig) -> str | None:
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            return await cluster_id(kafka)
    except (KafkaError, OSError, TimeoutError):
        return None
