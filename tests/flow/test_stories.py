"""Stories from real life through the pure core, told as timelines."""

from __future__ import annotations

from tests.support.world import World

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


def test_dark_link_in_a_guarded_period_on_a_saturday_night() -> None:
    """Mail and SMS at once at every step, no quiet hours; the steps are in dark-link-saturday-night.yaml."""
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
    world.until("2026-10-04 04:00")
    assert all(notice.exempt and notice.not_before == notice.created_at for notice in world.notices.values())
    assert {n.channel for n in world.notices.values() if n.kind == "opened"} == {"email", "sms"}
