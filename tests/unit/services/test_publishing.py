"""Findings and registry files go out as a page or a terminal hands them over: checked, in order, each fault named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import cast

import orjson
import pytest

from schemas.topics import Topics
from streams.files.findings.formats import FindingsFile, Format, format_of
from streams.files.findings.strangers import Strangers
from streams.files.policy.loading import load_policy
from streams.files.registry.files import read_registry
from streams.kafka.publisher import OutMessage, Publisher, PublishError
from streams.services.commands import InvalidCommand, new_command
from streams.services.failure import Failure
from streams.services.findings import FindingsPublication, RefusedLine
from streams.services.pipelined_publishing import Ahead
from streams.services.registry_import import plan_import, publish_import

AT = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
TOPICS = Topics()


class Broker:
    """Takes everything but what names `big`."""

    def __init__(self) -> None:
        self.taken: list[OutMessage] = []

    async def publish(self, messages: Sequence[OutMessage]) -> list[PublishError]:
        """As the publisher does."""
        bad = [n for n, message in enumerate(messages) if b"big" in (message.value or b"")]
        self.taken += [message for n, message in enumerate(messages) if n not in bad]
        return [PublishError(n, "too_large", "too many bytes") for n in bad]

    @property
    def ahead(self) -> Ahead:
        """Publishing on this broker."""
        return Ahead(cast("Publisher", self))


@pytest.mark.parametrize("dry_run", [False, True])
async def test_each_row_is_sent_or_named(dry_run: bool) -> None:  # noqa: FBT001
    """A table: one good row, one that is none, one that the broker does not take; a dry run sends nothing."""
    table = f"asset_id,check,observed_at,locator\nsite,link.dead,{AT.isoformat()},/a\n,link.dead,x,/b\n"
    table += f"site,link.dead,{AT.isoformat()},/big\n"
    broker, named = Broker(), list[RefusedLine]()
    source = FindingsFile(BytesIO(table.encode()), format_of("检出.CSV"), AT, 10_000)
    async with broker.ahead as ahead:
        strangers = Strangers(load_policy())
        out = None if dry_run else ahead
        publication = FindingsPublication(TOPICS.findings, lambda: AT, 10_000, out, strangers, named.append)
        async for batch in source.batches():
            await publication.send(batch)
    assert [(line.line, line.code) for line in named] == [
        (3, "missing_field"),
        *([] if dry_run else [(4, "too_large")]),
    ]
    assert publication.refused == named
    assert publication.accepted == (2 if dry_run else 1)
    assert [(one.topic, one.key, orjson.loads(one.value or b"")["locator"]) for one in broker.taken] == (
        [] if dry_run else [(TOPICS.findings, b"site", "/a")]
    )


def test_an_ending_says_the_format() -> None:
    """What says nothing is JSON Lines."""
    assert [format_of(name) for name in ("a.csv", "a.sarif", "a.sarif.json", "a.json", "-")] == [
        Format.CSV, Format.SARIF, Format.SARIF, Format.JSONL, Format.JSONL,
    ]  # fmt: skip


async def test_a_registry_file_is_planned_and_goes_out_with_ids(tmp_path: Path) -> None:
    """Names of units become their ids; without a ledger everything is new, and no unit is unknown."""
    path = tmp_path / "registry.yaml"
    path.write_text(
        "units:\n- {unit_id: kjj, name: 市科技局, contacts: [{name: 甲, phone: '13800000002'}]}\n"
        "assets:\n- {asset_id: site, name: 门户, kind: website, unit_id: 市科技局}\n"
        "- {asset_id: other, name: 另一个, kind: website, unit_id: wtj}\n"
    )
    plan = await plan_import(read_registry(path), None)
    assert (plan.changes.new, plan.changes.dangling) == ({"unit": 1, "asset": 2}, [])
    broker, progress = Broker(), list[int]()
    async with broker.ahead as ahead:
        await publish_import(ahead, TOPICS.registry, plan, progress.append)
    owners = {one.key: orjson.loads(one.value or b"").get("unit_id") for one in broker.taken}
    assert (owners, progress) == ({b"unit:kjj": "kjj", b"asset:site": "kjj", b"asset:other": "wtj"}, [3])


async def test_a_record_that_the_broker_refuses_is_named(tmp_path: Path) -> None:
    """By its key."""
    path = tmp_path / "registry.yaml"
    path.write_text("assets:\n- {asset_id: big, name: 门户, kind: website}\n")
    plan = await plan_import(read_registry(path), None)
    with pytest.raises(Failure, match="asset:big: too many bytes"):
        async with Broker().ahead as ahead:
            await publish_import(ahead, TOPICS.registry, plan)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"action": "extend", "ticket_id": "ZG1"}, "extend: `extend` needs either `due_at` or `working_days`"),
        ({"action": "close"}, "close: `close` needs `ticket_id`"),
        ({"action": "extend", "ticket_id": "ZG1", "working_days": 0}, "working_days: "),
    ],
)
def test_what_makes_no_command_is_named(fields: dict[str, object], words: str) -> None:
    """By its field, or by the act where several fields are meant."""
    with pytest.raises(InvalidCommand) as caught:
        new_command(asset_id="site", by="张三", at=AT, **fields)  # type: ignore[arg-type]
    assert str(caught.value).startswith(words)
