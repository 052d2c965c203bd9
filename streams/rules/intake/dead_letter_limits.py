"""Dead letters with limits: a producer that is wrong must not fill their topic. Pure.

I-8  From the first refused message of a producer on, it is counted on that partition for an hour (real time) what of
     its messages is refused and what is taken. When more than 50 in a row are refused, or more than 50 that are a fifth
     of all, its further dead letters are cut short: topic, partition, offset and reason stay, key, value and headers
     go. That is recorded, as an event once a day for each producer and topic. It ends by itself: when more than 50 in a
     row were taken, or with an hour in which neither was so. Nothing waits for it, and each refused message is a dead
     letter of its own and is counted. Faults of ours (`internal_error`, O-14) are not counted and never cut short.
     Messages that name no producer are taken together, and so are those of producers beyond the first 100.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final, Literal, NamedTuple

import orjson
from pydantic_core import from_json

from schemas.base import ID_LIMIT
from schemas.topics import Topics
from streams.rules.intake.cloudevents import Headers, enveloped, unwrapped
from streams.rules.state.records import OutMessage
from streams.rules.state.refusals import RefusalCode, Unreadable

RULE: Final = "I-8"
WINDOW: Final = timedelta(hours=1)
IN_A_ROW: Final = 50  # refused messages, and as many taken ones end it: those of O-14
SHARE: Final = 5  # one refused message in so many
MOST: Final = 100  # producers that are watched on a partition
UNNAMED: Final = ""
_LOOKED_AT: Final = 1024 * 1024  # bytes; in a larger message nobody looks for a name

_Reason = Literal["many_in_a_row", "large_share"]


class WatchedProducer(NamedTuple):
    """What a producer sent on one partition since its first refused message of the hour."""

    since: datetime  # real time
    refused: int = 0
    taken: int = 0
    in_a_row: int = 0  # refused in a row; below zero: taken in a row
    limited: bool = False  # its dead letters are cut short

    @property
    def reason(self) -> _Reason | None:
        """Why they are to be cut short, if they are."""
        if self.in_a_row > IN_A_ROW:
            return "many_in_a_row"
        if self.refused > IN_A_ROW and self.refused * SHARE >= self.refused + self.taken:
            return "large_share"
        return None


class Limited(NamedTuple):
    """Whose dead letters are cut short from now on, and with which refusal that began."""

    producer: str
    code: RefusalCode
    watched: WatchedProducer


class Weighed(NamedTuple):
    """What the messages of a batch have changed on one partition."""

    watched: dict[str, WatchedProducer]  # by producer
    short: list[bool]  # of each refused message, in order: whether it is cut short
    began: list[Limited]
    ended: list[str]  # whose are whole again


def weigh(
    known: Mapping[str, WatchedProducer], messages: Iterable[tuple[str, RefusalCode | None]], real: datetime
) -> Weighed:
    """`messages`, in order of offset: the producer, and the code of its refusal, None where it was taken."""
    into = Weighed({}, [], [], [])
    for name, watched in known.items():
        if (kept := _of_this_hour(watched, real)) is not None:
            into.watched[name] = kept
        elif watched.limited:
            into.ended.append(name)
    taken: Counter[str] = Counter()  # since the last refused one
    for producer, code in messages:
        if code is not None:
            name = _counted_as(producer, into.watched)
            _taken(into, name, taken.pop(name, 0))
            into.short.append(_refused(into, name, code, real))
        elif (name := _counted_as(producer, into.watched)) in into.watched:
            taken[name] += 1
    for name, number in taken.items():
        _taken(into, name, number)
    return into


def _counted_as(producer: str, watched: Mapping[str, WatchedProducer]) -> str:
    """Itself; one that comes when enough are watched is one of those that are taken together."""
    return producer if producer in watched or len(watched) < MOST else UNNAMED


def _of_this_hour(watched: WatchedProducer, real: datetime) -> WatchedProducer | None:
    """The same within its hour; a new hour where the one before it was as bad; otherwise nothing is left of it."""
    if real < watched.since:
        return watched._replace(since=real)  # the clock went back: the hour ends all the same
    if real < watched.since + WINDOW:
        return watched
    is_bad = watched.limited and watched.reason is not None and real < watched.since + 2 * WINDOW
    return WatchedProducer(real, limited=True) if is_bad else None


def _refused(into: Weighed, name: str, code: RefusalCode, real: datetime) -> bool:
    before = into.watched.get(name) or WatchedProducer(real)
    after = before._replace(refused=before.refused + 1, in_a_row=max(before.in_a_row, 0) + 1)
    if before.limited or after.reason is None:
        into.watched[name] = after
        return before.limited
    into.watched[name] = after._replace(limited=True)
    into.began.append(Limited(name, code, after))
    return True


def _taken(into: Weighed, name: str, number: int) -> None:
    if not number:
        return
    before = into.watched[name]
    after = before._replace(taken=before.taken + number, in_a_row=min(before.in_a_row, 0) - number)
    if after.limited and after.in_a_row < -IN_A_ROW:
        del into.watched[name]
        into.ended.append(name)
    else:
        into.watched[name] = after


def read(text: str | None) -> dict[str, WatchedProducer]:
    """As the ledger keeps them: `{"<producer>": [since, refused, taken, in a row, limited]}`, `since` in seconds."""
    stored = orjson.loads(text) if text else {}
    return {name: WatchedProducer(datetime.fromtimestamp(since, UTC), *rest) for name, (since, *rest) in stored.items()}


def written(watched: Mapping[str, WatchedProducer]) -> str | None:
    """The same as text; None when nobody is watched."""
    stored = {name: (one.since.timestamp(), *one[1:]) for name, one in sorted(watched.items())}
    return orjson.dumps(stored).decode() if stored else None


def producer_of(value: bytes | None, headers: Headers) -> str:
    """The producer that a refused message names (`source`, of a command `by`); empty where none can be read."""
    document = _document(value, headers)
    return _name(document.get("source") or document.get("by"))


def command_id_of(value: bytes | None, headers: Headers) -> str:
    """The id of a refused command (O-17); empty where none can be read."""
    return _name(_document(value, headers).get("command_id"))


def _document(value: bytes | None, headers: Headers) -> dict[str, Any]:
    try:
        body, _ = unwrapped(value, headers, _LOOKED_AT)
        event = enveloped(body)
        document = from_json(body if event is None else event[0])
    except (Unreadable, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _name(text: object) -> str:
    return text.strip() if isinstance(text, str) and len(text) <= ID_LIMIT and text.isprintable() else UNNAMED


def occasion(topic: str, limited: Limited, at: datetime) -> str:
    """What is recorded once: a producer on a topic on a day (`at`: local time)."""
    cause = f"dead_letters_limited\x1f{topic}\x1f{limited.producer}\x1f{at.date()}"
    return blake2b(cause.encode(), digest_size=16).hexdigest()


def dead_letters_limited(topics: Topics, topic: str, limited: Limited, at: datetime) -> OutMessage:
    """The event; `topic` is where the messages came from, `at` local time."""
    producer, code, watched = limited
    words = (
        f"连续 {watched.in_a_row} 条" if watched.reason == "many_in_a_row"
        else f" {watched.refused + watched.taken} 条中有 {watched.refused} 条"
    )  # fmt: skip
    event = {
        "id": occasion(topic, limited, at),
        "type": "dead_letters_limited",
        "at": at,
        "asset_id": None,
        "unit_id": None,
        "ticket_id": None,
        "ticket_version": None,
        "rule": RULE,
        "reason": watched.reason,
        "summary": f"{producer or '未写明来源者'} 发往 {topic} 的消息{words}不被受理（{code}），"
        "其后的死信只留出处和原因",
        "source": producer or None,
        "topic": topic,
        "code": code,
        "refused": watched.refused,
        "taken": watched.taken,
    }
    return OutMessage(topics.events, b"dead-letters", orjson.dumps(event))
