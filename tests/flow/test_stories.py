"""Stories from real life through the pure core, told as timelines."""

from __future__ import annotations

from tests.support.world import ZONE, World, local

CONTACTS = [
    {"name": "李值守", "email": "duty@kjj.xn.gov.cn", "phone": "13800000001"},
    {"name": "王局长", "email": "head@kjj.xn.gov.cn", "phone": "13800000002", "role": "head"},
]
SUPERVISOR = [{"name": "政务公开办", "email": "zwgk@xn.gov.cn", "phone": "13800000009"}]


def owned(at: str, **asset: object) -> World:
    """A world with one asset, its owner and the supervising unit."""
    world = World(at)
    world.unit("xn-zwgk", "咸宁市政务公开领导小组办公室", contacts=SUPERVISOR)
    world.unit("xn-kjj", "市科技局", supervisor_id="xn-zwgk", contacts=CONTACTS)
    world.asset("kjj-site", "市科技局网站", unit_id="xn-kjj", **asset)
    return world


def when(world: World, kind: str) -> list[str]:
    """Local times of the events of a kind."""
    return [event["at"][:16].replace("T", " ") for event in world.events(kind)]


def test_xianning_2023() -> None:
    """咸宁 2023: named in a notice, reminded, overdue, urged, supervised, claimed, rechecked, closed."""
    world = owned("2023-02-24 09:00")
    world.send(
        {
            "asset_id": "kjj-site",
            "check": "column.stale",
            "locator": "调查征集",
            "observed_at": "2023-02-24T09:00:00+08:00",
            "due_by": "2023-03-06",
            "basis": "2023年第一季度政府网站及政务新媒体抽查情况的通报",
            "detail": "其他栏目存在应更新未更新",
        }
    )
    world.until("2023-03-09 12:00")
    assert when(world, "reminded") == ["2023-03-03 09:00"]
    assert when(world, "overdue") == ["2023-03-07 00:00"]
    assert [(e["rung"], e["at"][:16]) for e in world.events("escalated")] == [
        ("urge", "2023-03-07T09:00"),
        ("supervise", "2023-03-09T09:00"),
    ]
    (message,) = world.published("rectify.escalations.supervise")
    assert message["overdue_for"]["working_days"] == 3
    assert message["unit"]["name"] == "市科技局"
    assert "contacts" not in message["unit"]
    ticket_id = world.ticket().ticket_id
    world.command(action="claim_fix", asset_id="kjj-site", ticket_id=ticket_id, measures="已更新")
    (request,) = world.published("rectify.recheck-requests")
    world.send(
        {
            "type": "recheck",
            "asset_id": "kjj-site",
            "fingerprint": request["fingerprint"],
            "request_id": request["request_id"],
            "outcome": "absent",
            "observed_at": "2023-03-09T11:30:00+08:00",
        }
    )
    assert world.ticket().status == "closed"
    assert world.ticket().close_reason == "recheck_absent"
    world.until("2023-04-09 12:00")
    assert world.published("rectify.escalations.bulletin") == []
    assert world.told() == [
        ("02-24 09:00", "opened", "email", "李值守"),
        ("03-03 09:00", "reminder", "email", "李值守"),
        ("03-07 09:00", "urge", "email", "李值守"),
        ("03-07 09:00", "urge", "sms", "李值守"),
        ("03-09 09:00", "supervise", "email", "王局长"),
        ("03-09 09:00", "supervise", "sms", "王局长"),
        ("03-09 09:00", "supervise", "email", "政务公开办"),
        ("03-09 09:00", "supervise", "sms", "政务公开办"),
    ]


def test_zhaocuo_over_spring_festival() -> None:
    """找错 received on a Friday before the Spring Festival: due on the Wednesday after next, answered, closed."""
    world = owned("2026-02-13 16:00")
    world.send(
        {
            "asset_id": "kjj-site",
            "check": "message.zhaocuo",
            "locator": "zc-1",
            "observed_at": "2026-02-13T16:05:00+08:00",
            "received_at": "2026-02-13T16:00:00+08:00",
        }
    )
    assert world.ticket().due_at == local("2026-02-25 23:59:59")
    world.until("2026-02-26 10:00")
    assert [event["rung"] for event in world.events("escalated")] == ["urge"]
    assert {("urge", "email"), ("urge", "sms")} <= {(kind, channel) for _, kind, channel, _ in world.told()}
    before = len(world.notices)
    world.send(
        {
            "type": "recheck",
            "asset_id": "kjj-site",
            "check": "message.zhaocuo",
            "locator": "zc-1",
            "outcome": "absent",
            "observed_at": "2026-02-26T09:30:00+08:00",
            "evidence": {"answer": "已更正，谢谢"},
        }
    )
    assert world.ticket().status == "closed"
    world.until("2026-04-01 10:00")
    assert len(world.notices) == before


def test_comment_on_an_account() -> None:
    """A comment on an account stays unanswered for two working days: overdue on the third."""
    world = World("2026-11-16 10:00")
    world.asset("wx", "某某发布", kind="account", platform="wechat")
    world.send(
        {
            "asset_id": "wx",
            "check": "comment.unanswered",
            "locator": "c-77",
            "observed_at": "2026-11-16T10:00:00+08:00",
            "received_at": "2026-11-16T09:00:00+08:00",
        }
    )
    world.until("2026-11-20 10:00")
    assert when(world, "overdue") == ["2026-11-19 00:00"]
    (urge,) = world.outbox[-1:] and [m for m in world.outbox if m.topic == "rectify.escalations.urge"]
    assert urge.key == b"unassigned"


def test_dark_link_in_a_guarded_period_on_a_saturday_night() -> None:
    """Two clock hours, around the clock, mail and SMS at once, no quiet hours."""
    world = owned("2026-10-03 23:00", region="咸宁市")
    world.guarded("国庆", **{"from": "2026-10-01", "to": "2026-10-08", "regions": ["咸宁市"]})
    world.send(
        {
            "asset_id": "kjj-site",
            "check": "link.dark",
            "locator": "https://a.gov.cn/x",
            "observed_at": "2026-10-03T23:00:00+08:00",
        }
    )
    ticket = world.ticket()
    assert ticket.due_at.astimezone(ZONE).strftime("%m-%d %H:%M") == "10-04 01:00"
    world.until("2026-10-04 04:00")
    assert when(world, "reminded") == ["2026-10-04 00:00"]
    assert [(e["rung"], e["at"][11:16]) for e in world.events("escalated")] == [
        ("urge", "01:00"),
        ("supervise", "03:00"),
    ]
    assert all(notice.exempt and notice.not_before == notice.created_at for notice in world.notices.values())
    assert {n.channel for n in world.notices.values() if n.kind == "opened"} == {"email", "sms"}
