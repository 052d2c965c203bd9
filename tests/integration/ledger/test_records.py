"""What is saved comes back, whole, by every way of asking."""

from streams.ledger import Ledger
from streams.ledger.reading.queries import history_of, notices_of, problems_of
from streams.rules.state.snapshot import ChangeSet, Needs
from tests.support.ledger import (
    NOW,
    REGISTRY,
    asset_pk,
    at,
    event,
    key,
    load,
    named_problem,
    notice,
    open_ticket,
    problem,
    run,
    save,
    ticket,
)


async def test_every_field_comes_back(ledger: Ledger) -> None:
    """Asset, problem, ticket, run, notice and history are what they were."""
    asset = await asset_pk(ledger)
    before = ChangeSet(
        problems=[problem("a", asset, 1, 1)],
        new_tickets=[ticket(1, "a", asset)],
        runs=[run(asset)],
        notices=[notice("n", 1, asset)],
        history=[event(asset, 1)],
        commands=["command-1"],
    )
    await save(ledger, before)
    snapshot = await load(
        ledger,
        Needs(
            asset_ids={"asset-1"},
            problem_keys={named_problem("a"), named_problem("unknown")},
            ticket_pks={1},
            runs={("asset-1", "crawler", "run-1"), ("asset-1", "crawler", "run-9")},
            command_ids={"command-1", "command-2"},
        ),
    )
    found = snapshot.problems[key("a")]
    assert found == before.problems[0]._replace(pk=found.pk)
    assert snapshot.tickets == {1: before.new_tickets[0]}
    assert snapshot.groups == {key("group a"): 1}
    assert snapshot.runs == {(asset, "crawler", "run-1"): before.runs[0]}
    assert snapshot.commands == {"command-1"}
    assert await notices_of(ledger, 1) == before.notices
    assert await history_of(ledger, 1) == before.history


async def test_every_field_can_be_emptied_and_changed(ledger: Ledger) -> None:
    """An update writes each field that may change, also when it was not loaded before."""
    asset = await asset_pk(ledger)
    full = ticket(1, "a", asset)
    await save(ledger, ChangeSet(problems=[problem("a", asset, 1, 1)], new_tickets=[full], runs=[run(asset)]))
    snapshot = await load(ledger, Needs(asset_ids={"asset-1"}, problem_keys={named_problem("a")}))
    seen = snapshot.problems[key("a")]
    emptied = full._replace(
        version=8,
        unit_id=None,
        group_key=None,
        cause=None,
        severity="critical",
        status="closed",
        running_since=at(days=2),
        due_at=at(days=9),
        counted_from=at(days=2),
        due_unit="hour",
        provisional=True,
        deadline_json="{}",
        guarded=False,
        rung=None,
        plan_json="[]",
        next_review_at=None,
        problem_count=2,
        open_problem_count=0,
        occurrences=13,
        first_seen_at=at(minutes=-99),
        last_seen_at=at(minutes=9),
        reminder_count=12,
        reopen_count=13,
        extension_count=14,
        cycle=15,
        recurrence_of=None,
        acknowledged_at=None,
        acknowledgement_expires_at=None,
        waived_until=None,
        recheck_outcome=None,
        closed_at=None,
        evidence_at=None,
        close_reason=None,
        merged_into=None,
        seen_runs_json="[]",
    )
    gone = seen._replace(
        locator="",
        ticket_pk=1,
        ordinal=2,
        status="gone",
        first_seen_at=at(days=-1),
        last_seen_at=at(days=1),
        count=4,
        seen_by_json="{}",
        facts_json="{}",
        suspicion_json=None,
        gone_at=None,
        gone_by_json=None,
    )
    settled = run(asset)._replace(counted=6, message_json=None, state="settled", evidence_at=None, settle_at=None)
    facts = snapshot.assets["asset-1"]._replace(
        unit_id="unit-1", name="某局网站", kind="website", region="咸宁", document_json="{}"
    )
    await save(ledger, ChangeSet(problems=[gone], tickets=[emptied], runs=[settled], assets=[facts]))
    runs = {("asset-1", "crawler", "run-1")}
    snapshot = await load(
        ledger, Needs(asset_ids={"asset-1"}, problem_keys={named_problem("a")}, ticket_pks={1}, runs=runs)
    )
    assert snapshot.tickets == {1: emptied}
    assert snapshot.problems == {key("a"): gone}
    assert list(snapshot.runs.values()) == [settled]
    assert snapshot.assets == {"asset-1": facts}


async def test_counting_in_the_transaction_that_loaded(ledger: Ledger) -> None:
    """The narrow updates of a repeat change the counters and nothing else."""
    asset = await asset_pk(ledger)
    await save(ledger, ChangeSet(problems=[problem("a", asset, 1, 1)], new_tickets=[open_ticket(1, "a", asset)]))
    for _ in range(3):
        async with ledger.transaction() as tx:
            snapshot = await tx.load(
                Needs(asset_ids={"asset-1"}, problem_keys={named_problem("a")}, ticket_pks={1}), REGISTRY
            )
            before, old = snapshot.problems[key("a")], snapshot.tickets[1]
            after = before._replace(count=before.count + 1, last_seen_at=at(hours=1))
            new = old._replace(version=old.version + 1, occurrences=old.occurrences + 1)
            await tx.save(ChangeSet(problems=[after], tickets=[new]), NOW)
        snapshot = await load(ledger, Needs(asset_ids={"asset-1"}, problem_keys={named_problem("a")}, ticket_pks={1}))
        assert snapshot.problems == {key("a"): after}
        assert snapshot.tickets == {1: new}


async def test_a_recurrence_takes_up_the_identity(ledger: Ledger) -> None:
    """The row that lets go and the new row with the same key are saved together; only the new one is current."""
    asset = await asset_pk(ledger)
    tickets = [open_ticket(1, "a", asset), open_ticket(2, "b", asset)]
    await save(ledger, ChangeSet(problems=[problem("a", asset, 1, 1)], new_tickets=tickets))
    old = (await load(ledger, Needs(asset_ids={"asset-1"}, problem_keys={named_problem("a")}))).problems[key("a")]
    await save(ledger, ChangeSet(problems=[problem("a", asset, 2, 1), old._replace(current=False)]))
    snapshot = await load(ledger, Needs(asset_ids={"asset-1"}, problem_keys={named_problem("a")}))
    assert snapshot.problems[key("a")].ticket_pk == 2
    assert [p.current for p in await problems_of(ledger, 1)] == [False]


async def test_a_ticket_comes_with_its_first_fifty_problems(ledger: Ledger) -> None:
    """Asked for by one problem or by its group: those of the document; asked for as a whole: all of them."""
    asset = await asset_pk(ledger)
    shared = ticket(1, "a", asset, problems=120)
    problems = [problem(f"p{ordinal}", asset, 1, ordinal) for ordinal in range(1, 121)]
    await save(ledger, ChangeSet(problems=problems, new_tickets=[shared]))
    by_problem = await load(
        ledger,
        Needs(asset_ids={"asset-1"}, problem_keys={named_problem("p120"), named_problem("p7")}, ticket_pks={1}),
    )
    assert by_problem.totals[1].occurrences == sum(p.count for p in problems)
    assert sorted(p.ordinal for p in by_problem.problems.values()) == [*range(1, 51), 120]
    by_group = await load(ledger, Needs(asset_ids={"asset-1"}, group_keys={key("group a")}))
    assert sorted(p.ordinal for p in by_group.problems.values()) == [*range(1, 51)]
    assert by_group.groups == {key("group a"): 1}
    named = {shared.ticket_id}
    by_id = await load(ledger, Needs(asset_ids={"asset-1"}, ticket_ids=named))
    assert len(by_id.problems) == 50
    whole = await load(ledger, Needs(asset_ids={"asset-1"}, ticket_ids=named, whole_tickets=named))
    assert len(whole.problems) == 120


async def test_a_ticket_of_an_asset_that_is_not_locked_is_not_found(ledger: Ledger) -> None:
    """A command that names another asset's ticket gets nothing to decide about."""
    asset = await asset_pk(ledger)
    await save(ledger, ChangeSet(problems=[problem("a", asset, 1, 1)], new_tickets=[ticket(1, "a", asset)]))
    snapshot = await load(ledger, Needs(asset_ids={"asset-2"}, ticket_ids={"ZG20260302-a"}))
    assert snapshot.tickets == {}
    assert snapshot.problems == {}


async def test_all_problems_of_a_check(ledger: Ledger) -> None:
    """Also those that are gone; not those of another check or asset."""
    asset, other = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    problems = [
        problem("a", asset),
        problem("b", asset, status="gone"),
        problem("c", asset)._replace(check="text.typo"),
        problem("d", other),
    ]
    await save(ledger, ChangeSet(problems=problems))
    snapshot = await load(ledger, Needs(checks={("asset-1", "link.dead")}))
    assert {p.fingerprint for p in snapshot.problems.values()} == {"fp-a", "fp-b"}


async def test_the_tickets_that_a_run_opened(ledger: Ledger) -> None:
    """By asset, source, run and check, each with all its problems."""
    asset = await asset_pk(ledger)
    mine = open_ticket(1, "a", asset, problems=60)
    tickets = [
        mine,
        open_ticket(2, "b", asset)._replace(opened_by="crawler\trun-2"),
        open_ticket(3, "c", asset)._replace(check="text.typo"),
    ]
    problems = [problem(f"p{ordinal}", asset, 1, ordinal) for ordinal in range(1, 61)]
    await save(ledger, ChangeSet(problems=problems, new_tickets=tickets))
    snapshot = await load(ledger, Needs(run_tickets={("asset-1", "crawler", "run-1", "link.dead")}))
    assert snapshot.tickets == {1: mine}
    assert len(snapshot.problems) == 60


async def test_thousands_at_once(ledger: Ledger) -> None:
    """A batch larger than any statement's number of parameters is complete."""
    asset = await asset_pk(ledger)
    names = [f"p{number}" for number in range(2_345)]
    tickets = [open_ticket(pk, name, asset) for pk, name in enumerate(names, 1)]
    problems = [problem(name, asset, pk, 1) for pk, name in enumerate(names, 1)]
    await save(ledger, ChangeSet(problems=problems, new_tickets=tickets))
    pks = set(range(1, 2_346))
    snapshot = await load(ledger, Needs({"asset-1"}, set(map(named_problem, names)), ticket_pks=pks))
    assert len(snapshot.problems) == len(snapshot.tickets) == 2_345


async def test_problems_by_check(ledger: Ledger) -> None:
    """A recheck that names a check gets the current problems of that check on that asset, and no others."""
    asset, other = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    here = [problem("a", asset, 1, 1), problem("b", asset, 2, 1)]
    of_another_check = problem("c", asset, 3, 1)._replace(check="text.typo")
    retired = problem("d", asset, 4, 1)._replace(current=False)
    tickets = [open_ticket(number, str(number), asset) for number in range(1, 5)]
    problems = [*here, of_another_check, retired, problem("e", other, 5, 1)]
    await save(ledger, ChangeSet(problems=problems, new_tickets=[*tickets, open_ticket(5, "5", other)]))
    snapshot = await load(ledger, Needs(asset_ids={"asset-1"}, checks={("asset-1", here[0].check)}))
    assert snapshot.problems.keys() == {key("a"), key("b")}
    assert snapshot.tickets.keys() == {1, 2}


async def test_row_numbers_are_never_given_twice(ledger: Ledger) -> None:
    """Within a transaction, from one to the next, and after a rollback no number that was saved comes again."""
    asset = await asset_pk(ledger)
    used: list[int] = []
    for batch in range(4):
        async with ledger.transaction() as tx:
            first = await tx.load(Needs(new_tickets=700), REGISTRY)
            second = await tx.load(Needs(new_tickets=700), REGISTRY)
            pks = [next(first.ticket_pks) for _ in range(700)] + [next(second.ticket_pks) for _ in range(700)]
            tickets = [open_ticket(pk, f"{batch}-{pk}", asset) for pk in pks]
            await tx.save(ChangeSet(new_tickets=tickets), NOW)
            used += pks
    assert len(set(used)) == 4 * 1_400


async def test_an_unknown_asset_is_created_once(ledger: Ledger) -> None:
    """Its id is its name until it is registered."""
    first = await load(ledger, Needs(asset_ids={"asset-1", "账号-2"}))
    second = await load(ledger, Needs(asset_ids={"账号-2", "asset-1"}))
    assert first.assets == second.assets
    assert first.assets["账号-2"].name == "账号-2"
    assert first.assets["账号-2"].document_json is None
