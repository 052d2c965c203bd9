"""Whether Kafka's logs are those that the ledger has read (rule O-13): at a start, while running, at an adoption."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from streams.kafka.admin import end_offsets
from streams.kafka.config import KafkaConfig
from streams.kafka.identity import AnotherLogError, still_there
from streams.ledger import Reached

Place = tuple[str, int]  # topic and partition
_WAY_ON: Final = (
    "接回原来的主题，或停下全部节点后运行 `rectify db adopt-cluster`，让本库接着读新的日志 · "
    "give the topic its messages back, or stop every worker and run `rectify db adopt-cluster`, which keeps the ledger "
    "and takes the new log"
)


def another(place: Place, chinese: str, english: str) -> AnotherLogError:
    """What is said when a log is not the one that was read."""
    where = f"{place[0]}[{place[1]}]"
    return AnotherLogError(f"{where} {chinese}，已读位置作废：{_WAY_ON} ({where} {english})")


def made_anew(place: Place, was: str | None, log_id: str) -> AnotherLogError:
    """The same, of a topic that has another id."""
    return another(place, "已被删除重建", f"was made anew: its id is {log_id}, and {was} was read")


async def compare(
    config: KafkaConfig, reached: Mapping[Place, Reached], log_ids: Mapping[str, str], places: Iterable[Place]
) -> AnotherLogError | None:
    """What is said when one of the places is not of the log that the ledger has read up to there, else None."""
    for place, known in sorted(reached.items()):
        log_id = log_ids.get(place[0])
        if log_id is not None and known.log_id not in (None, log_id):
            return made_anew(place, known.log_id, log_id)
    looked = {place: reached[place] for place in sorted(places) if place in reached}
    ends = await end_offsets(config, {topic for topic, _ in looked})
    for place, known in looked.items():
        end = ends.get(place)
        if end is not None and known.next_offset > end:
            words = f"was read up to {known.next_offset} and ends at {end}: made anew, or cut short by an election"
            return another(place, f"已读到 {known.next_offset}，而它止于 {end}，已被重建或截短", words)
    marks = {place: known.last_record for place, known in looked.items() if known.last_record and place in ends}
    for place, there in (await still_there(config, marks)).items():
        if there is False:
            offset = marks[place].partition(":")[0]
            words = f"has another message at {offset} than was read: made anew, or cut short by an election"
            return another(place, f"第 {offset} 条已不是读过的那条，已被重建或截短", words)
    return None
