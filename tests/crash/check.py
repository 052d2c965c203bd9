"""The checker: what must have come of it against what has. Pure; an empty list is the proof."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from tests.crash.account import Account, StoredNotice
from tests.crash.expectation import OUTCOMES, Expected
from tests.support.subscriber import Record

SHOWN: Final = 5  # of each kind of fault
CLOSED_FIRST: Final = 0.02  # share of the short messages that may have waited so long, workers and carrier being down
_SENT: Final = ("accepted", "delivered")
_MAYBE_SENT: Final = ("uncertain",)
_COUNT: Final = re.compile(r"(\d+)件")
_DIGEST: Final = re.compile(r"【[^】]+】\d+件(?:、[^\d、，；]+\d+件)*")


def faults(expected: Expected, account: Account) -> list[str]:
    """Every way in which the two differ, in words."""
    return [
        *_problems(expected, account),
        *_tickets(expected, account),
        *_topics(expected, account),
        *_short_messages(expected, account),
        *_mails(account),
    ]


def _problems(expected: Expected, account: Account) -> Iterator[str]:
    """To the last sighting."""
    stored = dict(account.problems)
    yield from _few(
        "a place has two problems", (place for place, n in Counter(p for p, _ in account.problems).items() if n > 1)
    )
    yield from _few("problems differ", expected.places.keys() ^ stored.keys())
    for place in expected.places.keys() & stored.keys():
        want, have = expected.places[place], stored[place]
        if (want.count, want.first, want.last) != (have.count, have.first_seen_at, have.last_seen_at):
            yield f"{place}: seen {want.count} times from {want.first} to {want.last}, but stored is {have}"
        status = expected.acts.get(have.ticket_id) == "dismiss" and "dismissed"
        if have.status != (status or ("open" if want.is_there else "gone")):
            yield f"{place}: {have.status}, but seen until {want.last} and absent at {want.absent}"


def _tickets(expected: Expected, account: Account) -> Iterator[str]:
    """One for each group, with the sums of its problems."""
    of = dict(account.problems)
    known = set()
    for group, places in expected.tickets().items():
        ids = {of[place].ticket_id for place in places if place in of}
        if len(ids) != 1:
            yield f"{group}: {len(ids)} tickets"
            continue
        (ticket_id,) = ids
        known.add(ticket_id)
        ticket = account.tickets[ticket_id]
        there = sum(expected.places[place].is_there for place in places)
        act = expected.acts.get(ticket_id)
        want = OUTCOMES[act] if act else ("open" if there else "closed")
        if ticket.status != want:
            yield f"{ticket_id}: {ticket.status}, not {want}"
        sums = (sum(expected.places[place].count for place in places), len(places), 0 if act == "dismiss" else there)
        if (ticket.occurrences, ticket.problem_count, ticket.open_problem_count) != sums:
            yield f"{ticket_id}: {ticket}, but its problems make {sums}"
    yield from _few("tickets that nothing asks for", account.tickets.keys() - known)
    yield from _few("open asks differ", expected.open_asks() ^ account.asks)


def _topics(expected: Expected, account: Account) -> Iterator[str]:
    """What the ledger has said is published: each once in effect, and repeats are repeats to the byte."""
    if account.outbox:
        yield f"{account.outbox} chunks have stayed in the outbox"
    yield from _few("one event, two texts", _ambiguous(account.events, "id"))
    yield from _few("one version, two texts", _ambiguous(account.ticket_messages, "ticket_id", "version"))
    published = {event["id"]: event for event in map(_document, account.events)}
    yield from _few("in the history twice", _twice(account.history))
    yield from _few("in the history and not published", set(account.history) - published.keys())
    counts = Counter(event["type"] for event in published.values())
    wrong = {kind: (n, counts[kind]) for kind, n in expected.events().items() if counts[kind] != n}
    yield from _few("events, wanted and published", wrong.items())
    last = {t["ticket_id"]: (t["version"], t["status"]) for t in map(_document, account.ticket_messages)}
    stored = {ticket_id: (ticket.version, ticket.status) for ticket_id, ticket in account.tickets.items()}
    # What a killed worker left behind comes late, below what another has published since: a reader ignores it, and the
    # ticket is published once more. So the last message is the highest, for a compacted topic keeps no other.
    yield from _few("the last message differs", last.items() ^ stored.items())
    places = [_origin(record) for record in account.dead_letters]
    yield from _few("dead letters differ", expected.refused ^ set(places))


def _short_messages(expected: Expected, account: Account) -> Iterator[str]:
    """None twice; none lost, unless it is known to be uncertain."""
    got = set(account.short_messages)
    yield from _few("a short message went twice", _twice(account.short_messages))
    rows = [notice for notice in account.notices if notice.channel == "sms"]
    if len(rows) != expected.short_messages():
        yield f"{len(rows)} short messages were decided, not {expected.short_messages()}"
    ids = {notice.delivery_id or notice.notice_id: notice for notice in rows}
    yield from _few(
        "sent, and nobody got it", (one for one, row in ids.items() if row.state in _SENT and one not in got)
    )
    closed = [row for row in rows if row.state == "suppressed" and _closed_first(row, account)]
    if len(closed) > max(1, len(rows) * CLOSED_FIRST):
        yield f"{len(closed)} of {len(rows)} short messages waited until their ticket was closed"
    left = (row for row in rows if row.state not in (*_SENT, *_MAYBE_SENT) and row not in closed)
    yield from _few("neither sent nor uncertain", left)
    yield from _few("nobody decided to send it", got - ids.keys())


def _closed_first(row: StoredNotice, account: Account) -> bool:
    """Whether nothing could be sent until its ticket was closed: then nobody needs it any more (N-5)."""
    return row.code == "ticket_closed" and account.tickets[row.ticket_id].status != "open"


def _mails(account: Account) -> Iterator[str]:
    """A mail may come twice, under the same Message-ID and about the same.

    What has closed before the second time is not in it any more (N-5), and what else is due (N-27) is counted then.
    """
    subjects: defaultdict[str, list[str]] = defaultdict(list)
    for message_id, subject in account.mails:
        subjects[message_id].append(subject.partition("；另有")[0])
    again = {one: words for one, words in subjects.items() if len(set(words)) > 1}
    yield from _few("one Message-ID, two mails", ((one, words) for one, words in again.items() if not _shrank(words)))


def _shrank(subjects: list[str]) -> bool:
    """Whether these are digests, each of no more tickets than the one before; of the last one left it is a letter."""
    found = [_DIGEST.match(subject) for subject in subjects]
    rows = [sum(map(int, _COUNT.findall(match[0]))) if match else 1 for match in found]
    letters = {subject for subject, match in zip(subjects, found, strict=True) if not match}
    return len(letters) <= 1 and rows == sorted(rows, reverse=True)


def _ambiguous(records: Iterable[Record], *fields: str) -> list[tuple[object, ...]]:
    """The identities under which different messages were published, and two of these."""
    values: defaultdict[tuple[object, ...], set[bytes | None]] = defaultdict(set)
    for record in records:
        document = _document(record)
        values[tuple(document[name] for name in fields)].add(record.value)
    return [
        (*identity, *sorted(map(str, different))[:2]) for identity, different in values.items() if len(different) > 1
    ]


def _origin(record: Record) -> tuple[str, int, int]:
    headers = {name: value.decode() for name, value in record.headers}
    return (
        headers["rectify-origin-topic"],
        int(headers["rectify-origin-partition"]),
        int(headers["rectify-origin-offset"]),
    )


def _document(record: Record) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(record.value or b"null")
    return document


def _twice(found: Iterable[object]) -> list[object]:
    return [one for one, number in Counter(found).items() if number > 1]


def _few(what: str, found: Iterable[object]) -> Iterator[str]:
    listed = list(found)
    if listed:
        yield f"{what} ({len(listed)}): {'; '.join(map(str, listed[:SHOWN]))}"
