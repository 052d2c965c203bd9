"""Recheck requests in time: they expire, are repeated, and at last somebody else than the unit hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.limits import RecheckCycle, RecheckWaits
from streams.presentation.ticket.story import story
from streams.presentation.why_not_sent import answers
from tests.flow.test_requesting import REQUESTS, answer, claim, found, opened, policy_with, send_back
from tests.flow.test_verdicts import seen, two_places
from tests.support.dossiers import case_of, dossier_of
from tests.support.world import POLICY, ZONE, World


def times(world: World) -> list[tuple[str, int, str]]:
    """The published requests: when each expires, which attempt it is, and its id after the first one's."""
    first = world.published(REQUESTS)[0]["request_id"]
    return [
        (request["expires_at"][5:16], request["attempt"], request["request_id"].removeprefix(first))
        for request in world.published(REQUESTS)
    ]


def test_unanswered_it_is_repeated_with_longer_waits() -> None:
    """R-32: a day, then two, then four; each repeat under an id of its own that names the first."""
    world = opened()
    claim(world)
    world.until("2026-03-20 10:00")
    assert times(world) == [("03-03T10:00", 1, ""), ("03-05T10:00", 2, "-2"), ("03-09T10:00", 3, "-3")]
    first, *repeats = world.published(REQUESTS)
    assert [request["repeats"] for request in repeats] == [first["request_id"]] * 2
    assert [event["at"][5:16] for event in world.events("recheck_requested")] == [
        "03-02T10:00", "03-03T10:00", "03-05T10:00",
    ]  # fmt: skip
    assert world.events("recheck_requested")[1]["rule"] == "R-32"


@pytest.mark.parametrize("repeat", ["", "-2", "-3", "-17"])
def test_an_answer_to_any_of_them_counts(repeat: str) -> None:
    """R-32: whichever id is named; nothing is asked after it."""
    world = opened()
    claim(world)
    world.until("2026-03-04 10:00")
    first = world.published(REQUESTS)[0]
    answer(world, "absent", request_id=first["request_id"] + repeat)
    world.until("2026-03-31 10:00")
    assert (world.ticket().status, len(world.published(REQUESTS)), world.requests) == ("closed", 2, {})


def test_nobody_answers_at_last() -> None:
    """R-34: after a week it is said once, to the supervisors; the unit hears nothing of it."""
    world = opened()
    claim(world)
    world.until("2026-04-30 10:00")
    (event,) = world.events("recheck_unanswered")
    assert (event["rule"], event["reason"], event["at"][5:16]) == ("R-34", "no_answer", "03-09T10:00")
    assert (event["attempts"], event["asked_at"][5:16], event["producers"]) == (3, "03-02T10:00", ["crawler"])
    told = [m for m in world.outbox if m.topic == "rectify.escalations.supervise" and m.value]
    assert [m.key for m in told if event["id"].encode() in (m.value or b"")] == [b"city"]
    mails = [notice for notice in world.notices.values() if notice.kind == "recheck_unanswered"]
    assert [(mail.unit_id, mail.name) for mail in mails] == [("city", "王督查")]


def test_the_owner_of_the_producer_hears_it() -> None:
    """R-34: where the registry says whose the producer is, neither the unit nor its supervisor does."""
    world = opened()
    world.unit("lab", "市大数据中心", contacts=[{"name": "陈运维", "email": "ops@lab.gov.cn"}])
    world.producer("crawler", "市级采集平台", unit_id="lab")
    claim(world)
    world.until("2026-03-10 10:00")
    (event,) = world.events("recheck_unanswered")
    told = [m for m in world.outbox if m.topic == "rectify.escalations.supervise" and m.value]
    assert [m.key for m in told if event["id"].encode() in (m.value or b"")] == [b"lab"]
    mails = [notice for notice in world.notices.values() if notice.kind == "recheck_unanswered"]
    assert [(mail.unit_id, mail.name, mail.channel) for mail in mails] == [("lab", "陈运维", "email")]


def test_a_late_answer_is_evidence_all_the_same() -> None:
    """R-33: weeks after everybody has given up, with the time of its observation; a claim after that asks again."""
    world = opened()
    claim(world)
    world.until("2026-03-25 10:00")
    first = world.published(REQUESTS)[0]
    answer(world, "absent", "2026-03-24 09:00", request_id=first["request_id"])
    assert (world.ticket().status, world.requests) == ("closed", {})
    assert world.events("closed")[0]["evidence_at"] == "2026-03-24T09:00:00+08:00"


def test_given_up_a_claim_asks_again() -> None:
    """R-30: what nobody has answered is not joined."""
    world = opened()
    claim(world)
    world.until("2026-03-10 10:00")
    send_back(world)
    claim(world)
    assert [request["attempt"] for request in world.published(REQUESTS)] == [1, 2, 3, 1]


def test_what_a_run_sees_since_is_an_answer() -> None:
    """R-33: nobody answers the request, but the next run still finds it: back to work, and nobody is accused."""
    world = opened()
    claim(world)
    world.until("2026-03-02 23:00")
    found(world, run_id="night")
    world.until("2026-03-20 10:00")
    (failed,) = world.events("recheck_failed")
    assert (failed["rule"], failed["reason"], failed["source"]) == ("R-33", "seen_since", "crawler")
    assert (failed["at"][5:16], failed["observed_at"][5:16]) == ("03-03T10:00", "03-02T23:00")
    assert (world.ticket().status, len(world.published(REQUESTS)), world.requests) == ("acknowledged", 1, {})
    assert world.events("recheck_unanswered") == []


def test_an_absence_that_a_sighting_has_overtaken_answers_nothing() -> None:
    """R-33: looked at 11:00, seen again at noon, told in the evening: the claim is not left without an answer."""
    world = opened()
    claim(world)
    world.until("2026-03-02 12:00")
    found(world)
    world.until("2026-03-02 20:00")
    answer(world, "absent", "2026-03-02 11:00")
    world.until("2026-03-20 10:00")
    assert (world.ticket().status, world.events("recheck_failed")[0]["reason"]) == ("acknowledged", "seen_since")


@pytest.mark.parametrize("action", ["send_back", "dismiss", "close", "waive"])
def test_what_nobody_waits_for_is_not_repeated(action: str) -> None:
    """R-32: a person has decided meanwhile."""
    world = opened()
    claim(world)
    fields: dict[str, Any] = {"until": "2026-12-31"} if action == "waive" else {}
    world.command(action=action, asset_id="site", ticket_id=world.ticket().ticket_id, reason="已核实", **fields)
    world.until("2026-03-31 10:00")
    assert (len(world.published(REQUESTS)), world.events("recheck_unanswered"), world.requests) == (1, [], {})


def test_a_waiver_that_is_over_is_asked_about_until_somebody_looks() -> None:
    """R-32, E-6: and the answer reopens the ticket or leaves it."""
    world = opened()
    ticket_id = world.ticket().ticket_id
    world.command(action="waive", asset_id="site", ticket_id=ticket_id, reason="改版", until="2026-03-03")
    world.until("2026-03-08 10:00")
    assert [request["attempt"] for request in world.published(REQUESTS)] == [1, 2, 3]
    answer(world, "present")
    assert (world.ticket().status, world.requests) == ("open", {})


def test_clock_hours_are_not_days() -> None:
    """R-32: a dark link that is claimed to be gone is asked about again after two hours."""
    world = opened()
    world.send(
        {"asset_id": "site", "check": "link.dark", "locator": "https://a.gov.cn/", "source": "crawler",
         "observed_at": world.now.isoformat()}
    )  # fmt: skip
    dark = next(ticket for ticket in world.tickets.values() if ticket.check == "link.dark")
    world.command(action="claim_fix", asset_id="site", ticket_id=dark.ticket_id, measures="已清除")
    world.until("2026-03-02 23:00")
    assert [expiry for expiry, _, _ in times(world)] == ["03-02T12:00", "03-02T16:00", "03-03T00:00"]


def test_everything_was_down_for_weeks() -> None:
    """R-32: one repeat at once, not all that were missed; its wait begins now."""
    world = opened()
    claim(world)
    world.jump("2026-03-30 10:00")
    assert times(world) == [("03-03T10:00", 1, ""), ("04-01T10:00", 2, "-2")]


def test_a_pack_may_ask_once_only() -> None:
    """R-32, R-34: `times: 1` gives up at the first expiry."""
    waits = RecheckWaits(wait_hours=24, hourly_wait_hours=2, factor=2, times=1)
    world = opened(policy=policy_with(recheck=waits))
    claim(world)
    world.until("2026-03-20 10:00")
    assert len(world.published(REQUESTS)) == 1
    assert [event["at"][5:16] for event in world.events("recheck_unanswered")] == ["03-03T10:00"]


def test_the_places_of_a_ticket_are_told_together() -> None:
    """R-32, R-34: one event for all, one mail; each place has a request of its own."""
    world = opened()
    for number in range(3):
        found(world, locator=f"栏目{number}", cause="模板", check="column.stale")
    many = next(ticket for ticket in world.tickets.values() if ticket.problem_count == 3)
    world.command(action="claim_fix", asset_id="site", ticket_id=many.ticket_id, measures="已更新")
    world.until("2026-03-20 10:00")
    assert [len(event["request_ids"]) for event in world.events("recheck_requested")] == [3, 3, 3]
    assert [len(event["request_ids"]) for event in world.events("recheck_unanswered")] == [3]
    assert [notice.kind for notice in world.notices.values()].count("recheck_unanswered") == 1


def test_a_waiting_ticket_says_so() -> None:
    """R-34: since when it waits, what was asked, and that its own clock goes on, in `ticket why` and `ticket show`."""
    world = opened()
    assert "waits_for_recheck" not in {one.reason for one in answers(case_of(world, world.ticket()))}
    claim(world)
    said = []
    for at in ("2026-03-02 11:00", "2026-03-04 11:00", "2026-03-12 11:00"):
        world.until(at)
        (waits,) = [one for one in answers(case_of(world, world.ticket())) if one.reason == "waits_for_recheck"]
        said.append(waits.text.partition("；")[0])
    assert said == [
        "自 2026-03-02 10:00 起等待复查（1 处），已申请 1 次，本次至 2026-03-03 10:00 止",
        "自 2026-03-02 10:00 起等待复查（1 处），已申请 2 次，本次至 2026-03-05 10:00 止",
        "自 2026-03-02 10:00 起等待复查，申请 3 次均无人答复，已告知巡检方主管",
    ]
    assert [event["at"][5:16] for event in world.events("overdue")] == ["03-10T00:00"]
    told = [one.text for one in story(dossier_of(world, world.ticket()), POLICY, ZONE)]
    assert "复查申请没有得到答复，第 2 次请巡检方再查（1 处）。" in told
    assert "自 2026-03-02 10:00 起申请复查 3 次，巡检方（crawler）均未答复，已告知其主管；整改时限照常计算。" in told
    answer(world, "absent")
    assert "waits_for_recheck" not in {one.reason for one in answers(case_of(world, world.ticket()))}


def test_what_is_seen_before_the_patrol_is_no_answer() -> None:
    """R-33, R-31: claimed on Monday for the patrol a week later; what a run sees on Thursday is not that patrol's."""
    cycle = RecheckCycle(weekdays=(1,), time=POLICY.limits.recheck_cycle.time)
    world = opened(policy=policy_with(recheck_cycle=cycle))
    claim(world)
    world.until("2026-03-05 10:00")
    found(world)
    world.until("2026-03-10 10:00")
    assert times(world) == [("03-10T09:00", 1, ""), ("03-12T09:00", 2, "-2")]
    assert (world.ticket().status, world.events("recheck_failed")) == ("claimed", [])


def test_waived_again_nobody_is_asked_about_the_first_waiver() -> None:
    """R-32, E-6: its end was asked about; by the time that nobody has answered there is another one."""
    world = opened()
    about = {"asset_id": "site", "ticket_id": world.ticket().ticket_id, "reason": "改版"}
    world.command(action="waive", **about, until="2026-03-03")
    world.until("2026-03-04 09:00")
    world.command(action="reopen", **about)
    world.command(action="waive", **about, until="2026-12-31")
    world.until("2026-03-31 10:00")
    assert ([request["reason"] for request in world.published(REQUESTS)], world.requests) == (["waiver_ended"], {})


def test_asked_again_it_is_the_ticket_that_has_it_now() -> None:
    """R-32, K-22: the ticket that asked was merged into another one, whose number the repeat carries."""
    world = opened()
    found(world, locator="要闻")
    into, emptied = world.tickets.values()
    for ticket in (into, emptied):
        world.command(action="claim_fix", asset_id="site", ticket_id=ticket.ticket_id, measures="已更新")
    world.command(action="merge", asset_id="site", ticket_id=emptied.ticket_id, into=into.ticket_id, reason="同因")
    world.until("2026-03-03 11:00")
    asked = [request["ticket_id"] for request in world.published(REQUESTS)]
    assert asked == [into.ticket_id, emptied.ticket_id, into.ticket_id, into.ticket_id]
    assert {event["ticket_id"] for event in world.events("recheck_requested")[2:]} == {into.ticket_id}


def test_what_was_judged_meanwhile_accuses_nobody() -> None:
    """R-33, D-8: of two places one was set aside for good; that it is still there is no answer to the new claim."""
    world = two_places("dismiss", before={"action": "claim_fix", "measures": "已改"})
    world.until("2026-03-02 11:30")
    seen(world, "h2", locator="/a", cause="模板")
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已改")
    world.until("2026-03-02 12:00")
    seen(world, "h1", locator="/b", cause="模板")
    world.until("2026-03-03 11:00")
    assert (world.ticket().status, world.events("recheck_failed")) == ("claimed", [])
