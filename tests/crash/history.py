"""What the producers send: rounds of findings, broken messages, then runs, rechecks, commands and relapses.

Everything is drawn from one seed. A round is three phases; the next one begins when the one before has been decided,
so that the outcome does not hang on who was faster: that is for the tests of order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from schemas.topics import Topics
from streams.kafka.publisher import OutMessage

ASSETS: Final = 24  # in a round
SINGLE, GROUPED, DARK = "check.kind", "check.group", "link.dark"
SINGLES, MEMBERS = 10, 4  # with the dark link 15 problems of an asset: too few for the brake on mass closing
RUNS: Final = 5
SOURCES: Final = ("crawler", "linter", "")
UNITS: Final = 4
BROKEN: Final = (
    b'{"asset_id": "a',
    b"[]",
    b'{"asset_id": "a", "check": "link.dead", "observed_at": "2026-03-02T09:00:00"}',
)
ACTIONS: Final = ("acknowledge", "claim_fix", "dismiss", "extend")
ASKED: Final = 4  # more tickets of an asset, of each of which people ask, answer and end in any order
ASKER: Final = "李四"
ASKING: Final = ("ask:extension", "ask:not_ours", "ask:false_alarm", "extend", "note", "dismiss")
DAY: Final = "2026-03-02T"


def registry(topics: Topics, number: int) -> list[OutMessage]:
    """The units, each with one who gets mails and short messages, and the assets of a round."""
    records: dict[str, Mapping[str, Any]] = {}
    for unit in range(UNITS):
        contact = {"name": "值守", "email": f"duty@unit{unit}.example", "phone": f"1380000000{unit}"}
        records[f"unit:unit{unit}"] = {"unit_id": f"unit{unit}", "name": f"单位{unit}", "contacts": [contact]}
    for asset_id in assets(number):
        unit_id = f"unit{hash_of(asset_id) % UNITS}"
        records[f"asset:{asset_id}"] = {"asset_id": asset_id, "name": asset_id, "kind": "website", "unit_id": unit_id}
    return [OutMessage(topics.registry, key.encode(), orjson.dumps(record)) for key, record in records.items()]


def assets(number: int) -> list[str]:
    """The assets of a round."""
    return [f"site{number:03}-{index:02}" for index in range(ASSETS)]


def hash_of(asset_id: str) -> int:
    """What becomes of an asset is decided by its number."""
    return int(asset_id[-2:])


def places(asset_id: str) -> Iterator[tuple[str, str, str | None]]:
    """Check, locator and cause of each problem of an asset."""
    for index in range(SINGLES):
        yield f"{SINGLE}{index % 3}", f"https://{asset_id}.example/{index}", None
    for index in range(MEMBERS):
        yield GROUPED, f"https://{asset_id}.example/list/{index}", "template"
    yield DARK, f"https://{asset_id}.example/hidden", None


def seen(topics: Topics, number: int, chance: random.Random) -> list[OutMessage]:
    """Phase one: every problem seen by several runs, in any order, under its asset's key, another one or none."""
    out = []
    for run in range(RUNS):
        for asset_id in assets(number):
            for check, locator, cause in places(asset_id):
                source = SOURCES[0] if run == 0 else chance.choice(SOURCES)
                fields = {"source": source, "run_id": f"r{run}"} if source else {}
                at = f"{DAY}09:{run:02}:00+08:00"
                finding = _finding(asset_id, check, locator, at) | fields | ({"cause": cause} if cause else {})
                times = 2 if chance.random() < 0.05 else 1  # a producer's own retry
                key = chance.choice([asset_id.encode(), b"another", None])
                out += [OutMessage(topics.findings, key, orjson.dumps(finding))] * times
    out += [OutMessage(topics.findings, None, chance.choice(BROKEN)) for _ in range(ASSETS)]
    chance.shuffle(out)
    return out


def answered(topics: Topics, number: int, tickets: Mapping[str, list[str]]) -> list[OutMessage]:
    """Phase two: by asset a run that sees nothing, a recheck of each place, commands (each of them twice), or nothing.

    `tickets`: the tickets of an asset, in an order that the input alone decides.
    """
    out = []
    for asset_id in assets(number):
        key = asset_id.encode()
        match hash_of(asset_id) % 4:
            case 0:
                run = {
                    "type": "run", "asset_id": asset_id, "source": SOURCES[0], "run_id": "last", "status": "complete",
                    "started_at": f"{DAY}09:40:00+08:00", "finished_at": f"{DAY}09:41:00+08:00", "found": 0,
                    "checks": sorted({check for check, _, _ in places(asset_id)}),
                }  # fmt: skip
                out.append(OutMessage(topics.findings, key, orjson.dumps(run)))
            case 1:
                for check, locator, _ in places(asset_id):
                    recheck = _finding(asset_id, check, locator, f"{DAY}09:40:00+08:00")
                    recheck |= {"type": "recheck", "source": SOURCES[0], "outcome": "absent"}
                    out.append(OutMessage(topics.findings, key, orjson.dumps(recheck)))
            case 2:
                for action, ticket_id in zip(ACTIONS, tickets[asset_id], strict=False):
                    command: dict[str, Any] = {
                        "action": action, "asset_id": asset_id, "ticket_id": ticket_id, "by": "张三", "reason": "演练",
                        "at": f"{DAY}10:00:00+08:00", "command_id": f"{action}-{ticket_id}",
                    }  # fmt: skip
                    command |= {"working_days": 2} if action == "extend" else {}
                    out += [OutMessage(topics.commands, key, orjson.dumps(command))] * 2
                for which, ticket_id in enumerate(tickets[asset_id][len(ACTIONS) : len(ACTIONS) + ASKED]):
                    out += _asking(topics, asset_id, ticket_id, random.Random(f"{asset_id} {which}"))  # noqa: S311
    return out


def _asking(topics: Topics, asset_id: str, ticket_id: str, chance: random.Random) -> Iterator[OutMessage]:
    """Asks and what answers them, in an order of its own; each command twice."""
    for place in range(8):
        action, _, kind = chance.choice(ASKING).partition(":")
        command: dict[str, Any] = {
            "action": action, "asset_id": asset_id, "ticket_id": ticket_id, "by": ASKER, "reason": "演练",
            "at": f"{DAY}10:00:00+08:00", "command_id": f"{place}-{ticket_id}",
        }  # fmt: skip
        command |= {"kind": kind} if kind else {"text": "备注"} if action == "note" else {}
        command |= {"working_days": 2} if "exten" in f"{action} {kind}" else {}
        yield from [OutMessage(topics.commands, asset_id.encode(), orjson.dumps(command))] * 2


def back(topics: Topics, number: int) -> list[OutMessage]:
    """Phase three: where a run had seen nothing, every third problem is there again."""
    return [
        OutMessage(
            topics.findings, asset_id.encode(), orjson.dumps(_finding(asset_id, check, locator, f"{DAY}09:50:00+08:00"))
        )
        for asset_id in assets(number)
        if hash_of(asset_id) % 4 == 0
        for index, (check, locator, _) in enumerate(places(asset_id))
        if index % 3 == 0
    ]


def _finding(asset_id: str, check: str, locator: str, at: str) -> dict[str, Any]:
    return {"asset_id": asset_id, "check": check, "locator": locator, "observed_at": at}
