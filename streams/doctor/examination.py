"""Everything, one after the other where one needs the other's answer, otherwise side by side."""

from __future__ import annotations

import asyncio

from schemas.topics import Topics
from streams.clock import parse_clock
from streams.doctor.database import calendar_line, database_lines
from streams.doctor.kafka import kafka_lines
from streams.doctor.line import Line, ok
from streams.doctor.place import address_line, clock_line, disk_line, policy_line, stranger_lines, worker_line
from streams.doctor.ways import mail_line, sms_line
from streams.kafka.config import KafkaConfig
from streams.settings import Settings


async def examine(settings: Settings, kafka: KafkaConfig | Line) -> list[Line]:
    """Looks at everything. `kafka`: how to reach the brokers, or the line that says why that is not known."""
    policy_said, policy = policy_line(settings)
    lines = [
        ok("settings", f"设置可读 · the settings can be used: {len(settings.model_fields_set)} set"),
        *stranger_lines(settings.strangers()),
        clock_line(settings),
    ]
    lines += [policy_said, disk_line(settings.data_dir), address_line(settings)]
    (database, found), mail, sms, worker = await asyncio.gather(
        database_lines(settings), mail_line(settings), sms_line(settings), worker_line(settings)
    )
    lines += database
    if policy is not None:
        today = parse_clock(settings.clock).now().at.astimezone(settings.zone).date()
        lines.append(await calendar_line(settings, policy, today, usable=found is not None))
    if isinstance(kafka, Line):
        lines.append(kafka)
    elif policy is not None:
        bound = found.cluster_id if found else None
        lines += await kafka_lines(kafka, Topics(settings.topic_prefix), policy, settings.group_id, bound)
    return [*lines, mail, sms, worker]
