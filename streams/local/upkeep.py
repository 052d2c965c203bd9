"""Kafka as a child of `rectify up`: started again when it dies, as the machine's memory killer makes it die."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from streams.local.jars import BrokerError
from streams.local.kafka import LocalKafka
from streams.log_events import event_log

TIMES: Final = 3  # it is started again
WITHIN_SECONDS: Final = 600.0

log = event_log(__name__)


async def keep_up(kafka: LocalKafka, say: Callable[[str], None], clock: Callable[[], float] = monotonic) -> None:
    """Watches until cancelled; raises BrokerError when it has ended more than three times within ten minutes."""
    ends: list[float] = []
    while True:
        await kafka.wait()
        now = clock()
        ends = [end for end in ends if now - end < WITHIN_SECONDS] + [now]
        if len(ends) > TIMES:
            msg = (
                f"Kafka 在 {WITHIN_SECONDS / 60:.0f} 分钟内第 {len(ends)} 次意外停止，不再重启 · Kafka has ended "
                f"{len(ends)} times and is not started again; memory, disk? Its log is in {kafka.folder}"
            )
            raise BrokerError(msg)
        log.error("kafka_ended", exit_code=kafka.exit_code, times=len(ends), folder=str(kafka.folder))
        kafka.kill()  # nothing is there any more; its folder is let go
        try:
            await kafka.start(say)
        except BrokerError as error:
            log.error("kafka_not_restarted", error=str(error))  # noqa: TRY400 - its text says it all
        else:
            log.info("kafka_restarted", servers=kafka.bootstrap)
