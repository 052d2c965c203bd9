"""The findings of a benchmark: 10 checks on each asset, 10 places for each check, and who is to be told."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson

from streams.rules.state.records import OutMessage

# None of them is grouped, gated or a veto: every finding is a problem and a ticket of its own.
CHECKS = (
    "text.typo", "link.wrong", "footer.missing", "content.duplicate", "content.misplaced",
    "content.out_of_step", "content.copyright", "register.outdated", "function.broken", "service.broken",
)  # fmt: skip
PLACES = 10  # places per asset and check; from 51 on they would share a ticket
ASSETS_PER_UNIT = 10


def assets(messages: int) -> int:
    """How many assets so many findings are about: 400 for 40,000."""
    return max(1, messages // (len(CHECKS) * PLACES))


def findings(topic: str, messages: int, run_id: str, observed: datetime) -> list[OutMessage]:
    """The findings of one run, asset by asset in turn: each of them about 330 bytes, keyed by asset."""
    count, at = assets(messages), observed.isoformat(timespec="seconds")
    return [finding(topic, number, count, run_id, at) for number in range(messages)]


def day(topic: str, messages: int, observed: datetime) -> list[OutMessage]:
    """A day after `findings`: of each asset's 100 messages 90 are repeats, 8 new, and 2 say that a run has ended.

    Each of the two runs covers half of the checks, and leaves out 5 problems of those, which are gone by that.
    """
    count, at = assets(messages), observed.isoformat(timespec="seconds")
    half = len(CHECKS) // 2
    sent: list[OutMessage] = []
    for number in range(2):
        run_id = f"day-{number}"
        mine = range(number * half, (number + 1) * half)
        turns = [turn for turn in range(90) if turn % len(CHECKS) in mine] + [100 + place for place in mine][:4]
        sent += [finding(topic, asset + turn * count, count, run_id, at) for turn in turns for asset in range(count)]
        sent += [
            _ended(topic, asset, run_id, observed, [CHECKS[n] for n in mine], len(turns)) for asset in range(count)
        ]
    return sent


def _ended(topic: str, asset: int, run_id: str, at: datetime, checks: list[str], found: int) -> OutMessage:
    asset_id = f"site-{asset:05d}"
    run = {
        "type": "run",
        "asset_id": asset_id,
        "run_id": run_id,
        "source": "crawler",
        "status": "complete",
        "started_at": (at - timedelta(minutes=1)).isoformat(timespec="seconds"),
        "finished_at": (at + timedelta(minutes=1)).isoformat(timespec="seconds"),
        "checks": checks,
        "found": found,
    }
    return OutMessage(topic, asset_id.encode(), orjson.dumps(run))


def finding(topic: str, number: int, count: int, run_id: str, at: str) -> OutMessage:
    """The finding of this number, of `count` assets."""
    asset, turn = number % count, number // count
    asset_id, check = f"site-{asset:05d}", CHECKS[turn % len(CHECKS)]
    url = locator(asset_id, number)
    finding = {
        "asset_id": asset_id,
        "check": check,
        "locator": url,
        "observed_at": at,
        "source": "crawler",
        "run_id": run_id,
        "title": "页面内容与要求不一致",
        "evidence": {"url": url, "snippet": "截至今日仍未更新"},
    }
    return OutMessage(topic, asset_id.encode(), orjson.dumps(finding))


def locator(asset_id: str, number: int) -> str:
    """Where it was found."""
    return f"https://www.{asset_id}.gov.cn/p/{number:08d}.html"


def registry(topic: str, messages: int) -> list[OutMessage]:
    """Every asset with its unit, every unit with one contact who gets mail."""
    count = assets(messages)
    records: dict[str, dict[str, object]] = {}
    for number in range(0, count, ASSETS_PER_UNIT):
        unit_id = unit_of(number)
        contact = {"name": "值守员", "email": f"duty@{unit_id}.gov.cn"}
        records[f"unit:{unit_id}"] = {"unit_id": unit_id, "name": f"单位 {unit_id}", "contacts": [contact]}
    for number in range(count):
        asset_id = f"site-{number:05d}"
        records[f"asset:{asset_id}"] = {
            "asset_id": asset_id, "name": f"网站 {number}", "kind": "website", "unit_id": unit_of(number),
        }  # fmt: skip
    return [OutMessage(topic, key.encode(), orjson.dumps(record)) for key, record in records.items()]


def unit_of(asset: int) -> str:
    """Whose it is."""
    return f"unit-{asset // ASSETS_PER_UNIT:04d}"


def phases(topic: str, messages: int, started: datetime) -> dict[str, list[OutMessage]]:
    """The workloads in the order in which they run: a first run, the same again in the same run, and a mixed day."""
    first = started - timedelta(hours=2)
    return {
        "new": findings(topic, messages, "run-1", first),
        "repeat": findings(topic, messages, "run-1", first + timedelta(minutes=1)),
        "day": day(topic, messages, started - timedelta(hours=1)),
    }
