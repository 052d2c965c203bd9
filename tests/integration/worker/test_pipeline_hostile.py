"""Hostile input through the real pipeline: a bad message becomes a dead letter, its neighbours are processed."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from streams.kafka.publisher import OutMessage
from streams.rules.intake.seal import sealed
from streams.services.bulletins.issuing import all_issued
from tests.support.fetching import read_all
from tests.support.notice_figures import Notice
from tests.support.pipeline import Pipeline
from tests.support.subscriber import Record

Headers = tuple[tuple[str, bytes | None], ...]

FINDING = {"asset_id": "site", "check": "text.typo", "observed_at": "2026-03-02T09:00:00+08:00"}
COMMAND = {"action": "close", "asset_id": "site", "ticket_id": "ZG0", "by": "张三", "at": "2026-03-02T09:00:00+08:00"}
BULLETIN = sealed({**Notice().figures(), "number": "1号", "date": "2023-04-03", "issued_by": "张三"})
GARBAGE = bytes(range(256))
ODD_HEADERS: Headers = (("trace", b"\xff\x00"), ("trace", b"twice"), ("empty", None), ("标题", "中文".encode()))


class Bad(NamedTuple):
    """A message that must be refused, with the code and the beginning of the sentence."""

    value: bytes | None
    code: str
    detail: str
    key: bytes | None = b"site"
    headers: Headers = ()


def finding(**fields: Any) -> bytes:
    """Return a finding with some fields changed."""
    return json.dumps({**FINDING, **fields}).encode()


def command(**fields: Any) -> bytes:
    """Return a command with some fields changed."""
    return json.dumps({**COMMAND, **fields}).encode()


def bulletin(**fields: Any) -> bytes:
    """Return an issued bulletin with some fields changed."""
    return json.dumps({**BULLETIN, **fields}).encode()


def evidence(raw: bytes) -> bytes:
    """Return a finding whose evidence is written as it is."""
    return finding()[:-1] + b', "evidence": {"n": ' + raw + b"}}"


BAD_FINDINGS = [
    Bad(b'{"asset_id": "site", "check": ', "invalid_json", 'value: not JSON near "check"'),
    Bad(b"", "invalid_json", "value:"),
    Bad(b"[]", "invalid_field", "value:"),
    Bad(finding(check=["a"]), "invalid_field", "check:"),
    Bad(finding(evidence="404"), "invalid_field", "evidence:"),
    Bad(b'{"asset_id":"site","observed_at":"2026-03-02T09:00:00+08:00"}', "missing_field", "check:"),
    Bad(finding(observed_at="2026-03-02T09:00:00"), "invalid_field", "observed_at: Input should have timezone"),
    Bad(finding(observed_at="2026-03-03T09:00:00+08:00"), "time_ahead", "observed_at:"),
    Bad(finding(detail="字" * 800_000), "too_large", "value:"),
    Bad(finding(detail="x" * 5_000_000), "too_large", "value: 5000"),
    Bad(None, "null_value", "value: null"),
    Bad(finding(type="fnding"), "unknown_type", "type: 'fnding'"),
    Bad(finding(type="run"), "missing_field", "run_id:"),
    Bad(evidence(b"9" * 1_000_000), "invalid_json", 'value: not JSON near "n": number out of range'),
    Bad(evidence(b"9" * 30), "invalid_number", "evidence.n: a number of 30 digits"),
    Bad(evidence(b"NaN"), "invalid_number", "evidence.n:"),
    Bad(evidence(b"[" * 100_000 + b"]" * 100_000), "invalid_json", 'value: not JSON near "n": recursion'),
    Bad(finding(title="a\0b"), "invalid_text", "title: text must not contain NUL"),
    Bad(finding(title="\ud800"), "invalid_json", 'value: not JSON near "title"'),
    Bad(GARBAGE, "invalid_json", "value:", key=GARBAGE, headers=ODD_HEADERS),
    Bad(
        b"{}",
        "invalid_cloudevent",
        "ce_specversion:",
        key=None,
        headers=(("ce_specversion", b"\xff\xfe"), ("ce_type", b"\x00")),
    ),
]
BAD_COMMANDS = [
    Bad(None, "null_value", "value: null"),
    Bad(GARBAGE, "invalid_json", "value:", key=None, headers=ODD_HEADERS),
    Bad(command(action="explode"), "unknown_action", "action:"),
    Bad(command(at="2026-03-02T09:00:00"), "invalid_field", "at:"),
    Bad(command(reason="核\0实"), "invalid_text", "reason: text must not contain NUL"),
    Bad(command(reason="\0"), "invalid_field", "reason: must not be blank"),
    Bad(command(reason="x" * 5_000_000), "too_large", "value:"),
    Bad(command(action="extend"), "invalid_field", "value: `extend` needs"),
]
BAD_RECORDS = [
    Bad(b"{}", "invalid_key", "key:", key=GARBAGE, headers=ODD_HEADERS),
    Bad(b"{}", "invalid_key", "key:", key=b"site"),
    Bad(GARBAGE, "invalid_json", "value:", key=b"asset:a"),
    Bad(b'{"asset_id":"b","name":"x","kind":"website"}', "invalid_field", "asset_id: 'b' is not", key=b"asset:a"),
    Bad(b'{"unit_id":"u","name":"\\ud800"}', "invalid_json", 'value: not JSON near "name"', key=b"unit:u"),
    Bad(b'{"unit_id":"u"}', "missing_field", "name:", key=b"unit:u"),
    Bad(b'{"year":2027,"days":[]}', "invalid_field", "value: 2027", key=b"calendar:2027"),
    Bad(b'{"unit_id":"u","name":"' + b"x" * 5_000_000 + b'"}', "too_large", "value:", key=b"unit:u"),
]


BAD_BULLETINS = [
    Bad(None, "null_value", "value: an issued bulletin is not deleted"),
    Bad(GARBAGE, "invalid_json", "value:", key=GARBAGE, headers=ODD_HEADERS),
    Bad(bulletin(number="\0"), "invalid_field", "number:"),
    Bad(bulletin(totals=[{**BULLETIN["totals"][0], "checked": 2}]), "invalid_field", "hash: is not that"),
    Bad(bulletin(), "invalid_key", "key: must be the bulletin_id"),
]


def interleaved(topic: str, bad: list[Bad], good: list[OutMessage]) -> list[OutMessage]:
    """Return each bad message with a good neighbour after it."""
    assert len(good) >= len(bad)
    out: list[OutMessage] = []
    for message, neighbour in zip(bad, good, strict=False):
        out += [OutMessage(topic, message.key, message.value, message.headers), neighbour]
    return out


def origin(letter: Record) -> tuple[str, int, int]:
    """Where a dead letter says that it came from."""
    headers = {name: value.decode() for name, value in letter.headers if name.startswith("rectify-") and value}
    return (
        headers["rectify-origin-topic"],
        int(headers["rectify-origin-partition"]),
        int(headers["rectify-origin-offset"]),
    )


async def test_each_bad_message_is_a_dead_letter_and_harms_no_neighbour(pipeline: Pipeline) -> None:
    """On every inbound topic: code, field and reason in the headers; key, value and headers as they came."""
    topics = pipeline.topics
    findings = [OutMessage(topics.findings, b"site", finding(locator=f"栏目{n}")) for n in range(len(BAD_FINDINGS))]
    commands = [OutMessage(topics.commands, b"site", command(command_id=f"c{n}")) for n in range(len(BAD_COMMANDS))]
    units = [
        OutMessage(topics.registry, b"unit:u%d" % n, json.dumps({"unit_id": f"u{n}", "name": "某局"}).encode())
        for n in range(len(BAD_RECORDS))
    ]
    issued = [
        OutMessage(topics.bulletins, one["bulletin_id"].encode(), json.dumps(one).encode())
        for one in (sealed({**BULLETIN, "number": f"{n}号"}) for n in range(len(BAD_BULLETINS)))
    ]
    everything = {
        topics.findings: (BAD_FINDINGS, findings),
        topics.commands: (BAD_COMMANDS, commands),
        topics.registry: (BAD_RECORDS, units),
        topics.bulletins: (BAD_BULLETINS, issued),
    }
    async with pipeline.working() as worker:
        for topic, (bad, good) in everything.items():
            await pipeline.publish(interleaved(topic, bad, good))
        await pipeline.settled()
        registered = set(worker.registry.units)

    assert await pipeline.by_status() == {"open": len(findings)}
    refused = {event["command_id"] for event in pipeline.seen.events("command_refused")}
    assert refused == {f"c{n}" for n in range(len(commands))}
    assert registered == {f"u{n}" for n in range(len(units))}

    assert {one.number for one in await all_issued(pipeline.ledger)} == {f"{n}号" for n in range(len(issued))}

    letters = {origin(letter): letter for letter in pipeline.seen.dead_letters}
    assert len(letters) == len(pipeline.seen.dead_letters) == sum(len(bad) for bad, _ in everything.values())
    for topic, (bad, _) in everything.items():
        originals = [record for record in await read_all(pipeline.config, topic) if _place(record) in letters]
        assert len(originals) == len(bad)
        for message in bad:
            record = next(
                r
                for r in originals
                if (r.key, r.value, tuple(r.headers)) == (message.key, message.value, message.headers)
            )
            originals.remove(record)
            _is_untouched(letters[_place(record)], record, message)


def _place(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset


def _is_untouched(letter: Record, record: Record, message: Bad) -> None:
    assert (letter.key, letter.value) == (record.key, record.value)
    theirs, ours = letter.headers[: len(record.headers)], dict(letter.headers[len(record.headers) :])
    assert tuple(theirs) == tuple(record.headers)
    assert ours.keys() == {
        "rectify-error",
        "rectify-error-detail",
        "rectify-origin-topic",
        "rectify-origin-partition",
        "rectify-origin-offset",
    }
    detail = ours["rectify-error-detail"].decode()
    assert ours["rectify-error"].decode() == message.code, detail
    assert detail.startswith(message.detail)
