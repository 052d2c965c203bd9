"""One cause, one ticket: what a person merges and splits."""

from __future__ import annotations

import pytest

from tests.support.grouping import AT, TARGET, findings, fingerprints, opened, place, world
from tests.support.world import local


def test_merged_by_a_person() -> None:
    """The problems move and keep their identity; the target's deadline stays; nobody is told anything."""
    made = world()
    made.send(*findings(range(2), {"target": "https://x.gov.cn"}))
    made.until("2026-03-03 10:00")
    made.send(*findings(range(2, 5), {"target": "https://y.gov.cn"}, observed_at="2026-03-03T10:00:00+08:00"))
    old, new = opened(made)
    due, told = old.due_at, len(made.notices)
    made.command(action="merge", asset_id="site", ticket_id=new.ticket_id, into=old.ticket_id, reason="同一次改版")
    (ticket,) = opened(made)
    assert (ticket.ticket_id, ticket.due_at, ticket.open_problem_count) == (old.ticket_id, due, 5)
    assert place(made, ticket) == ["0", "1", "2", "3", "4"]
    emptied = made.tickets[new.pk]
    assert (emptied.status, emptied.close_reason, emptied.merged_into) == ("closed", "merged", old.ticket_id)
    assert (emptied.problem_count, emptied.next_review_at) == (0, None)
    assert len(made.notices) == told
    assert {n.code for n in made.notices.values() if n.ticket_pk == new.pk} == {"withdrawn"}
    closed, joined = made.events("closed")[-1], made.events("joined")[-1]
    assert (closed["rule"], closed["said"], closed["by"]) == ("K-22", "同一次改版", "张三")
    assert (joined["merged_from"], joined["problem_count"]) == (new.ticket_id, 5)
    made.send(*findings(range(4, 5), {"target": "https://y.gov.cn"}, run_id="r2"))
    assert len(opened(made)) == 1
    made.command(action="reopen", asset_id="site", ticket_id=new.ticket_id, reason="误并")
    assert made.events("command_refused")[-1]["reason"] == "wrong_status"


def test_what_cannot_be_merged() -> None:
    """Itself, an unknown one, another asset's, another check's, one that is closed; and nothing without a reason."""
    made = world()
    made.send(*findings(range(1), {}), *findings(range(1, 2), {}), *findings(range(2, 3), {}, "text.typo"))
    made.send(*findings(range(3, 4), {}, asset_id="other"))
    first, second, typo, other = opened(made)
    made.command(action="close", asset_id="site", ticket_id=second.ticket_id, reason="已核实")
    for into in (first.ticket_id, "ZG0", other.ticket_id, typo.ticket_id, second.ticket_id):
        made.command(action="merge", asset_id="site", ticket_id=first.ticket_id, into=into, reason="同因")
    made.command(action="merge", asset_id="site", ticket_id=first.ticket_id, into=typo.ticket_id)
    assert [event["reason"] for event in made.events("command_refused")] == [
        "target_is_itself",
        "target_unknown",
        "target_of_another_asset",
        "target_of_another_check",
        "target_not_open",
        "reason_missing",
    ]
    assert made.tickets[first.pk] == first


def test_split_by_a_person() -> None:
    """Two of five get a ticket of their own with the same deadline; the group stays with the old one."""
    made = world()
    made.send(*findings(range(5), TARGET))
    made.until("2026-03-03 11:00")
    (old,) = opened(made)
    told = len(made.notices)
    chosen = fingerprints(made, 1, 3)
    made.command(action="split", asset_id="site", ticket_id=old.ticket_id, fingerprints=chosen, reason="另有原因")
    kept, part = opened(made)
    assert (place(made, kept), place(made, part)) == (["0", "2", "4"], ["1", "3"])
    assert (kept.problem_count, kept.open_problem_count) == (3, 3)
    assert (part.problem_count, part.open_problem_count, part.occurrences) == (2, 2, 2)
    assert (part.due_at, part.deadline_json, part.unit_id) == (old.due_at, old.deadline_json, "kjj")
    assert part.opened_at == local("2026-03-03 11:00")
    assert len(made.notices) == told
    into, origin = made.events("split")
    assert (into["ticket_id"], into["split_into"]) == (kept.ticket_id, part.ticket_id)
    assert (origin["ticket_id"], origin["split_from"]) == (part.ticket_id, kept.ticket_id)
    shown = {document["ticket_id"]: document["problem_count"] for document in made.published("rectify.tickets")}
    assert shown == {kept.ticket_id: 3, part.ticket_id: 2}
    again = {"run_id": "r2", "observed_at": "2026-03-03T11:00:00+08:00"}
    made.send(*findings(range(1, 2), TARGET, **again), *findings(range(9, 10), TARGET, **again))
    made.wait(86_400)
    assert (place(made, made.tickets[kept.pk]), made.tickets[part.pk].occurrences) == (["0", "2", "4", "9"], 3)
    made.until("2026-03-06 10:00")
    assert sorted(e["ticket_id"] for e in made.events("escalated")) == sorted([kept.ticket_id, part.ticket_id])
    assert made.events("reminded")[0]["at"][:16] == "2026-03-04T09:00"


def test_a_split_moves_no_step_of_the_ladder() -> None:
    """Split after the urge: neither is urged again, and both are supervised when the old one would have been."""
    made = world()
    made.send(*findings(range(2), TARGET))
    made.until("2026-03-06 12:00")
    (old,) = opened(made)
    assert old.rung == "urge"
    chosen = fingerprints(made, 0)
    made.command(action="split", asset_id="site", ticket_id=old.ticket_id, fingerprints=chosen, reason="另有原因")
    made.until("2026-03-10 10:00")
    assert [(e["rung"], e["at"][:10]) for e in made.events("escalated")] == [
        ("urge", "2026-03-06"),
        ("supervise", "2026-03-10"),
        ("supervise", "2026-03-10"),
    ]


def test_what_is_split_in_a_run_is_not_gathered_by_it() -> None:
    """A run goes on after a person has split and merged its tickets: what the person did stays."""
    made = world()
    made.send(*findings(range(2), TARGET), *findings(range(2, 10), {}))
    group, *single = opened(made)
    made.command(
        action="split",
        asset_id="site",
        ticket_id=group.ticket_id,
        fingerprints=fingerprints(made, 0),
        reason="另有原因",
    )
    made.command(
        action="merge", asset_id="site", ticket_id=single[0].ticket_id, into=single[1].ticket_id, reason="同因"
    )
    made.send(*findings(range(10, 100), {}))
    assert sorted(t.problem_count for t in opened(made)) == [1, 1, 2, 96]


def test_what_cannot_be_split() -> None:
    """All of them, none of its own, one that is gone; and nothing without a reason."""
    made = world()
    made.send(*findings(range(3), TARGET), *findings(range(3, 4), {}))
    group, other = opened(made)
    at = {"outcome": "absent", "observed_at": AT, "asset_id": "site", "type": "recheck", "source": "crawler"}
    made.send({**at, "fingerprint": fingerprints(made, 2)[0]})
    before = made.tickets[group.pk]
    base = {"action": "split", "asset_id": "site", "ticket_id": group.ticket_id}
    made.command(**base, fingerprints=fingerprints(made, 0))
    made.command(**base, fingerprints=fingerprints(made, 0, 1), reason="另有原因")
    made.command(**base, fingerprints=fingerprints(made, 0, 3), reason="另有原因")
    made.command(**base, fingerprints=fingerprints(made, 2), reason="另有原因")
    assert [event["reason"] for event in made.events("command_refused")] == [
        "reason_missing",
        "nothing_left",
        "problem_of_another_ticket",
        "problem_not_open",
    ]
    assert (made.tickets[group.pk], made.tickets[other.pk]) == (before, other)


@pytest.mark.parametrize("action", ["close", "dismiss"])
def test_only_open_tickets_are_merged_and_split(action: str) -> None:
    """K-2: closed or dismissed, both are refused."""
    made = world()
    made.send(*findings(range(2), TARGET), *findings(range(2, 3), {}))
    ticket, other = opened(made)
    base = {"asset_id": "site", "ticket_id": ticket.ticket_id, "reason": "已核实"}
    made.command(action=action, **base)
    made.command(action="merge", into=other.ticket_id, **base)
    made.command(action="split", fingerprints=fingerprints(made, 0), **base)
    assert [event["reason"] for event in made.events("command_refused")] == ["wrong_status"] * 2


def test_the_same_merge_and_split_make_the_same_ids() -> None:
    """Decided again after a crash: the same new ticket, the same events."""
    told = []
    for _ in range(2):
        made = world()
        made.send(*findings(range(3), TARGET))
        (old,) = opened(made)
        base = {"asset_id": "site", "reason": "另有原因"}
        made.command(action="split", ticket_id=old.ticket_id, fingerprints=fingerprints(made, 0, 2), **base)
        kept, part = opened(made)
        made.command(action="merge", ticket_id=part.ticket_id, into=kept.ticket_id, **base)
        told.append([event["id"] for event in made.events()])
    assert told[0] == told[1]
    assert len(set(told[0])) == len(told[0])


def test_what_is_gone_already_is_not_open_in_the_merged_ticket() -> None:
    """K-22: one of two places is put right before the merge; the last open one closes the ticket."""
    made = world()
    made.send(*findings(range(2), TARGET), *findings(range(2, 3), {}))
    group, other = opened(made)
    at = {"type": "recheck", "asset_id": "site", "outcome": "absent", "observed_at": AT, "source": "crawler"}
    made.send({**at, "fingerprint": fingerprints(made, 0)[0]})
    made.command(action="merge", asset_id="site", ticket_id=group.ticket_id, into=other.ticket_id, reason="同因")
    (ticket,) = opened(made)
    assert (ticket.problem_count, ticket.open_problem_count) == (3, 2)
    for number in (1, 2):
        made.send({**at, "fingerprint": fingerprints(made, number)[0]})
    assert opened(made) == []
