"""When dead letters are cut short, and when that ends (I-8): what a producer sends on one partition, in order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from schemas.event import Event
from schemas.topics import Topics
from streams.rules.intake.dead_letter_limits import (
    MOST,
    UNNAMED,
    WatchedProducer,
    dead_letters_limited,
    producer_of,
    read,
    weigh,
    written,
)
from streams.rules.state.refusals import RefusalCode

START = datetime(2026, 3, 2, 1, 0, 0, 125_000, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Partition:
    """One partition over time: `x` is a refused message, `.` one that was taken."""

    def __init__(self) -> None:
        self.real = START
        self.stored: str | None = None
        self.began: list[str] = []
        self.ended: list[str] = []

    def send(self, messages: str, producer: str = "crawler") -> int:
        """One batch; how many of its dead letters are cut short."""
        return self.mixed([(producer, message) for message in messages])

    def mixed(self, messages: list[tuple[str, str]]) -> int:
        """One batch of several producers."""
        judged: list[tuple[str, RefusalCode | None]] = [
            (producer, "missing_field" if message == "x" else None) for producer, message in messages
        ]
        weighed = weigh(read(self.stored), judged, self.real)
        assert len(weighed.short) == sum(message == "x" for _, message in messages)
        self.stored = written(weighed.watched)
        self.began += [f"{limited.producer} {limited.watched.reason}" for limited in weighed.began]
        self.ended += weighed.ended
        return sum(weighed.short)

    @property
    def watched(self) -> Mapping[str, WatchedProducer]:
        """Who is watched."""
        return read(self.stored)


@pytest.fixture
def partition() -> Partition:
    """One on which nothing was refused so far."""
    return Partition()


@pytest.mark.parametrize(
    ("messages", "short", "reason"),
    [
        ("x" * 50, 0, None),
        ("x" * 51, 1, "many_in_a_row"),
        ("x" * 3_000, 2_950, "many_in_a_row"),
        ("x" * 50 + "." + "x" * 50, 50, "large_share"),  # the 51st of all, though no 51 in a row
        ("." * 5_000 + "x" * 51, 1, "many_in_a_row"),
        ("x" + "." * 5_000 + "x" * 50, 0, None),
        ("x" + "." * 5_000 + "x" * 51, 1, "many_in_a_row"),  # though hardly a share
        ("x....." * 500, 0, None),  # one in six
        ("x...." * 50, 0, None),
        ("x...." * 60, 10, "large_share"),  # one in five
    ],
    ids=lambda value: value if value is None or isinstance(value, int) else f"{value[:6]}{len(value)}",
)
def test_when_it_begins(partition: Partition, messages: str, short: int, reason: str | None) -> None:
    """More than 50 in a row, or more than 50 that are a fifth; in one batch or message by message it is the same."""
    assert partition.send(messages) == short
    assert partition.began == ([f"crawler {reason}"] if reason else [])
    one_by_one = Partition()
    assert sum(one_by_one.send(message) for message in messages) == short
    assert one_by_one.watched == partition.watched
    assert one_by_one.began == partition.began


def test_whoever_sends_what_is_taken_is_not_watched(partition: Partition) -> None:
    """Before the first refused message nothing is counted and nothing is kept; nor is anything of the others."""
    assert partition.send("." * 5_000) == 0
    assert partition.stored is None
    partition.mixed([("crawler", "x"), ("probe", "."), ("crawler", ".")])
    assert partition.watched == {"crawler": WatchedProducer(START, refused=1, taken=1, in_a_row=-1)}


def test_it_ends_once_as_many_in_a_row_are_taken(partition: Partition) -> None:
    """Fifty are not enough; after the 51st it is as if nothing had been, and the next dead letter is whole."""
    partition.send("x" * 60)
    assert partition.send("." * 50 + "x") == 1
    assert partition.send("." * 50) == 0
    assert partition.ended == []
    assert partition.send("." + "x") == 0
    assert partition.ended == ["crawler"]
    assert partition.watched == {"crawler": WatchedProducer(START, refused=1, in_a_row=1)}


def test_it_ends_with_an_hour_that_is_no_worse_than_others(partition: Partition) -> None:
    """As bad for an hour it goes on, without beginning anew; with fewer refused it ends when the hour is over."""
    assert partition.send("x" * 60) == 10
    partition.real += HOUR
    assert partition.send("x" * 60) == 60
    partition.real += HOUR
    assert partition.send("x" * 3) == 3
    partition.real += HOUR
    assert partition.send("x" * 3) == 0
    assert partition.began == ["crawler many_in_a_row"]
    assert partition.ended == ["crawler"]


def test_it_ends_with_an_hour_of_silence(partition: Partition) -> None:
    """Nobody has to send anything for it; the next message finds it so."""
    partition.send("x" * 60)
    partition.real += 2 * HOUR
    assert partition.send(".") == 0
    assert partition.ended == ["crawler"]
    assert partition.stored is None


def test_a_few_each_hour_are_never_many(partition: Partition) -> None:
    """Fifty an hour for a day: each of them whole, and nothing said."""
    for _ in range(24):
        assert partition.send("x" * 50) == 0
        partition.real += HOUR
    assert partition.began == []


def test_a_wrong_producer_harms_no_other(partition: Partition) -> None:
    """Among 30 that are right one that is not: its own are cut short, those of a neighbour's slip are not."""
    right = [(f"right{number}", ".") for number in range(30)]
    cut = sum(partition.mixed([*right, ("wrong", "x")]) for _ in range(200))
    assert cut == 150
    assert partition.mixed([("right1", "x"), ("wrong", "x")]) == 1
    assert partition.began == ["wrong many_in_a_row"]


def test_names_made_up_at_random_have_an_end(partition: Partition) -> None:
    """A hundred producers are watched; what others send is counted together, as what names nobody is."""
    partition.mixed([(f"p{number}", "x") for number in range(3_000)])
    assert len(partition.watched) == MOST + 1
    assert partition.began == [f"{UNNAMED} many_in_a_row"]
    assert sum(one.refused for one in partition.watched.values()) == 3_000


def test_what_is_taken_of_those_taken_together_counts(partition: Partition) -> None:
    """Where enough are watched, a slip here and there among many producers that are right is no share of anything."""
    partition.mixed([(f"p{number}", "x") for number in range(MOST)])
    others = [(f"q{number}", message) for number in range(60) for message in "........x"]
    assert partition.mixed(others) == 0
    assert partition.began == []


def test_a_name_beyond_the_first_is_well_again_with_the_others(partition: Partition) -> None:
    """Somebody has used up the places and sends on under new names: whose messages are taken ends that."""
    partition.mixed([(f"p{number}", "x") for number in range(MOST)])
    assert partition.mixed([(f"q{number}", "x") for number in range(60)]) == 10
    assert partition.mixed([("right", ".")] * 51 + [("right", "x")]) == 0
    assert partition.ended == [UNNAMED]


def test_a_clock_that_is_put_back_prolongs_nothing(partition: Partition) -> None:
    """Set ahead by a year when it began, and right again: an hour later it is over."""
    partition.real += 365 * 24 * HOUR
    partition.send("x" * 60)
    partition.real = START
    assert partition.send("x") == 1
    partition.real += 2 * HOUR
    assert partition.send("x") == 0
    assert partition.ended == ["crawler"]


@pytest.mark.parametrize(
    ("value", "headers", "name"),
    [
        (b'{"asset_id": "a", "source": "crawler"}', (), "crawler"),
        (b'{"action": "close", "by": "\xe5\xbc\xa0\xe4\xb8\x89"}', (), "张三"),
        (b'{"source": " crawler "}', (), "crawler"),
        (b'\x00\x00\x00\x00\x07{"source": "crawler"}', (), "crawler"),
        (b'{"specversion": "1.0", "type": "x", "source": "/a", "data": {"source": "crawler"}}', (), "crawler"),
        (b'{"source": "crawler"}', (("ce_type", b"rectify.other"), ("ce_specversion", b"1.0")), "crawler"),
        (b'{"source": "crawler"', (), ""),
        (b'{"source": 7}', (), ""),
        (b'{"source": "a\\nb"}', (), ""),
        (b'{"source": "' + b"a" * 300 + b'"}', (), ""),
        (b'{"source": "crawler", "detail": "' + b"a" * 2_000_000 + b'"}', (), ""),
        (b"[]", (), ""),
        (b"", (), ""),
        (None, (), ""),
    ],
)
def test_whom_a_refused_message_names(value: bytes | None, headers: tuple[tuple[str, bytes], ...], name: str) -> None:
    """What can be read in it, in whatever envelope; a name that is none of ours is none."""
    assert producer_of(value, headers) == name


@pytest.mark.parametrize(
    ("messages", "producer", "words"),
    [
        ("x" * 51, "crawler", "crawler 发往 rectify.findings 的消息连续 51 条不被受理"),
        ("x." * 51, "", "未写明来源者 发往 rectify.findings 的消息 101 条中有 51 条不被受理"),
    ],
)
def test_what_the_event_says(messages: str, producer: str, words: str) -> None:
    """A message of the contract, with one id a day for each producer."""
    weighed = weigh({}, [(producer, "missing_field" if message == "x" else None) for message in messages], START)
    event, again, tomorrow = (
        json.loads(dead_letters_limited(Topics(), "rectify.findings", weighed.began[0], at).value or b"")
        for at in (START, START + 2 * HOUR, START + 24 * HOUR)
    )
    assert Event.model_validate(event).rule == "I-8"
    assert event["summary"] == f"{words}（missing_field），其后的死信只留出处和原因"
    assert event["id"] == again["id"] != tomorrow["id"]
