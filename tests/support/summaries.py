"""Every event's summary is its asset's name, once, and one sentence; the history keeps the sentence apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from streams.rules.state.records import AssetRecord, HistoryEntry, OutMessage


def look_at_summaries(
    topic: str, messages: Iterable[OutMessage], history: Iterable[HistoryEntry], assets: Mapping[str, AssetRecord]
) -> None:
    """Fails at the first event of this topic, or entry of the history, of which that is not so."""
    for message in messages:
        if message.topic != topic or message.value is None:
            continue
        event = orjson.loads(message.value)
        begins = f"{assets[event['asset_id']].name}："
        assert event["summary"].startswith(begins), event
        assert not event["summary"].startswith(begins * 2), event
    for entry in history:
        event = orjson.loads(entry.body_json)
        assert event["summary"] == f"{assets[event['asset_id']].name}：{entry.sentence}", entry
