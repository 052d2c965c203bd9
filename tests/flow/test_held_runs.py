"""A held run asks for a small sample; the answers may decide it without a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from streams.presentation.ticket.story import story
from tests.flow.test_closing import ended, world_with
from tests.support.dossiers import dossier_of
from tests.support.world import POLICY, ZONE, World

ANSWERED = "2026-03-02T11:29:00+08:00"


def held() -> tuple[World, list[dict[str, Any]]]:
    """A world with a held run, and the requests that it made."""
    world = world_with(100)
    world.send(ended("r2", found=0))
    world.wait(1)
    return world, world.published("rectify.recheck-requests")


def answer(world: World, request: dict[str, Any], outcome: str, at: str = ANSWERED, **fields: Any) -> None:
    """A producer answers a request."""
    said = {"fingerprint": request["fingerprint"], "request_id": request["request_id"], **fields}
    world.send({"type": "recheck", "asset_id": "site", "outcome": outcome, "observed_at": at, **said})
    world.wait(1)


def test_a_held_run_asks_for_a_sample() -> None:
    """C-21: three different problems of the hundred, and the event names the requests."""
    world, requests = held()
    assert len({request["fingerprint"] for request in requests}) == 3
    assert {request["reason"] for request in requests} == {"run_held"}
    assert world.events("run_held")[0]["request_ids"] == [request["request_id"] for request in requests]
    assert held()[1] == requests  # the same run asks for the same ones


def test_the_whole_sample_absent_accepts_the_run() -> None:
    """C-22: two answers close two problems and decide nothing; the third lets the run close the rest, and says why."""
    world, requests = held()
    for request in requests[:2]:
        answer(world, request, "absent")
    answer(world, requests[0], "absent")  # said twice is not a third answer
    assert world.by_status() == {"open": 98, "closed": 2}
    answer(world, requests[2], "absent")
    assert world.by_status() == {"closed": 100}
    (accepted,) = world.events("run_accepted")
    assert (accepted["rule"], accepted["reason"]) == ("C-22", "sample_absent")
    assert accepted["request_ids"] == [request["request_id"] for request in requests]
    proofs = [event["proof"] for event in world.events("closed") if event["reason"] == "run_absent"]
    assert {proof["accepted_by"] for proof in proofs} == {"抽样复查"}


def test_one_present_rejects_the_run() -> None:
    """C-22: the run was wrong; nothing more can come of it, whatever the others say."""
    world, requests = held()
    answer(world, requests[0], "absent")
    answer(world, requests[1], "present")
    answer(world, requests[2], "absent")
    assert world.by_status() == {"open": 98, "closed": 2}
    assert [event["reason"] for event in world.events("run_rejected")] == ["sample_present"]
    assert world.events("run_accepted") == []


def test_an_answer_must_be_about_its_problem_and_new_enough() -> None:
    """C-22: a request's id on another problem's recheck, or an answer from before the run began, proves nothing."""
    world, requests = held()
    first, second, third = requests
    answer(world, first, "absent")
    answer(world, second, "absent")
    answer(world, third, "absent", fingerprint=first["fingerprint"])
    answer(world, third, "absent", at="2026-03-02T10:30:00+08:00")
    answer(world, third, "unverifiable")
    assert world.events("run_accepted") + world.events("run_rejected") == []
    world.command(action="accept_run", asset_id="site", source="crawler", run_id="r2", reason="已核实")
    world.wait(1)
    assert world.by_status() == {"closed": 100}
    assert world.events("run_accepted")[0]["rule"] == "K-20"


def test_an_answer_that_a_sighting_has_overtaken_proves_nothing() -> None:
    """C-22: looked at 11:10, seen by somebody else at 11:20: of three answers that one does not count."""
    world, requests = held()
    at = "2026-03-02T11:20:00+08:00"
    still = next(problem for problem in world.problems if problem.fingerprint == requests[2]["fingerprint"])
    world.send(
        {"asset_id": "site", "check": still.check, "locator": still.locator, "source": "prober", "observed_at": at}
    )
    for request in requests:
        answer(world, request, "absent", at="2026-03-02T11:10:00+08:00")
    assert (world.by_status(), world.events("run_accepted")) == ({"open": 98, "closed": 2}, [])


def test_the_supervisors_contacts_get_a_mail() -> None:
    """R-39: about one of its tickets, gathered, once a run; not to the unit, and withdrawn notices leave it alone."""
    world = world_with(100)
    world.unit("city", "市政府办", contacts=[{"name": "王督查", "email": "wang@city.gov.cn", "phone": "13800000002"}])
    world.unit("owner", "市科技局", supervisor_id="city", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner")
    for run_id in ("r2", "r3"):
        world.send(ended(run_id, found=0))
        world.wait(1)
    mails = [notice for notice in world.notices.values() if notice.kind == "run_held"]
    assert [(mail.name, mail.channel, mail.not_before - mail.created_at) for mail in mails] == [
        ("王督查", "email", timedelta(minutes=10))
    ] * 2
    ticket = world.tickets[mails[0].ticket_pk]
    assert ticket.status == "open"
    told = [one.text for one in story(dossier_of(world, ticket), POLICY, ZONE)]
    assert sum("一次巡检将使 100 处问题销号" in text for text in told) == 2


def test_a_sample_waits_for_its_answer_whatever_is_seen() -> None:
    """C-22, R-32: one of the three is found once more; all three are asked about again, since the run is held."""
    world, requests = held()
    still = next(problem for problem in world.problems if problem.fingerprint == requests[0]["fingerprint"])
    at = "2026-03-02T11:40:00+08:00"
    world.until("2026-03-02 12:00")
    world.send(
        {"asset_id": "site", "check": still.check, "locator": still.locator, "source": "crawler", "observed_at": at}
    )
    world.until("2026-03-03 12:00")
    again = world.published("rectify.recheck-requests")[3:]
    assert {request["repeats"] for request in again} == {request["request_id"] for request in requests}
