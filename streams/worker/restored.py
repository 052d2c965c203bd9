"""A database that comes from a backup: its consumer group is put back to where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from aiokafka.errors import CommitFailedError, UnknownMemberIdError

from schemas.topics import Topics
from streams.kafka.admin import beginning_offsets, committed_offsets, end_offsets, place_group
from streams.kafka.config import KafkaConfig
from streams.ledger import Ledger, LedgerError, Restored
from streams.log_events import event_log

log = event_log(__name__)


async def follow_the_database(ledger: Ledger, kafka: KafkaConfig, group: str, topics: Topics) -> None:
    """What came after the backup is read again; raises LedgerError while other workers are in the group.

    A partition of which the backup knows nothing is read from its beginning. That the topic of tickets tells of what
    was then is noted first, so that a crash forgets nothing (O-15).
    """
    first = await beginning_offsets(kafka, topics.inbound)
    # Other workers go on meanwhile, each with the ledger before the group: asked in this order, the group is beyond the
    # ledger only if the ledger has lost something.
    committed = await committed_offsets(kafka, group, first)
    stored = {**first, **await _stored(ledger)}
    beyond = {place: offset for place, offset in committed.items() if offset > stored[place]}
    if not beyond:
        return
    read_again: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (topic, partition), offset in beyond.items():
        read_again[topic][str(partition)] = offset
    begins, ends = await beginning_offsets(kafka, [topics.tickets]), await end_offsets(kafka, [topics.tickets])
    left = {str(number): (begin, ends[topic, number]) for (topic, number), begin in begins.items()}
    async with ledger.transaction() as tx:
        await tx.reconciling.begin(Restored(dict(read_again), left))
    try:
        await place_group(kafka, group, {place: stored[place] for place in beyond})
    except (CommitFailedError, UnknownMemberIdError):
        msg = (
            "数据库比节点已处理到的位置旧（备份？），请先停下全部节点 · "
            "the database is older than what its workers have read (a backup?): stop every worker first"
        )
        raise LedgerError(msg) from None
    log.warning("group_rewound", partitions=len(beyond), hint="the database comes from a backup")


async def _stored(ledger: Ledger) -> Mapping[tuple[str, int], int]:
    async with ledger.transaction() as tx:
        return {place: known.next_offset for place, known in (await tx.offsets.reached()).items()}
