"""One cause, one ticket: what can be seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.grouping import AT, TARGET, TEMPLATE, findings, opened, world


def nothing_seen(run: str, **fields: Any) -> dict[str, Any]:
    """A complete run that found nothing."""
    return {
        "type": "run",
        "asset_id": "site",
        "run_id": run,
        "source": "crawler",
        "status": "complete",
        "started_at": "2026-03-03T09:00:00+08:00",
        "finished_at": "2026-03-03T09:30:00+08:00",
        "checks": ["link.dead", "text.typo"],
        "found": 0,
        **fields,
    }


@pytest.mark.parametrize(
    ("evidence", "check"), [(TARGET, "link.dead"), (TEMPLATE, "text.typo")], ids=["target", "template"]
)
def test_a_thousand_places_of_one_cause_are_one_ticket_and_one_notice(evidence: dict[str, str], check: str) -> None:
    """毕节 2024: one wrong image reference, more than 1,000 dead links. It closes when the last is gone."""
    made = world()
    for start in range(0, 1_000, 400):
        made.send(*findings(range(start, min(start + 400, 1_000)), evidence, check))
    made.wait(31)
    ticket = made.ticket()
    assert (ticket.problem_count, ticket.open_problem_count, ticket.occurrences) == (1_000, 1_000, 1_000)
    assert ticket.cause == "{}:{}".format(*next(iter(evidence.items())))
    assert [(kind, name) for _, kind, _, name in made.told()] == [("opened", "李值守")]
    shown = made.published("rectify.tickets")[-1]
    assert [problem["locator"] for problem in shown["problems"]] == [f"https://a.gov.cn/{i}" for i in range(50)]
    made.until("2026-03-03 09:30")
    still = {"run_id": "r2", "observed_at": "2026-03-03T09:10:00+08:00"}
    made.send(*findings(range(999, 1_000), evidence, check, **still), nothing_seen("r2", found=1))
    made.wait(1)
    assert (made.ticket().status, made.ticket().open_problem_count) == ("open", 1)
    made.send(nothing_seen("r3", started_at="2026-03-03T09:20:00+08:00"))
    made.wait(1)
    assert (made.ticket().status, made.ticket().close_reason) == ("closed", "run_absent")
    assert made.events("run_held") == []


def test_an_exploding_run_is_one_ticket_and_one_notice() -> None:
    """1,000 places that have nothing in common but their run. All gone at once: a person is asked, then it closes."""
    made = world()
    made.send(*findings(range(1_000), {}))
    (ticket,) = opened(made)
    assert (ticket.problem_count, ticket.cause) == (1_000, "run:r1")
    assert [(notice.ticket_pk, notice.kind) for notice in made.notices.values()] == [(ticket.pk, "opened")]
    made.until("2026-03-03 09:30")
    made.send(nothing_seen("r2"))
    made.wait(1)
    assert made.events("run_held")[0]["would_close"] == 1_000
    made.command(action="accept_run", asset_id="site", source="crawler", run_id="r2", reason="已整改")
    made.wait(1)
    assert made.by_status()["open"] == 0


def test_the_named_cause_comes_before_what_is_seen() -> None:
    """`cause`, then the target, then the template; what is no text is no cause."""
    made = world()
    made.send(*findings(range(1), {**TARGET, **TEMPLATE}, cause="broken-cms"))
    made.send(*findings(range(1, 2), {**TEMPLATE, **TARGET}))
    made.send(*findings(range(2, 3), TEMPLATE))
    made.send(*findings(range(3, 4), {"target": "", "template": 7}))
    assert [ticket.cause for ticket in opened(made)] == [
        "broken-cms",
        f"target:{TARGET['target']}",
        f"template:{TEMPLATE['template']}",
        None,
    ]


def test_messages_are_never_one_ticket_unless_the_producer_says_so() -> None:
    """Each has a clock of its own, whatever it links to and however many a run brings."""
    made = world()
    made.send(*findings(range(60), TARGET, "message.zhaocuo"))
    assert len(opened(made)) == 60
    assert {ticket.cause for ticket in opened(made)} == {None}
    made.send(*findings(range(60, 63), {}, "message.zhaocuo", cause="one-letter"))
    assert [ticket.problem_count for ticket in opened(made)[60:]] == [3]


def test_the_fifty_first_problem_gathers_whatever_it_is() -> None:
    """40 places without a cause, then 20 of one target: the run has found 60, so the 40 are one ticket."""
    made = world()
    made.send(*findings(range(40), {}))
    made.send(*findings(range(40, 60), TARGET))
    assert sorted(t.problem_count for t in opened(made)) == [20, 40]
    known = world()
    known.send(*findings(range(40), TARGET, run_id="r0"), *findings(range(40, 60), {}))
    known.send(*findings(range(40), TARGET))
    assert sorted(t.problem_count for t in opened(known)) == [20, 40]


def test_nothing_joins_a_ticket_that_closed_in_the_same_batch() -> None:
    """G-1: the cause's ticket closes and the cause is found again in one batch: a new ticket, nothing is lost."""
    made = world()
    one = {"asset_id": "site", "check": "link.dead", "locator": "/1", "cause": "cms", "observed_at": AT}
    made.send(one, {**one, "type": "recheck", "outcome": "absent"}, {**one, "locator": "/2"})
    assert made.by_status() == {"closed": 1, "open": 1}


def test_fifty_problems_are_no_explosion() -> None:
    """G-3: more than fifty; the fiftieth is a ticket of its own like those before it."""
    made = world()
    made.send(*findings(range(50), {}))
    assert [ticket.cause for ticket in opened(made)] == [None] * 50


def test_what_another_run_has_opened_is_not_gathered() -> None:
    """G-3: ten tickets of yesterday's run stay as they are; the 51 of today's run are one."""
    made = world()
    made.send(*findings(range(10), {}, run_id="r0"))
    made.send(*findings(range(10, 61), {}))
    assert sorted(ticket.problem_count for ticket in opened(made)) == [1] * 10 + [51]
