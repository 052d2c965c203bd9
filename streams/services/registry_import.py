"""The registry taken from a file: what it would change against what is registered, and its publication."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Any, Final, NamedTuple

import orjson

from streams.files.registry.changes import NAMED, RegistryChanges, UnitNames, with_unit_ids
from streams.files.registry.columns import headers_like
from streams.files.registry.scope import ImportScope
from streams.files.registry.spool import Spool
from streams.kafka.publisher import OutMessage, PublishError
from streams.ledger import Ledger
from streams.ledger.reading.queries import registered
from streams.services.failure import Failure
from streams.services.pipelined_publishing import Ahead
from streams.services.registry import unit_names

AT_ONCE: Final = 2_000  # records that are looked up, or wait for their acknowledgements, together


class ImportPlan(NamedTuple):
    """The checked records of a file, and what they would change."""

    records: Spool
    units: UnitNames  # that the records may name
    changes: RegistryChanges
    digest: str = ""  # of the records, and of what is registered under their keys
    foreign: Sequence[tuple[str, str]] = ()  # place and key of records that are not of the units of whoever imports

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Keys and values as they are published, with the ids of the units that the file calls by name."""
        return ((key, with_unit_ids(key, value, self.units)) for key, value in self.records)


class UnknownColumn(NamedTuple):
    """A column that the schema does not know: its values are kept as they are."""

    kind: str
    name: str
    rows: int
    like: str | None  # a known header that may be meant


async def plan_import(records: Spool, ledger: Ledger | None, own: frozenset[str] | None = None) -> ImportPlan:
    """What a file would change; without a ledger everything counts as new, and any unit may be named.

    `own`: the units of whoever imports, and what is below them; None: everybody's.
    """
    known = None if ledger is None else await unit_names(ledger)
    look_up = _nothing if ledger is None else partial(registered, ledger)
    plan = ImportPlan(records, UnitNames(known or {}, complete=known is not None), RegistryChanges())
    for key, value in records:
        if key.startswith("unit:"):
            plan.units.add(key.partition(":")[2], str(orjson.loads(value).get("name", "")))
    scope = None if own is None else ImportScope(own, known or {}, plan.messages())
    seen, foreign = sha256(), list[tuple[str, str]]()
    rest = plan.messages()
    while batch := list(islice(rest, AT_ONCE)):
        there = await look_up([key for key, _ in batch])
        plan.changes.see(batch, there, plan.units)
        for key, value in batch:
            seen.update(orjson.dumps([key, value.decode(), there.get(key)]))
            if scope is not None and not scope.allows(key, value, there.get(key)) and len(foreign) < NAMED:
                foreign.append((records.place(key), key))
    return plan._replace(digest=seen.hexdigest(), foreign=foreign)


def unknown_columns(records: Spool, *, limit: int) -> list[UnknownColumn]:
    """Those that stand in the most rows."""
    return [
        UnknownColumn(kind, name, rows, headers_like(kind, name))
        for (kind, name), rows in records.strangers.most_common(limit)
    ]


async def publish_import(
    ahead: Ahead, topic: str, plan: ImportPlan, on_progress: Callable[[int], None] = lambda _: None
) -> None:
    """Returns when the broker has every record; `on_progress` gets how many more it has.

    Raises Failure, with the record's key, when the broker refuses one for good: those before it are published.
    """

    def done(keys: Sequence[str], refused: Sequence[PublishError]) -> None:
        if refused:
            msg = f"{keys[refused[0].index]}: {refused[0].detail}"
            raise Failure(msg)
        on_progress(len(keys))

    rest = plan.messages()
    while batch := list(islice(rest, AT_ONCE)):
        messages = [OutMessage(topic, key.encode(), value) for key, value in batch]
        await ahead.publish(messages, partial(done, [key for key, _ in batch]))
    await ahead.finish()


async def _nothing(_: Sequence[str]) -> Mapping[str, Any]:
    return {}
