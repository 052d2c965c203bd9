"""Every inbound message, spoiled at random, through reading, deciding and the letters: accepted or a dead letter."""

from __future__ import annotations

from datetime import UTC, datetime
from time import process_time
from types import SimpleNamespace
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from schemas.registry import Unit
from streams.ledger import DueNotices
from streams.ledger.batch.bulletins import BulletinEntry
from streams.rules.intake.intake import Refusal
from streams.rules.sending.sending import Delivery
from streams.rules.state.inputs import Input
from streams.rules.state.snapshot import Now, Registry
from streams.worker.delivery.compose import letter
from streams.worker.intake.dead_letters import dead_letter
from streams.worker.intake.issued import bulletin_reader
from streams.worker.intake.reading import Reader, command_reader, finding_reader
from streams.worker.intake.registrar import RegistryEntry, registry_reader
from tests.fuzz.hostile import cases
from tests.fuzz.messages import TOPICS, placed, records
from tests.fuzz.outgoing import judge_letter, judge_messages
from tests.support.world import MAX_BYTES, POLICY, World

BATCH: Final = 6
SLOW: Final = 5.0  # seconds of CPU for the worst message of 1 MiB, 350,000 empty objects; it takes one
READERS: Final[dict[str, Reader]] = {
    TOPICS.findings: finding_reader(POLICY, MAX_BYTES),
    TOPICS.commands: command_reader(MAX_BYTES),
    TOPICS.registry: registry_reader(MAX_BYTES),
    TOPICS.bulletins: bulletin_reader(MAX_BYTES),
}
NOW: Final = datetime(2026, 3, 2, 2, tzinfo=UTC)
NEIGHBOUR: Final = {"check": "text.typo", "observed_at": "2026-03-02T09:00:00+08:00"}


def read(record: SimpleNamespace) -> Input | RegistryEntry | BulletinEntry | Refusal:
    """What its topic's reader says; in bounded time."""
    began = process_time()
    content = READERS[record.topic](record, NOW)
    assert process_time() - began < SLOW
    if isinstance(content, Refusal):
        judge_messages([dead_letter(TOPICS, record, content)])
    return content


def letters_of(world: World) -> None:
    """Judges a letter of each kind, and one of all notices."""
    now = Now(world.now, world.real)
    kinds = {notice.kind: (notice,) for notice in world.notices.values()}
    for notices in (*kinds.values(), tuple(world.notices.values())):
        due = DueNotices(
            list(notices),
            world.tickets,
            {asset.pk: asset for asset in world.assets.values()},
            {pk: [p for p in world.problems if p.ticket_pk == pk and p.current] for pk in world.tickets},
            {},
        )
        if notices:
            told = letter(Delivery(notices[0].notice_id, notices), due, world.registry, POLICY, now, {})
            judge_letter(told)


@cases(150, 0.35, batch=BATCH)
@given(st.lists(records(), min_size=1, max_size=BATCH))
def test_a_batch_is_read_decided_and_told(batch: list[SimpleNamespace]) -> None:
    """Bad ones are refused with field and reason; the rest is decided, published, escalated and written to people."""
    world = World("2026-03-02 10:00")
    world.unit("site", contacts=[{"name": "李四", "email": "li@unit.gov.cn", "phone": "13900000001"}])
    world.asset("site", unit_id="site")
    world.send({**NEIGHBOUR, "asset_id": "site", "locator": "https://a.gov.cn/x"})
    ticket_id = world.ticket().ticket_id
    inputs: list[Input] = []
    for record in batch:
        content = read(placed(record, "site", ticket_id))
        if isinstance(content, RegistryEntry):
            _register(world, content)
        elif not isinstance(content, Refusal | BulletinEntry):
            inputs.append(content)
    world.decide(inputs)
    world.send({**NEIGHBOUR, "asset_id": "neighbour", "locator": "https://b.gov.cn/"})
    assert [t for t in world.tickets.values() if world.assets["neighbour"].pk == t.asset_pk]
    world.wait(400)
    world.jump("2026-04-20 09:00")
    judge_messages(world.outbox)
    letters_of(world)


def _register(world: World, entry: RegistryEntry) -> None:
    units = dict(world.registry.units)
    if entry.kind != "unit":
        return
    units.pop(entry.record_id, None)
    if entry.document is not None:
        units[entry.record_id] = Unit.model_validate_json(entry.document)
    world.registry = Registry(units, world.registry.calendar, world.registry.guarded, world.registry.zone)
    if entry.document is None:
        world.follow_unit(entry.record_id)


@cases(150, 0.15)
@given(st.sampled_from(tuple(READERS)), st.binary(max_size=200), st.one_of(st.none(), st.binary(max_size=40)))
def test_bytes_that_are_nothing(topic: str, value: bytes, key: bytes | None) -> None:
    """A refusal, whatever they are."""
    record = SimpleNamespace(topic=topic, partition=0, offset=0, key=key, value=value, headers=())
    assert isinstance(read(record), Refusal)


def test_messages_as_large_as_they_may_be() -> None:
    """1 MiB of the worst kinds is read, or refused, in bounded time."""
    head = b'{"asset_id":"a","check":"b","observed_at":"2026-03-02T09:00:00+08:00","evidence":'
    room = MAX_BYTES - len(head) - 1
    for filling in (
        b"[" * (room // 2) + b"]" * (room // 2),
        b'{"a":' * (room // 7) + b"1" + b"}" * (room // 7),
        b"[" + b"0," * (room // 2 - 2) + b"0]",
        b"[" + b"{}," * (room // 3 - 2) + b"0]",
        b'{"a":"' + b"\\u0041" * (room // 6 - 2) + b'"}',
        b"{" + b",".join(b'"%d":0' % n for n in range(room // 12)) + b"}",
        b"9" * room,
        b" " * room,
        b'{"' + "字".encode() * (room // 3 - 4) + b'":1}',
    ):
        for topic in READERS:
            body = head + filling + b"}"
            read(SimpleNamespace(topic=topic, partition=0, offset=0, key=b"unit:a", value=body, headers=()))
