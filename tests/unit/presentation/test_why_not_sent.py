"""Why nothing was sent: one test a reason (rule N-15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.channels import Channel
from schemas.registry import Unit
from streams.files.calendar.builtin import builtin_calendar
from streams.files.policy.loading import load_policy
from streams.presentation.why_not_sent import Case, Reason, answers
from streams.rules.sending.fallback import place_id
from streams.rules.state.records import Notice, Ticket
from streams.rules.state.snapshot import Registry
from streams.rules.state.text import to_json
from tests.support.ledger import ZONE, notice, open_ticket

POLICY = load_policy()
MORNING = datetime(2026, 3, 3, 9, tzinfo=ZONE)  # a Tuesday
NIGHT = datetime(2026, 3, 3, 23, tzinfo=ZONE)
BOTH: frozenset[Channel] = frozenset(("email", "sms"))
FROZEN = {"row": "text.typo", "amount": 3, "calendar": "cn-2026", "basis": "", "policy": "default@1"}
DUTY = {"name": "李", "email": "li@a.cn", "phone": "13800000001"}
HEAD = {"name": "王", "email": "wang@a.cn", "phone": "13800000002", "role": "head"}


def _unit(unit_id: str, *contacts: dict[str, str], supervisor: str | None = None) -> Unit:
    names = {"unit-1": "市科技局", "city": "市公开办"}
    return Unit.model_validate(
        {"unit_id": unit_id, "name": names[unit_id], "supervisor_id": supervisor, "contacts": contacts}
    )


CITY = _unit("city", {"name": "赵", "email": "zhao@a.cn", "phone": "13800000003"})
WELL = (_unit("unit-1", DUTY, HEAD, supervisor="city"), CITY)


def _ticket(*, provisional: bool = False, steps: Sequence[tuple[str, datetime]] = (), **changes: Any) -> Ticket:
    plan = [[name, at.isoformat()] for name, at in steps]
    ticket = open_ticket(1, "AAA", 1)._replace(provisional=provisional, deadline_json=to_json(FROZEN))
    return ticket._replace(plan_json=to_json(plan))._replace(**changes)


def _notice(**changes: Any) -> Notice:
    return notice("n", 1, 1)._replace(exempt=False, not_before=MORNING, updated_at=MORNING)._replace(**changes)


def _answers(
    *notices: Notice,
    ticket: Ticket | None = None,
    units: Sequence[Unit] = WELL,
    configured: frozenset[Channel] = BOTH,
    at: datetime = MORNING,
) -> list[Reason]:
    registry = Registry({unit.unit_id: unit for unit in units}, builtin_calendar(), {}, ZONE)
    return answers(Case(ticket or _ticket(), notices, registry, POLICY, configured, at))


def _one(found: list[Reason], reason: str) -> Reason:
    (answer,) = (one for one in found if one.reason == reason)
    return answer


def test_nobody_owns_it() -> None:
    """The asset is not registered."""
    assert "没有登记" in _one(_answers(ticket=_ticket(unit_id=None)), "unassigned").text


def test_the_unit_is_not_known() -> None:
    """The asset names a unit that is not in the registry."""
    assert "unit-1 不在名录中" in _one(_answers(units=()), "unit_unknown").text


def test_another_contact_of_the_unit_was_told() -> None:
    """No head: the duty contact is told instead; with all roles filled nothing is said."""
    units = (_unit("unit-1", DUTY, supervisor="city"), CITY)
    assert "没有负责人联系人，该发给负责人的改发本单位李" in _one(_answers(units=units), "told_others").text
    assert {one.reason for one in _answers()} == {"no_more_steps", "listed"}


def test_the_supervising_unit_was_told() -> None:
    """A unit without contacts: its supervisor's are told instead, of duty and head's notices."""
    found = _answers(units=(_unit("unit-1", supervisor="city"), CITY))
    assert ["改发主管单位市公开办（赵）" in one.text for one in found if one.reason == "told_the_supervisor"] == [
        True,
        True,
    ]


def test_nobody_can_be_told() -> None:
    """Neither the unit nor its supervisor has a contact with an address."""
    found = _answers(units=(_unit("unit-1", supervisor="city"), _unit("city")))
    assert ["无人可发" in one.text for one in found if one.reason == "no_recipient"] == [True, True, True]


def test_there_is_no_supervisor() -> None:
    """Supervision is published on its topic, and nobody gets a mail."""
    assert "没有登记主管单位" in _one(_answers(units=(_unit("unit-1", DUTY, HEAD),)), "no_supervisor").text


def test_nobody_has_a_phone() -> None:
    """Urging goes by mail and SMS; without a number only by mail."""
    units = (_unit("unit-1", {"name": "李", "email": "li@a.cn"}, HEAD, supervisor="city"), CITY)
    assert "李没有可用的手机号码，值守收不到短信" in _one(_answers(units=units), "no_address").text


@pytest.mark.parametrize(
    ("changes", "at", "reason", "words"),
    [
        ({"not_before": MORNING + timedelta(minutes=8)}, MORNING, "gathering", "2026-03-03 09:08"),
        ({}, NIGHT, "quiet_hours", "2026-03-04 08:00 起发送"),
        (
            {"code": "quiet_hours", "not_before": MORNING + timedelta(hours=23)},
            NIGHT, "quiet_hours", "免打扰时段或休息日，2026-03-04 08:00",
        ),
        ({}, datetime(2026, 3, 7, 12, tzinfo=ZONE), "quiet_hours", "2026-03-09 08:00"),
        ({"exempt": True}, NIGHT, "waiting", "尚未发出"),
        (
            {"code": "mail_cap", "not_before": MORNING + timedelta(days=1)},
            MORNING, "mail_cap", "今日邮件已满 10 封",
        ),
        (
            {"code": "sms_cap", "channel": "sms", "not_before": MORNING + timedelta(days=1)},
            MORNING, "sms_cap", "今日短信已满 1 条",
        ),
        (
            {"code": "dropped", "attempts": 2, "not_before": MORNING + timedelta(minutes=1)},
            MORNING, "retrying", "第 2 次发送未成（dropped）",
        ),
        ({"state": "sending"}, MORNING, "sending", "正在发送"),
        ({"state": "expired", "code": "too_late"}, MORNING, "expired", "已过期"),
        ({"state": "undelivered", "code": "8"}, MORNING, "bounced", "被退回，没有送达（8）"),
        ({"state": "uncertain", "code": "timeout"}, MORNING, "uncertain", "不再重发"),
        ({"state": "dead", "code": "rejected:550"}, MORNING, "refused", "拒收，不再重试（rejected:550）"),
        ({"state": "suppressed", "code": "superseded", "kind": "reminder"}, MORNING, "superseded", "更高一级"),
        ({"state": "suppressed", "code": "ticket_closed"}, MORNING, "ticket_closed", "已办结"),
        ({"state": "suppressed", "code": "ticket_reopened"}, MORNING, "ticket_reopened", "又重新打开"),
        ({"state": "suppressed", "code": "withdrawn"}, MORNING, "withdrawn", "延期或重新计算时限，已撤回"),
        ({"state": "suppressed", "code": "stopped"}, MORNING, "stopped", "由人工停发"),
        ({"code": "stopped"}, MORNING, "stopped", "由人工停发"),
        ({"state": "accepted"}, MORNING, "sent", "2026-03-03 09:00 已发出"),
        ({"state": "delivered", "channel": "sms"}, MORNING, "sent", "已送达"),
    ],
)  # fmt: skip
def test_what_became_of_a_notice(changes: dict[str, Any], at: datetime, reason: str, words: str) -> None:
    """Each state and what holds it, in words that name the notice and its recipient."""
    answer = _one(_answers(_notice(**changes), at=at), reason)
    assert words in answer.text
    assert "（王某）" in answer.text
    assert answer.notice_id == _notice().notice_id


def test_a_channel_is_not_set_up() -> None:
    """Said of a notice that was suppressed for it, and of one that is going to be."""
    found = [
        *_answers(_notice(channel="sms", state="suppressed", code="channel_not_configured")),
        *_answers(_notice(channel="sms"), configured=frozenset(("email",))),
    ]
    assert ["没有设置短信渠道" in one.text for one in found if one.reason == "channel_not_configured"] == [True, True]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "closed"}, "整改单已销号，撤回"),
        ({"status": "dismissed"}, "整改单已撤销，撤回"),
        ({"status": "closed", "merged_into": "ZG-1"}, "整改单已并入 ZG-1，撤回"),
    ],
)
def test_withdrawn_because_it_has_ended(changes: dict[str, Any], words: str) -> None:
    """The ticket says why; and that nothing comes any more."""
    found = _answers(_notice(code="withdrawn"), ticket=_ticket(closed_at=MORNING, **changes))
    assert words in _one(found, "withdrawn").text
    assert "不再提醒和升级" in _one(found, "ended").text


def test_the_next_step_has_its_time() -> None:
    """Nothing is due yet."""
    steps = [("urge", MORNING + timedelta(days=3)), ("supervise", MORNING + timedelta(days=7))]
    answer = _one(_answers(ticket=_ticket(steps=steps)), "nothing_due")
    assert answer.text == "下一步是“催办”，在 2026-03-06 09:00，以邮件、短信通知值守。"
    assert answer.at == MORNING + timedelta(days=3)


def test_becoming_overdue_tells_nobody() -> None:
    """It is a fact of its own, recorded only."""
    steps = [("overdue", MORNING + timedelta(days=1))]
    assert "只作记录，不发通知" in _one(_answers(ticket=_ticket(steps=steps)), "nothing_due").text


def test_a_provisional_deadline_goes_no_higher() -> None:
    """E-9: supervision and bulletin are closed to it."""
    found = _answers(ticket=_ticket(provisional=True))
    assert "不进行督办、通报" in _one(found, "provisional").text
    assert [one.reason for one in found] == ["listed", "provisional"]


def test_somebody_was_told_in_anothers_place() -> None:
    """N-25: both are said: who was not reached, and who was told instead."""
    bounced = _notice(unit_id="unit-1", name="李", state="undelivered", code="5.1.1", channel="email")
    another = bounced._replace(notice_id=place_id(bounced.notice_id), name="王", state="accepted", channel="sms")
    found = _answers(bounced, another)
    assert "（李）：没有送达，改发本单位王（短信），只改发一次" in _one(found, "told_in_place").text
    supervisors = _answers(bounced, another._replace(unit_id="city", name="赵"))
    assert "改发市公开办赵" in _one(supervisors, "told_in_place").text
    assert _one(found, "bounced").notice_id == bounced.notice_id


def test_what_presses_is_listed_in_mails_that_go_anyway() -> None:
    """N-27: overdue, or due within the policy's days; neither before that, nor where nobody owns it."""
    late = _ticket(due_at=MORNING - timedelta(days=1))
    assert "已逾期" in _one(_answers(ticket=late), "listed").text
    assert "7天内到期" in _one(_answers(ticket=_ticket(due_at=MORNING + timedelta(days=6))), "listed").text
    for ticket in (_ticket(due_at=MORNING + timedelta(days=8)), _ticket(unit_id=None)):
        assert "listed" not in {one.reason for one in _answers(ticket=ticket)}
