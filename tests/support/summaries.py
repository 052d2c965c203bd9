"""Every event's summary is its asset's name, once, and one sentence; the history keeps the sentence apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from streams.rules.state.records import AssetRecord, HistoryEntry, OutMessage


def look_at_summaries(
    topic: str,
    messages: Iterable[OutMessage],
    history: Iterable[HistoryEntry],
    before: Mapping[str, AssetRecord],
    after: Mapping[str, AssetRecord],
) -> None:
    """Fails at the first event of this topic, or entry of the history, of which that is not so.

    A batch that names an asset anew says of what it decided until then whatever the asset was called before.
    """

    def names(asset_id: str) -> set[str]:
        return {assets[asset_id].name for assets in (before, after) if asset_id in assets}

    for message in messages:
        if message.topic != topic or message.value is None:
            continue
        event = orjson.loads(message.value)
        if event["asset_id"] is None:
            continue  # about no asset: a producer
        begun = [f"{name}：" for name in names(event["asset_id"]) if event["summary"].startswith(f"{name}：")]
        assert begun, event
        assert not any(event["summary"].startswith(begins * 2) for begins in begun), event
    for entry in history:
        event = orjson.loads(entry.body_json)
        assert event["summary"] in {f"{name}：{entry.sentence}" for name in names(event["asset_id"])}, entry
