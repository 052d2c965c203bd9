"""Findings handed in over HTTP: checked whole, accepted when they are on the log, and whose key may do what."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.services.api_keys import Scope, revoke
from streams.store.store import open_store
from tests.support.handed_in import Programs, programs_on
from tests.support.world import local

FINDINGS = "/intake/findings"


@pytest.fixture
async def programs(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Programs]:
    """Programs at the pages of a unit with a site."""
    async with programs_on(sqlite_database, tmp_path) as opened:
        yield opened


def errors(answer: Any) -> list[tuple[int, str, str]]:
    """Index, code and field of what is wrong."""
    assert answer.headers["content-type"] == "application/problem+json"
    return [(one["index"], one["code"], one["field"]) for one in answer.json()["errors"]]


async def test_all_or_nothing(programs: Programs) -> None:
    """H-2: every bad item by index, code, field and sentence, and nothing published; or the good ones, if asked."""
    key = await programs.key("crawler")
    ahead = (programs.pages.installation.clock.at + timedelta(hours=1)).isoformat()
    mixed = [
        programs.finding(1),
        {"asset_id": "kjj-site", "check": "link.dead"},
        programs.finding(2, observed_at=ahead),
        5,
        programs.finding(3, type="strange"),
        programs.finding(4, evidence={"text": "长" * 70_000}),
        programs.finding(5),
    ]
    wrong = [
        (1, "missing_field", "observed_at"), (2, "time_ahead", "observed_at"), (3, "invalid_field", "value"),
        (4, "unknown_type", "type"), (5, "too_large", "evidence"),
    ]  # fmt: skip
    refused = await programs.post(key, FINDINGS, mixed)
    assert (refused.status_code, errors(refused)) == (422, wrong)
    assert "5 of 7" in refused.json()["detail"]
    assert programs.log.written == []

    taken = await programs.post(key, f"{FINDINGS}?partial=yes", mixed)
    assert taken.status_code == 202
    answer = taken.json()
    assert (answer["accepted"], answer["ids"]) == (2, ["rectify.findings-0-0", "rectify.findings-0-1"])
    assert [one["index"] for one in answer["refused"]] == [1, 2, 3, 4, 5]
    assert [one["locator"][-1] for one in programs.log.documents] == ["1", "5"]
    assert {message.key for message in programs.log.written} == {b"kjj-site"}
    nothing_good = await programs.post(key, f"{FINDINGS}?partial=yes", [5])
    assert nothing_good.status_code == 422
    assert (await programs.post(key, FINDINGS, b"[]")).json()["code"] == "no_items"


async def test_each_kind_and_each_form(programs: Programs) -> None:
    """Findings, runs and rechecks; lines, gzip, CloudEvents; a check that nobody knows is said."""
    key = await programs.key("crawler")
    at = programs.pages.installation.now()
    run = {"asset_id": "kjj-site", "run_id": "r1", "source": "crawler", "status": "failed", "finished_at": at}
    recheck = {"asset_id": "kjj-site", "fingerprint": "x", "outcome": "absent", "observed_at": at}
    lines = b"\n".join(orjson.dumps(programs.finding(number)) for number in (1, 2))
    event = {"specversion": "1.0", "type": "rectify.finding.v1", "data": programs.finding(3)}
    for path, body, headers in (
        (FINDINGS, gzip.compress(lines), {"content_encoding": "gzip"}),
        ("/intake/runs", run, {}),
        ("/intake/rechecks", [recheck], {}),
        (FINDINGS, event, {"content_type": "application/cloudevents+json"}),
        (FINDINGS, [event], {"content_type": "application/cloudevents-batch+json"}),
        (FINDINGS, programs.finding(4), {"ce_type": "rectify.finding.v1", "ce_specversion": "1.0"}),
    ):
        answer = await programs.post(key, path, body, **headers)
        assert answer.status_code == 202, answer.text
    kinds = [document.get("type") for document in programs.log.documents]
    assert kinds == [None, None, "run", "recheck", "rectify.finding.v1", "rectify.finding.v1", None]
    assert programs.log.written[-1].headers[0] == ("ce_type", b"rectify.finding.v1")
    slip = await programs.post(key, FINDINGS, programs.finding(check="dead-link"))
    assert "link.dead" in slip.json()["warnings"][0]


async def test_who_may_hand_in_what(programs: Programs) -> None:
    """H-1, H-5: with a good key, in its scope; for its producers and its units alone; few unregistered assets a day."""
    await programs.pages.desk.register(
        "asset:jyj-site", asset_id="jyj-site", name="市教育局", kind="website", unit_id="jyj"
    )
    for key, status in (
        (None, 401),
        (await programs.key("reader", Scope.READ), 403),
        ((await programs.key("x"))._replace(token="rk_0123456789_abc"), 401),
    ):
        answer = await programs.post(key, FINDINGS, programs.finding())
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["status"] == status
    bound = await programs.key("bound", sources=("crawler",), unit="gov")
    mixed = [
        programs.finding(1, source="crawler"), programs.finding(2, source="other"), programs.finding(3),
        programs.finding(4, source="crawler", asset_id="jyj-site"),
        programs.finding(5, source="crawler", asset_id="nobody's"),
    ]  # fmt: skip
    answer = await programs.post(bound, FINDINGS, mixed)
    assert errors(answer) == [
        (1, "source_not_allowed", "source"), (2, "source_not_allowed", "source"),
        (3, "asset_not_allowed", "asset_id"), (4, "asset_not_allowed", "asset_id"),
    ]  # fmt: skip
    free = await programs.key("free")
    strange = [programs.finding(1, asset_id=f"new-{number}") for number in range(201)]
    assert errors(await programs.post(free, FINDINGS, strange)) == [(200, "too_many_unregistered", "asset_id")]
    assert (await programs.post(free, FINDINGS, [*strange[:200], programs.finding()])).status_code == 202
    await revoke(programs.pages.premises.settings, "free", programs.pages.premises.now().real)
    programs.pages.premises.api_keys._known.clear()  # five seconds later
    assert (await programs.post(free, FINDINGS, programs.finding())).status_code == 401


async def test_the_same_name_is_done_once(programs: Programs) -> None:
    """H-3: the first answer again, also through another process; another body is refused; what failed may be sent."""
    key = await programs.key("crawler")
    one, other = programs.finding(1), programs.finding(2)
    programs.log.is_away = True
    away = await programs.post(key, FINDINGS, one, idempotency_key="a")
    assert (away.status_code, away.headers["retry-after"], away.json()["code"]) == (503, "5", "not_acknowledged")
    programs.log.is_away = False
    bad = await programs.post(key, FINDINGS, [5], idempotency_key="a")
    assert bad.status_code == 422
    first = await programs.post(key, FINDINGS, one, idempotency_key="a")
    again = await programs.post(key, FINDINGS, one, idempotency_key="a")
    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert len(programs.log.written) == 1
    reused = await programs.post(key, FINDINGS, other, idempotency_key="a")
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    another = await programs.key("another")
    assert (await programs.post(another, FINDINGS, other, idempotency_key="a")).status_code == 202
    together = [programs.post(key, FINDINGS, one, idempotency_key="b") for _ in range(5)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*together))
    assert statuses.count(202) >= 1
    assert set(statuses) <= {202, 409}
    assert len(programs.log.written) == 3


async def test_a_name_whose_request_died_is_taken_over(database: str) -> None:
    """H-3: what a dead process had begun is running for two minutes, then whoever comes next does it."""
    store = await open_store(database)
    try:
        at = local("2026-03-02 10:00")
        names = store.first_answers
        assert await names.begin("k", "n", "d", "one", at) == "ours"
        assert await names.begin("k", "n", "d", "two", at + timedelta(seconds=119)) == "running"
        assert await names.begin("k", "n", "d", "two", at + timedelta(seconds=121)) == "ours"
        await names.keep("k", "n", "one", "of the dead")
        await names.give_up("k", "n", "one")
        assert await names.begin("k", "n", "d", "three", at + timedelta(seconds=122)) == "running"
        await names.keep("k", "n", "two", "answer")
        assert await names.begin("k", "n", "d", "three", at + timedelta(hours=23)) == ("answer",)
        assert await names.begin("k", "n", "other", "three", at + timedelta(hours=23)) == "other"
        assert await names.begin("k", "n", "other", "three", at + timedelta(hours=25)) == "ours"
    finally:
        await store.close()


async def test_too_much(programs: Programs) -> None:
    """Sizes: a body, what it unpacks to, its items, one item; methods and lengths: each a document with a code."""
    key = await programs.key("crawler")
    megabytes = 8 * 1024 * 1024
    for body, headers, status in (
        (bytes(megabytes + 1), {}, 413),
        (gzip.compress(bytes(megabytes + 1)), {"content_encoding": "gzip"}, 413),
        (orjson.dumps([programs.finding()] * 1_001), {}, 413),
        (orjson.dumps(programs.finding(detail="长" * 400_000)), {}, 422),
        (b"[", {}, 400),
        (b"x", {"content_encoding": "gzip"}, 400),
        (b"x", {"content_encoding": "br"}, 415),
        (b"{}", {"idempotency_key": "x" * 256}, 400),
    ):
        answer = await programs.post(key, FINDINGS, body, **headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), headers
        assert answer.json()["status"] == status
        assert answer.json()["code"]
    assert (await programs.get(key, FINDINGS)).status_code == 405
    assert programs.log.written == []
