"""A database that comes from a backup: its consumer group is put back to where it stands."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from aiokafka.errors import CommitFailedError, UnknownMemberIdError

from streams.kafka.admin import rewind
from streams.kafka.config import KafkaConfig
from streams.ledger import LedgerError

log = structlog.get_logger(__name__)


async def follow_the_database(kafka: KafkaConfig, group: str, stored: Mapping[tuple[str, int], int]) -> None:
    """What came after the backup is read again; raises LedgerError while other workers are in the group."""
    try:
        rewound = await rewind(kafka, group, stored)
    except (CommitFailedError, UnknownMemberIdError):
        msg = "the database is older than what its workers have read (a backup?): stop every worker first"
        raise LedgerError(msg) from None
    if rewound:
        log.warning("group_rewound", partitions=rewound, hint="the database comes from a backup")
