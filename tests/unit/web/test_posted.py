"""What was posted, taken apart: forms, packing, and what is no body of ours."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest

from streams.kafka.gathered_publishing import ROUND, SHARE
from streams.rules.state.records import OutMessage
from streams.web.intake.admission import BYTES, REQUESTS, Admission
from streams.web.intake.posted import ITEMS, UNPACKED_BYTES, NotTaken, items_of, unpacked
from tests.support.handed_in import LogInMemory

RUN = b'{"asset_id": "a", "big": 123456789012345678901234567890, "x": 1.10}'
EVENT = {"specversion": "1.0", "type": "rectify.run.v1", "data": {"asset_id": "a"}}


def documents(body: bytes, kind: Any = "finding", **headers: str) -> list[Any]:
    """The messages of a body, as documents."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [json.loads(item.value) for item in items_of(body, named, kind)]


@pytest.mark.parametrize(
    "body",
    [
        b'[{"n": 1}, {"n": 2}]',
        b'{"n": 1}\n{"n": 2}',
        b'\r\n{"n": 1}\r\n\r\n{"n": 2}\r\n',
        b' [{"n": 1},\n {"n": 2}] ',
    ],
)
def test_many(body: bytes) -> None:
    """An array or lines, whatever the content type says."""
    assert documents(body) == [{"n": 1}, {"n": 2}]
    assert documents(body, content_type="application/x-www-form-urlencoded") == [{"n": 1}, {"n": 2}]


def test_one() -> None:
    """An object is a message, byte for byte, also over many lines; nothing is none."""
    pretty = json.dumps({"n": 1, "m": {"k": 2}}, indent=2).encode()
    assert [item.value for item in items_of(pretty, {}, "finding")] == [pretty]
    assert items_of(b" \n", {}, "finding") == []
    assert [item.value for item in items_of(b'{"n": 1,\n "m"', {}, "finding")] == [b'{"n": 1,\n "m"']


def test_the_path_says_what_it_is_where_the_message_does_not() -> None:
    """`type` of the path, in front of the rest as it came; a message's own stays."""
    (item,) = items_of(RUN, {}, "run")
    assert item.value == b'{"type":"run",' + RUN[1:]
    assert documents(b"[%s]" % RUN, "run")[0]["type"] == "run"
    assert documents(b'{"type": "recheck"}', "run") == [{"type": "recheck"}]
    assert documents(b'{"a": {"type": "x"}}', "run") == [{"a": {"type": "x"}, "type": "run"}]
    assert documents(RUN) == [json.loads(RUN)]
    assert documents(b"{}", "run") == [{}]


def test_cloudevents() -> None:
    """Structured, batched and binary mode: as they are over Kafka."""
    one = json.dumps(EVENT).encode()
    (structured,) = items_of(one, {"content-type": "application/cloudevents+json; charset=utf-8"}, "finding")
    assert (structured.value, structured.headers) == (one, (("content-type", b"application/cloudevents+json"),))
    batch = json.dumps([EVENT, EVENT]).encode()
    batched = items_of(batch, {"content-type": "application/cloudevents-batch+json"}, "finding")
    assert [json.loads(item.value) for item in batched] == [EVENT, EVENT]
    assert {item.headers for item in batched} == {structured.headers}
    (binary,) = items_of(RUN, {"ce-specversion": "1.0", "ce-type": "rectify.run.v1", "ce-subject": "%E7%A7%91"}, "run")
    assert binary.value == RUN
    assert dict(binary.headers) == {"ce_specversion": b"1.0", "ce_type": b"rectify.run.v1", "ce_subject": "科".encode()}


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"[1,", "", "invalid_json"),
        (b"{}", "application/cloudevents-batch+json", "invalid_json"),
        (b"{}", "application/cloudevents+avro", "unknown_content_type"),
        (b"[" + b"{}," * ITEMS + b"{}]", "", "too_many_items"),
        (b"{}\n" * (ITEMS + 1), "", "too_many_items"),
    ],
)
def test_not_taken(body: bytes, content_type: str, code: str) -> None:
    """As a whole, with a word for why."""
    with pytest.raises(NotTaken) as caught:
        items_of(body, {"content-type": content_type}, "finding")
    assert caught.value.code == code


async def test_unpacked_against_a_limit() -> None:
    """Gzip of one or several members; a bomb costs the limit, what is cut off or no gzip is said."""
    assert await unpacked(gzip.compress(b"a") + gzip.compress(b"b"), "gzip") == b"ab"
    assert await unpacked(b"\xef\xbb\xbf{}", "") == b"{}"
    for body, encoding, status in (
        (gzip.compress(bytes(UNPACKED_BYTES + 1)), "gzip", 413),
        (gzip.compress(bytes(300 * 1024 * 1024), 1), "gzip", 413),
        (gzip.compress(b"abc")[:-9], "gzip", 400),
        (b"abc", "gzip", 400),
        (b"abc", "br", 415),
    ):
        with pytest.raises(NotTaken) as caught:
            await unpacked(body, encoding)
        assert caught.value.status == status, body[:20]


def test_so_much_of_a_key_at_once() -> None:
    """H-4: requests and bytes under way, items a minute; one key's flood is nobody else's."""
    admission = Admission(items_a_minute=10)
    held = [admission.request("a", 1) for _ in range(REQUESTS)]
    for one in held:
        one.__enter__()
    with pytest.raises(NotTaken), admission.request("a", 1):
        pass
    with admission.request("b", 2 * BYTES), pytest.raises(NotTaken), admission.request("b", 1):
        pass
    for one in held:
        one.__exit__(None, None, None)
    with admission.request("a", 1), admission.request("b", 1):
        admission.items("a", 10)
        admission.items("b", 10)
        with pytest.raises(NotTaken):
            admission.items("a", 1)


async def test_a_round_has_a_share_of_every_sender() -> None:
    """H-4: one message behind fifty thousand of another goes out with the next round."""
    log = LogInMemory()
    flood = [OutMessage("t", b"a", b"flood")] * SHARE
    floods = [asyncio.create_task(log.publish("flood", flood)) for _ in range(50)]
    await asyncio.sleep(0)
    single = asyncio.create_task(log.publish("single", [OutMessage("t", b"a", b"single")]))
    (place,) = await single
    assert place is not None
    assert place.offset <= 2 * SHARE
    await asyncio.gather(*floods)
    assert sum(log.rounds) == len(log.written) == 50 * SHARE + 1
    assert max(log.rounds) <= ROUND
