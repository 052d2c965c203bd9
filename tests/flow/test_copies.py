"""Copies of escalations for chat groups: who gets them, and that nothing rests on them (rule N-46)."""

from __future__ import annotations

from schemas.registry import Unit
from streams.rules.sending.sending import Situation, plan_sending
from tests.support.world import POLICY, World

CONTACTS = [{"name": "李值守", "email": "duty@a.gov.cn", "phone": "13800000001"}]


def world(**owner: object) -> World:
    """A site, its owner and the supervising unit, both with a group."""
    story = World("2026-03-02 10:00")
    story.unit("city", "市公开办", contacts=[{"name": "公开办", "email": "office@a.gov.cn"}], groups=["督办群"])
    story.unit("owner", "市科技局", supervisor_id="city", contacts=CONTACTS, **{"groups": ["科技局群"], **owner})
    story.asset("site", "市科技局网站", unit_id="owner")
    story.send(
        {"asset_id": "site", "check": "column.blank", "locator": "公示", "observed_at": "2026-03-02T10:00:00+08:00"}
    )
    return story


def copies(story: World) -> list[tuple[str, str]]:
    """Kind and group of each copy."""
    return [(one.kind, one.address) for one in story.notices.values() if one.channel == "chat"]


def test_escalations_are_copied_and_nothing_else() -> None:
    """The urge goes to the owner's group, the supervision to the supervisor's too; openings and reminders to none."""
    story = world()
    story.until("2026-03-09 12:00")
    assert copies(story) == []
    story.until("2026-03-10 12:00")
    assert copies(story) == [("urge", "科技局群")]
    story.until("2026-03-31 12:00")
    assert sorted(copies(story)) == [
        ("bulletin", "督办群"), ("bulletin", "科技局群"), ("supervise", "督办群"), ("supervise", "科技局群"),
        ("urge", "科技局群"),
    ]  # fmt: skip


def test_a_group_of_both_gets_one_copy() -> None:
    """Owner and supervisor sit in the same group."""
    story = world(groups=["督办群"])
    story.until("2026-03-13 12:00")
    assert [copy for copy in copies(story) if copy[0] == "supervise"] == [("supervise", "督办群")]


def test_whoever_has_a_group_is_told_all_the_same() -> None:
    """A copy takes no contact's place: the same people get the same mails and messages."""
    told = []
    for story in (world(), world(groups=[])):
        story.until("2026-03-31 12:00")
        told.append({(one.kind, one.channel, one.address) for one in story.notices.values() if one.channel != "chat"})
    assert told[0] == told[1]


def test_a_group_gets_one_message_for_many_tickets() -> None:
    """What falls due together is one message, as a mail is (N-8): a robot may speak twenty times a minute."""
    story = world()
    story.until("2026-03-10 12:00")
    (copy,) = [one for one in story.notices.values() if one.channel == "chat"]
    other = copy._replace(notice_id="f" * 32)
    situation = Situation(story.now, story.tickets, story.registry, POLICY.sending, configured=True)
    assert len(plan_sending([copy, other], situation).deliveries) == 1


def test_groups_are_not_published() -> None:
    """An escalation shows its unit without contacts and groups."""
    story = world()
    story.until("2026-03-10 12:00")
    (body,) = story.published("rectify.escalations.urge")
    assert "groups" not in body["unit"]
    assert "groups" in Unit.model_fields
