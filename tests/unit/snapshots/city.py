"""Eleven days of a city, so that every sheet has something to show: on Thursday the 12th at 10:00 somebody looks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tests.support.installation import Installation

BEGIN: Final = "2026-03-02 09:00"  # a Monday
NOW: Final = "2026-03-12 10:00"
SITE: Final = "https://kjj.city.gov.cn"
UNITS: Final[dict[str, dict[str, Any]]] = {
    "zwgk": {
        "name": "市政务公开办",
        "contacts": [{"name": "赵督查", "email": "zhao@city.gov.cn", "phone": "13800000001"}],
        "groups": ["全市督办群"],
    },
    "kjj": {
        "name": "市科技局",
        "supervisor_id": "zwgk",
        "contacts": [
            {"name": "李值守", "email": "li@kjj.city.gov.cn", "phone": "13800000002"},
            {"name": "王局长", "email": "wang@kjj.city.gov.cn", "phone": "13800000003", "role": "head"},
        ],
        "groups": ["科技局整改群"],
    },
    "slj": {
        "name": "市水利局",
        "supervisor_id": "zwgk",
        "contacts": [{"name": "吴值守", "email": "wu@slj.city.gov.cn", "phone": "13800000004"}],
    },
    "lyj": {"name": "市林业局", "supervisor_id": "zwgk"},
}
ASSETS: Final[dict[str, dict[str, Any]]] = {
    "kjj-site": {"name": "市科技局网站", "kind": "website", "unit_id": "kjj", "region": "咸安区"},
    "kjj-wx": {"name": "科技发布", "kind": "account", "platform": "wechat", "unit_id": "kjj", "region": "咸安区"},
    "slj-site": {"name": "市水利局网站", "kind": "website", "unit_id": "slj", "region": "通山县"},
    "lyj-site": {"name": "市林业局网站", "kind": "website", "unit_id": "lyj", "region": "通山县"},
}


async def live(city: Installation) -> None:
    """From the first patrol to the look of Thursday."""
    await _registered(city)
    await _monday(city)
    await _first_week(city)
    await _second_week(city)


async def _registered(city: Installation) -> None:
    for unit_id, fields in UNITS.items():
        await city.processor.register(f"unit:{unit_id}", unit_id=unit_id, **fields)
    for asset_id, fields in ASSETS.items():
        await city.processor.register(f"asset:{asset_id}", asset_id=asset_id, **fields)
    await city.processor.register("guarded:lianghui", **{"name": "全国两会", "from": "2026-03-04", "to": "2026-03-11"})


async def _monday(city: Installation) -> None:
    """A patrol of the 科技局's site, messages of citizens, a warning, an asset that nobody knows."""
    await city.until("2026-03-02 09:30")
    dead = {"title": "附件无法下载", "evidence": {"status": 404, "target": f"{SITE}/files/guide.pdf"}}
    wrong = {"title": "“登陆”应为“登录”", "evidence": {"word": "登陆", "suggestion": "登录"}}
    stale = {"title": "“调查征集”栏目自2025年9月10日起未更新", "evidence": {"stale_since": "2025-09-10"}}
    await _patrol(
        city, "kjj-site", "r-0302",
        [
            {"check": "column.stale", "locator": "/hdjl/dczj/", **stale},
            {"check": "text.typo", "locator": f"{SITE}/login", **wrong},
            *({"check": "link.dead", "locator": f"{SITE}/zwgk/{number}.html", **dead} for number in range(1, 13)),
        ],
        ["column.stale", "text.typo", "link.dead"],
    )  # fmt: skip
    received = {"received_at": "2026-03-02T08:20:00+08:00", "source": "找错平台"}
    told = {"title": "网民反映：“领导信息”栏目中一位领导的职务已变动，页面没有更新"}
    await _find(city, "kjj-site", "message.zhaocuo", "找错留言 4201150029", **received, **told)
    await _find(city, "kjj-wx", "comment.unanswered", "3月1日推文", **received | {"source": "平台导出"})
    ahead = {"level": "warning", "evidence": {"column_kind": "news", "stale_since": "2026-02-19"}}
    await _find(city, "slj-site", "column.stale", "/xwdt/bmdt/", source="市级巡检平台", **ahead)
    await _find(city, "lyj-site", "footer.missing", None, source="市级巡检平台")
    await _find(city, "old-site", "guide.incomplete", "/bszn/12.html", source="市级巡检平台")
    await city.until("2026-03-02 14:00")
    await city.command("acknowledge", city.ticket("kjj-site", "text.typo"))
    await city.command("reassign", city.ticket("kjj-wx", "comment.unanswered"), unit_id="slj", reason="水利项目的评论")
    await city.command("waive", city.ticket("lyj-site", "footer.missing"), until="2026-04-30", reason="网站迁移已报备")


async def _first_week(city: Installation) -> None:
    """Something is put right and comes back; something is not believed; at night a dark link in a guarded period."""
    await city.until("2026-03-03 10:00")
    await city.command("claim_fix", city.ticket("kjj-site", "text.typo"), measures="已更正")
    await city.command("extend", city.ticket("kjj-site", "link.dead"), working_days=3, reason="附件正在补录")
    await city.until("2026-03-03 15:00")
    answer = {"type": "recheck", "asset_id": "kjj-site", "check": "text.typo", "locator": f"{SITE}/login"}
    answer |= {"discriminator": "登陆", "outcome": "absent", "source": "市级巡检平台", "observed_at": city.now()}
    await city.processor.send({**answer, "ticket_id": city.ticket("kjj-site", "text.typo")["ticket_id"]})
    await city.until("2026-03-04 16:00")
    await city.command("claim_fix", city.ticket("kjj-site", "message.zhaocuo"), measures="已更新领导信息")
    await city.until("2026-03-05 09:00")
    await city.command("send_back", city.ticket("kjj-site", "message.zhaocuo"), reason="平台上尚未答复")
    wrong = {"title": "“登陆”应为“登录”", "evidence": {"word": "登陆", "suggestion": "登录"}}
    await _find(city, "kjj-site", "text.typo", f"{SITE}/login", source="市级巡检平台", **wrong)
    await city.until("2026-03-06 22:30")
    hidden = {"title": "页脚隐藏链接指向博彩网站", "evidence": {"target": "https://bet.example.com/"}}
    await _find(city, "slj-site", "link.dark", "/index.html", source="安全监测", **hidden)


async def _second_week(city: Installation) -> None:
    """A claim that nobody rechecks, a false alarm, a patrol that is held, and a site that is down for a moment."""
    await city.until("2026-03-09 09:30")
    await city.command("dismiss", city.ticket("old-site", "guide.incomplete"), reason="该事项已取消")
    broken = [
        {"check": "function.broken", "locator": f"/fw/{number}/", "title": "按钮无响应"} for number in range(1, 23)
    ]
    await _patrol(city, "slj-site", "r-0309", broken, ["function.broken"])
    await city.command("claim_fix", city.ticket("kjj-site", "column.stale"), measures="已更新并建立台账")
    await city.until("2026-03-11 09:30")
    await _patrol(city, "slj-site", "r-0311", [], ["function.broken"])
    await _find(city, "lyj-site", "site.unreachable", None, source="可用性监测", evidence={"status": 503})
    await city.until(NOW)


async def _patrol(
    city: Installation, asset_id: str, run_id: str, found: Iterable[dict[str, Any]], checks: list[str]
) -> None:
    """A complete run."""
    whose = {"asset_id": asset_id, "source": "市级巡检平台", "run_id": run_id}
    findings = [{**whose, "observed_at": city.now(), **one} for one in found]
    end = {"type": "run", **whose, "status": "complete", "checks": checks, "found": len(findings)}
    await city.processor.send(*findings, {**end, "finished_at": city.now()})
    await city.wait(31)


async def _find(city: Installation, asset_id: str, check: str, locator: str | None, **fields: Any) -> None:
    """One finding, without a run."""
    place = {} if locator is None else {"locator": locator}
    await city.processor.send({"asset_id": asset_id, "check": check, "observed_at": city.now(), **place, **fields})
