"""What a person says about a single notice: once more, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from streams.rules.state.records import Notice
from tests.support.grouping import CONTACTS, findings, world
from tests.support.world import World, local


def told(state: str, **changes: Any) -> tuple[World, Notice]:
    """An opening, which by now is in this state."""
    made = world()
    made.send(*findings(range(1), {}))
    (notice,) = made.notices.values()
    notice = notice._replace(state=state, **changes)
    made.notices[notice.notice_id] = notice
    made.until("2026-03-02 11:00")
    return made, notice


def say(made: World, action: str, notice: Notice, **fields: Any) -> str | None:
    """A command about it; the reason of the refusal, if it was refused."""
    before = len(made.events("command_refused"))
    about = {"asset_id": "site", "notice_id": notice.notice_id, "reason": "对方称未收到", "command_id": "c-1"}
    made.command(action=action, **about | fields)
    refused = made.events("command_refused")[before:]
    return refused[0]["reason"] if refused else None


def test_sent_once_more() -> None:
    """N-21: a dead mail goes to the address that the registry has by now, at once, and once for each command."""
    made, dead = told("dead", code="550", attempts=1, provider="smtp", delivery_id="d" * 32)
    made.unit("kjj", "市科技局", contacts=[{"name": "李值守", "email": "li@kjj.gov.cn"}])
    assert say(made, "resend_notice", dead) is None
    assert say(made, "resend_notice", dead) is None
    again = next(notice for notice in made.notices.values() if notice.notice_id != dead.notice_id)
    assert len(made.notices) == 2
    assert made.notices[dead.notice_id] == dead
    assert (again.ticket_pk, again.kind, again.state, again.attempts) == (dead.ticket_pk, "opened", "pending", 0)
    assert (again.name, again.address) == ("李值守", "li@kjj.gov.cn")
    assert (again.delivery_id, again.code, again.provider) == (None, None, None)
    assert again.not_before == again.created_at == local("2026-03-02 11:00")
    (event,) = made.events("notice_resent")
    assert (event["rule"], event["by"], event["said"]) == ("N-21", "张三", "对方称未收到")
    assert (event["notice_id"], event["new_notice_id"]) == (dead.notice_id, again.notice_id)
    assert event["ticket_id"] == made.ticket().ticket_id
    assert "张三 补发给李值守的邮件通知" in event["summary"]
    assert say(made, "resend_notice", dead, command_id="c-2") is None
    assert len(made.notices) == 3


@pytest.mark.parametrize("state", ["accepted", "delivered", "uncertain"])
def test_what_may_have_arrived_goes_again_only_on_purpose(state: str) -> None:
    """N-21: `again` says so."""
    made, notice = told(state)
    assert say(made, "resend_notice", notice) == "notice_arrived"
    assert len(made.notices) == 1
    assert say(made, "resend_notice", notice, command_id="c-2", reason_code="again") is None
    assert len(made.notices) == 2


def test_what_is_not_sent_again() -> None:
    """N-21: unknown, another asset's, without a reason, still on its way, past, to nobody."""
    made, notice = told("undelivered")
    assert say(made, "resend_notice", notice._replace(notice_id="0" * 32)) == "notice_unknown"
    made.asset("other", "另一网站", unit_id="kjj")
    assert say(made, "resend_notice", notice, asset_id="other", command_id="c-2") == "notice_of_another_asset"
    assert say(made, "resend_notice", notice, reason=None, command_id="c-3") == "reason_missing"
    for number, state in enumerate(("pending", "sending")):
        made.notices[notice.notice_id] = notice._replace(state=state)
        assert say(made, "resend_notice", notice, command_id=f"c-4{number}") == "notice_under_way"
    made.notices[notice.notice_id] = notice
    made.unit("kjj", "市科技局", contacts=[])
    assert say(made, "resend_notice", notice, command_id="c-5") == "nobody_to_tell"
    made.unit("kjj", "市科技局", contacts=CONTACTS)
    made.command(action="close", asset_id="site", ticket_id=made.ticket().ticket_id, reason="已核实")
    assert say(made, "resend_notice", notice, command_id="c-6") == "notice_outdated"


def test_stopped_before_it_goes() -> None:
    """N-22: it keeps its state until the dispatcher takes it, at once; a second stop, or a late one, is refused."""
    made, notice = told("pending")
    assert say(made, "suppress_notice", notice, reason=None) == "reason_missing"
    assert say(made, "suppress_notice", notice, command_id="c-2") is None
    stopped = made.notices[notice.notice_id]
    assert (stopped.state, stopped.code, stopped.not_before) == ("pending", "stopped", local("2026-03-02 11:00"))
    (event,) = made.events("notice_suppressed")
    assert (event["rule"], event["notice_id"], event["channel"]) == ("N-22", notice.notice_id, "email")
    assert say(made, "suppress_notice", notice, command_id="c-3") == "notice_not_pending"
    for number, state in enumerate(("sending", "accepted", "suppressed")):
        made.notices[notice.notice_id] = notice._replace(state=state)
        assert say(made, "suppress_notice", notice, command_id=f"c-4{number}") == "notice_not_pending"


def test_a_command_about_a_notice_names_it() -> None:
    """The schema asks for its id, and for no ticket."""
    made, _ = told("dead")
    made.command(action="resend_notice", asset_id="site", reason="对方称未收到")
    (refusal,) = made.refused
    assert "notice_id" in refusal.detail
