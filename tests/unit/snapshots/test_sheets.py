"""The terminal's sheets and lists, 80 places wide, the letters and the events of one city, whole."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from syrupy.assertion import SnapshotAssertion
from typer.testing import CliRunner

from streams.cli.terminal.root import app
from streams.ledger import open_ledger, upgrade
from streams.presentation.letters.card import card
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.render import render_mail, render_sms
from tests.support.installation import Installation, Sent
from tests.support.snapshots import TextFile
from tests.support.world import TOPICS, ZONE
from tests.unit.snapshots.city import BEGIN, NOW, live

TICKETS = {
    "stale": ("kjj-site", "column.stale"),
    "typo": ("kjj-site", "text.typo"),
    "links": ("kjj-site", "link.dead"),
    "zhaocuo": ("kjj-site", "message.zhaocuo"),
    "comment": ("kjj-wx", "comment.unanswered"),
    "dark": ("slj-site", "link.dark"),
    "waived": ("lyj-site", "footer.missing"),
    "dismissed": ("old-site", "guide.incomplete"),
}
SHEETS = ("ticket show", "ticket why", "policy explain")
LISTS = (
    "ticket list", "ticket list --overdue --limit 3", "ticket list --near-due --limit 3",
    "ticket list --status closed --status dismissed",
    "notice list", "notice list --limit 5", "suspicion list", "suspicion list --warned",
    "run list", "registry list", "registry list --kind unit", "registry list --kind guarded",
    "score list", "score show kjj-site", "score show slj-site", "score repeat",
    "bulletin figures --from 2026-01-01 --to 2026-03-31 --as-of 2026-03-12T11:00:00+08:00",
    "calendar show 2026", "calendar show 2027",
    "policy list", "policy show", "policy show --check text.typo", "policy show --check column.stale",
    "policy show --check message.zhaocuo", "policy show wuxi --check link.dead", "policy diff default wuxi",
)  # fmt: skip
_LINE_OF_A_PACK = re.compile(r"(\.yaml):\d+")  # moves with every line above it


class City(NamedTuple):
    """What is left of it."""

    tickets: dict[str, str]  # as TICKETS names them -> the number
    events: list[dict[str, Any]]
    sent: list[Sent]
    environment: dict[str, str]

    def typed(self, words: str) -> str:
        """What is seen after these words."""
        result = CliRunner(env=self.environment).invoke(app, words.split())
        assert result.exit_code == 0, result.output
        lines = (f"{line.rstrip()}\n" for line in result.output.splitlines())
        return _LINE_OF_A_PACK.sub(r"\1", "".join(lines))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """It has lived for eleven days; its clock stands still."""
    folder = tmp_path_factory.mktemp("city")
    clock = f"start={NOW.replace(' ', 'T')}:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"
    environment = {"RECTIFY_DATA_DIR": str(folder), "RECTIFY_CLOCK": clock, "COLUMNS": "80"}
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner.run(_lived(folder, environment))


async def _lived(folder: Path, environment: dict[str, str]) -> City:
    url = f"sqlite:///{folder / 'rectify.db'}"
    await upgrade(url)
    ledger = await open_ledger(url, owner="test")
    there = Installation(ledger, BEGIN)
    await live(there)
    await ledger.close()
    tickets = {name: there.ticket(*which)["ticket_id"] for name, which in TICKETS.items()}
    return City(tickets, there.processor.published(TOPICS.events), there.sent, environment)


@pytest.mark.parametrize("name", TICKETS)
def test_ticket(name: str, city: City, snapshot: SnapshotAssertion) -> None:
    """All that the terminal shows about one ticket."""
    shown = (f"$ rectify {sheet} …\n{city.typed(f'{sheet} {city.tickets[name]}')}" for sheet in SHEETS)
    assert "\n".join(shown) == snapshot(extension_class=TextFile)


@pytest.mark.parametrize("words", LISTS)
def test_list(words: str, city: City, snapshot: SnapshotAssertion) -> None:
    """A list, or a sheet about something else than a ticket."""
    assert city.typed(words) == snapshot(extension_class=TextFile)


def test_notice(city: City, snapshot: SnapshotAssertion) -> None:
    """All about a short message that was sent."""
    notices = json.loads(city.typed(f"notice list --ticket {city.tickets['stale']} --json"))
    urged = next(one for one in notices if (one["kind"], one["channel"]) == ("urge", "sms"))
    assert city.typed(f"notice show {urged['notice_id']}") == snapshot(extension_class=TextFile)


def test_problems(city: City, snapshot: SnapshotAssertion) -> None:
    """The places of a ticket that has many."""
    assert city.typed(f"ticket problems {city.tickets['links']}") == snapshot(extension_class=TextFile)


def test_events(city: City, snapshot: SnapshotAssertion) -> None:
    """What other systems read of it: when, what, by which rule, for which reason, the sentence."""
    lines = (
        f"{_local(event['at'])}  {event['type']}  {event['rule']}  {event['reason']}\n    {event['summary']}"
        for event in city.events
    )
    told = ((line, len(list(alike))) for line, alike in groupby(lines))
    assert "".join(f"{line}{f'  ×{n}' if n > 1 else ''}\n" for line, n in told) == snapshot(extension_class=TextFile)


@pytest.mark.parametrize("channel", ["email", "sms", "chat"])
def test_sent(channel: str, city: City, snapshot: SnapshotAssertion) -> None:
    """Everything that went out, in order, with the reasons and rows that only a ledger knows."""
    told = "\n".join(_told(one.letter, channel) for one in sorted(city.sent, key=_order) if one.channel == channel)
    assert told == snapshot(extension_class=TextFile)


def _told(letter: Letter, channel: str) -> str:
    head = f"=== {_local(letter.at.isoformat())} {letter.recipient.name}\n"
    if channel == "email":
        content = render_mail(letter)
        return f"{head}{content.subject}\n\n{content.text}"
    title, lines = card(letter) if channel == "chat" else (render_sms(letter), ())
    return head + "".join(f"{line}\n" for line in (title, *lines))


def _order(one: Sent) -> tuple[datetime, str]:
    return one.at, one.address


def _local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(ZONE).strftime("%m-%d %H:%M")
