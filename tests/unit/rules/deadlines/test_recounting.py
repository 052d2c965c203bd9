"""What a pack would make of open tickets (P-6): counted anew from the moment that they keep (P-5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.policy import Policy
from streams.files.calendar.builtin import builtin_calendar
from streams.files.policy.loading import load_policy
from streams.rules.deadlines.deadlines import deadline, extended, reopened_deadline
from streams.rules.deadlines.recounting import Effects, OpenTicket, recounted
from streams.rules.state.terms import Deadline, deadline_json

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = builtin_calendar()
DEFAULT = load_policy()
Packs = Callable[[str], Policy]


def at(text: str) -> datetime:
    """A local time, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@pytest.fixture
def pack(tmp_path: Path) -> Packs:
    """Makes packs out of what they say about checks."""

    def make(checks: str) -> Policy:
        path = tmp_path / "ours.yaml"
        path.write_text(f"pack: ours\nversion: 1\ntitle: 本省\nchecks: {checks}\n", encoding="utf-8")
        return load_policy(path)

    return make


def frozen(check: str, start: str, evidence: dict[str, Any] | None = None, **more: Any) -> Deadline:
    """As the default pack sets it."""
    return deadline(DEFAULT, DEFAULT.rule(check), evidence or {}, at(start), CALENDAR, ZONE, **more)


def ticket(check: str, start: str, limit: Deadline, evidence: dict[str, Any] | None = None, **more: Any) -> OpenTicket:
    """An open ticket whose clock started then."""
    facts = {"evidence": evidence or {}, **more.pop("facts", {})}
    given_first = {"counted_from": at(start), **more}
    return OpenTicket(
        pk=1,
        check=check,
        due_at=limit.due_at,
        due_unit=limit.unit,
        provisional=limit.provisional,
        deadline_json=deadline_json(limit),
        guarded=given_first.pop("guarded", False),
        asset_kind=given_first.pop("asset_kind", "website"),
        facts_json=orjson.dumps(facts).decode(),
        **given_first,
    )


def anew(of: OpenTicket, policy: Policy) -> datetime:
    """When it would be due."""
    return recounted(of, policy, CALENDAR, ZONE).astimezone(ZONE).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("checks", "due"),
    [
        ("{text.typo: {severity: major}}", "2026-03-05 23:59:59"),  # says nothing about it
        ("{link.dead: {deadline: 2 working days}}", "2026-03-04 23:59:59"),
        ("{link.dead: {deadline: 6 working days}}", "2026-03-10 23:59:59"),
        ("{link.dead: {deadline: 2 hours}}", "2026-03-02 12:00:00"),
        ("{link.dead: {deadline: 1 month}}", "2026-04-02 23:59:59"),
        ("{link.dead: {variants: [{when: {deep: true}, deadline: 1 working day}]}}", "2026-03-05 23:59:59"),
    ],
)
def test_counted_anew_from_the_same_moment(pack: Packs, checks: str, due: str) -> None:
    """Three working days from Monday 2026-03-02 10:00, by another pack."""
    dead = ticket("link.dead", "2026-03-02 10:00", frozen("link.dead", "2026-03-02 10:00"))
    assert anew(dead, pack(checks)) == datetime.fromisoformat(due)


def test_the_evidence_picks_the_row_of_the_new_pack(pack: Packs) -> None:
    """On the home page one working day today; the new pack knows no home page."""
    evidence = {"home_page": True}
    home = ticket("link.dead", "2026-03-02 10:00", frozen("link.dead", "2026-03-02 10:00", evidence), evidence)
    assert anew(home, DEFAULT) == datetime.fromisoformat("2026-03-03 23:59:59")
    assert anew(home, pack("{link.dead: {variants: []}}")) == datetime.fromisoformat("2026-03-05 23:59:59")


def test_a_message_counts_from_its_receipt(pack: Packs) -> None:
    """Received on Friday before the spring festival, seen on the first working day after it."""
    zhaocuo = frozen("message.zhaocuo", "2026-02-13 16:00")
    of = ticket("message.zhaocuo", "2026-02-13 16:00", zhaocuo)
    assert anew(of, pack("{message.zhaocuo: {deadline: 5 working days}}")).day == 27


def test_what_a_notice_or_a_person_has_set_stays(pack: Packs) -> None:
    """A date; days granted are granted on top of the new amount."""
    ours = pack("{link.dead: {deadline: 1 working day}}")
    given_date = frozen("link.dead", "2026-03-02 10:00", due_by=at("2026-03-20 12:00"))
    assert anew(ticket("link.dead", "2026-03-02 10:00", given_date), ours) == datetime.fromisoformat("2026-03-20 12:00")
    first = frozen("link.dead", "2026-03-02 10:00")
    to_a_date = extended(first, CALENDAR, ZONE, due_at=at("2026-03-20 12:00"))
    assert anew(ticket("link.dead", "2026-03-02 10:00", to_a_date), ours) == datetime.fromisoformat("2026-03-20 12:00")
    by_days = extended(first, CALENDAR, ZONE, working_days=2)
    assert by_days.due_at == at("2026-03-09 23:59:59")
    assert anew(ticket("link.dead", "2026-03-02 10:00", by_days), DEFAULT) == datetime.fromisoformat(
        "2026-03-09 23:59:59"
    )
    assert anew(ticket("link.dead", "2026-03-02 10:00", by_days), ours) == datetime.fromisoformat("2026-03-05 23:59:59")


def test_a_reopened_one_has_half_of_the_new_amount(pack: Packs) -> None:
    """From its reopening."""
    limit = reopened_deadline(
        DEFAULT, frozen("column.blank", "2026-03-02 10:00"), at("2026-03-16 10:00"), CALENDAR, ZONE
    )
    again = ticket("column.blank", "2026-03-02 10:00", limit, counted_from=at("2026-03-16 10:00"))
    assert anew(again, DEFAULT) == datetime.fromisoformat("2026-03-18 23:59:59")
    assert anew(again, pack("{column.blank: {deadline: 10 working days}}")) == datetime.fromisoformat(
        "2026-03-23 23:59:59"
    )


def test_a_guarded_ticket_stays_guarded(pack: Packs) -> None:
    """Opened in a guarded period: the new pack's guarded amount."""
    dark = ticket("link.dark", "2026-03-07 23:00", frozen("link.dark", "2026-03-07 23:00", guarded=True), guarded=True)
    assert anew(dark, pack("{link.dark: {guarded: 1 hour}}")) == datetime.fromisoformat("2026-03-08 00:00")
    assert anew(dark, pack("{link.dark: {guarded: null}}")) == datetime.fromisoformat("2026-03-08 03:00")


def test_effects_are_counted_by_check(pack: Packs) -> None:
    """Earlier, later, equal; overdue at once and no longer; under which pack they were opened."""
    effects = Effects()
    dead = ticket("link.dead", "2026-03-02 10:00", frozen("link.dead", "2026-03-02 10:00"))
    blank = ticket("column.blank", "2026-03-02 10:00", frozen("column.blank", "2026-03-02 10:00"))
    typo = ticket("text.typo", "2026-02-25 10:00", frozen("text.typo", "2026-02-25 10:00"))
    ours = pack(
        "{link.dead: {deadline: 1 working day}, column.blank: {deadline: 6 working days},"
        " text.typo: {deadline: 9 working days}}"
    )
    for page in ([dead, dead], [blank, typo]):
        effects.add(page, ours, CALENDAR, ZONE, at("2026-03-04 12:00"))
    by = effects.by_check
    assert (by["link.dead"].tickets, by["link.dead"].earlier, by["link.dead"].overdue_at_once) == (2, 2, 2)
    assert (by["column.blank"].later, by["column.blank"].overdue_at_once, by["column.blank"].equal) == (1, 0, 0)
    assert (by["text.typo"].later, by["text.typo"].no_longer_overdue) == (1, 1)
    assert effects.opened_under == {"default@1": 4}
    unchanged = Effects()
    unchanged.add([dead, blank, typo], DEFAULT, CALENDAR, ZONE, at("2026-03-04 12:00"))
    assert all((effect.equal, effect.overdue_at_once) == (1, 0) for effect in unchanged.by_check.values())


CHECKS = st.sampled_from(sorted(DEFAULT.checks))
STARTS = st.datetimes(datetime(2024, 1, 2), datetime(2026, 8, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(CHECKS, STARTS, st.booleans(), st.lists(st.integers(1, 10), max_size=2))
def test_by_its_own_pack_every_ticket_is_due_when_it_is(
    check: str,
    start: datetime,
    guarded: bool,  # noqa: FBT001 - drawn by hypothesis
    granted: list[int],
) -> None:
    """However it was set and extended."""
    limit = deadline(DEFAULT, DEFAULT.rule(check), {}, start, CALENDAR, ZONE, guarded=guarded)
    for days in granted:
        limit = extended(limit, CALENDAR, ZONE, working_days=days)
    of = OpenTicket(
        1, check, start, limit.due_at, limit.unit, limit.provisional, deadline_json(limit), guarded, None, None
    )
    assert of.deadline == limit
    assert recounted(of, DEFAULT, CALENDAR, ZONE) == limit.due_at
