"""What the pictures of the office's guide show: a small town in which something of everything waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from streams.store.views import SavedView
from streams.web.desk.sessions import PLAIN_COOKIE
from tests.support.officials import official
from tests.support.pages import Pages

if TYPE_CHECKING:
    from tests.browser.pictures import Stage

_UNITS: Final = (
    ("jyj", "市教育局", "gov", "王晓"), ("wjw", "市卫生健康委", "gov", "陈立"),
    ("zjj", "市住房城乡建设局", "gov", "刘洋"), ("dj", "东江县政府办公室", "gov", "周敏"),
    ("djjy", "东江县教育局", "dj", "吴静"),
)  # fmt: skip
_SITES: Final = (
    ("jyj-site", "市教育局网站", "jyj", "https://jyj.city.example", "website"),
    ("wjw-site", "市卫生健康委网站", "wjw", "https://wjw.city.example", "website"),
    ("wjw-wx", "健康东江", "wjw", "", "account"),
    ("zjj-site", "市住房城乡建设局网站", "zjj", "https://zjj.city.example", "website"),
    ("dj-site", "东江县政府门户网站", "dj", "https://www.dongjiang.example", "website"),
)
_FOUND: Final[tuple[tuple[str, str, str, str, dict[str, Any]], ...]] = (
    ("jyj-site", "link.dead", "/zwgk/2026/0211.html", "招生计划附件打不开", {"http_status": 404}),
    ("jyj-site", "column.stale", "政务公开/通知公告", "栏目超过两周未更新", {"stale_since": "2026-02-12"}),
    ("wjw-site", "text.typo", "/ywdt/0223.html", "正文错别字", {"word": "疫苗接钟", "suggestion": "疫苗接种"}),
    ("wjw-wx", "account.stale", "", "公众号超过14日未更新", {}),
    ("zjj-site", "wording.serious", "/xwzx/0227.html", "严重表述错误", {"word": "××", "suggestion": "规范表述"}),
    ("zjj-site", "function.broken", "/zxbs/search", "办事搜索无结果", {}),
    ("dj-site", "link.dead", "/zfxxgk/zcwj/12.html", "政策文件附件打不开", {"http_status": 500}),
    ("dj-site", "content.misplaced", "/zfxxgk/jgsz", "机构设置栏目内容错位", {}),
)


async def town(pages: Pages) -> None:
    """Units, sites, tickets in every state; an ask and a claim; a week later some of it is late."""
    for unit_id, name, above, contact in _UNITS:
        who = {"name": contact, "email": f"{unit_id}@city.example", "role": "duty"}
        await pages.desk.register(
            f"unit:{unit_id}", unit_id=unit_id, name=name, supervisor_id=above, contacts=[who], region="某市"
        )
    for number, (asset_id, name, unit_id, url, kind) in enumerate(_SITES, 2):
        more = {"url": f"{url}/"} if url else {"platform": "wechat"}
        code = {"code": f"33010000{number:02}"} if kind == "website" else {}
        await pages.desk.register(
            f"asset:{asset_id}", asset_id=asset_id, name=name, unit_id=unit_id, kind=kind, region="某市", **more, **code
        )
    sites = {one[0]: one[3] for one in _SITES}
    await pages.find(
        *(
            {
                "asset_id": asset_id, "check": check, "title": title, "evidence": evidence,
                "locator": sites[asset_id] + place if place.startswith("/") else place,
            }
            for asset_id, check, place, title, evidence in _FOUND
        )
    )  # fmt: skip
    numbers = {(one["asset_id"], one["check"]): one["ticket_id"] for one in pages.desk.tickets().values()}

    async def act(action: str, asset_id: str, check: str, **fields: Any) -> None:
        await pages.desk.command(
            action=action, asset_id=asset_id, ticket_id=numbers[asset_id, check], by="王晓", **fields
        )

    await act("acknowledge", "wjw-site", "text.typo")
    await act("claim_fix", "jyj-site", "link.dead", measures="附件已重新上传，并核对了同栏目其他附件。")
    until = "2026-03-16T23:59:59+08:00"
    await act("ask", "dj-site", "content.misplaced", kind="extension", due_at=until, reason="栏目正在整合")
    await pages.installation.until("2026-03-10 10:00")
    search, now = pages.premises.store.search, pages.premises.now().real
    filling = pages.premises.filling
    await search.take_turn(filling._owner, now)
    await filling.take({}, pages.desk.tickets())
    await search.catch_up(filling._owner, now + timedelta(minutes=5))
    for holder, name, query in (
        ("account:赵敏", "本周到期", "due_to=2026-03-13"),
        ("unit:", "县区逾期", "unit=dj&sub=1&light=red"),
        ("unit:", "待决定的申请", "decide=ask"),
    ):
        await pages.premises.store.views.save(SavedView(f"{name}", holder, name, query, "赵敏", now), 9)


async def log_in(stage: Stage) -> None:
    """Somebody who may do everything."""
    someone = await official(stage.pages, "admin", name="赵敏")
    cookie = {"name": PLAIN_COOKIE, "value": someone.client.cookies[PLAIN_COOKIE], "url": stage.address}
    await stage.page.context.add_cookies([cookie])  # type: ignore[list-item]


def _scene(path: str, show: str = "") -> Callable[[Stage], Awaitable[None]]:
    """A page as the screen has it; `show`: what it is scrolled to."""

    async def go(stage: Stage) -> None:
        await stage.page.goto(stage.address + path)
        if show:
            await stage.page.locator(show).first.evaluate("one => one.scrollIntoView()")

    return go


def _of_ticket(check: str, path: str = "") -> Callable[[Stage], Awaitable[None]]:
    async def go(stage: Stage) -> None:
        numbers = {one["check"]: one["ticket_id"] for one in stage.pages.desk.tickets().values()}
        await stage.page.goto(f"{stage.address}/tickets/{numbers[check]}{path}")

    return go


async def _login(stage: Stage) -> None:
    kept = await stage.page.context.cookies()
    await stage.page.context.clear_cookies()
    await stage.page.goto(f"{stage.address}/login")
    await stage.page.context.add_cookies(kept)  # type: ignore[arg-type]


async def _bulk(stage: Stage) -> None:
    await stage.page.goto(f"{stage.address}/tickets?check=link.dead")
    for box in await stage.page.locator("input[name=ticket]").all():
        await box.check()
    await stage.page.select_option("#bulk-act", "extend")
    await stage.page.get_by_role("button", name="下一步：核对").click()
    await stage.page.get_by_role("button", name="确认").wait_for()


OFFICE_SCENES: Final[dict[str, Callable[[Stage], Awaitable[None]]]] = {
    "office-login": _login,
    "office-desk": _scene("/desk"),
    "office-list": _scene("/tickets"),
    "office-rows": _scene("/tickets", ".count"),
    "office-search": _scene("/tickets?q=附件 打不开", ".chips"),
    "office-views": _scene("/views?query=light%3Dred%26check%3Dlink.dead"),
    "office-ticket": _of_ticket("content.misplaced"),
    "office-act": _of_ticket("content.misplaced", "/acts/extend"),
    "office-bulk": _bulk,
    "office-print": _of_ticket("link.dead", "/print?form=supervision"),
    "office-registry": _scene("/registry/units"),
    "office-calendar": _scene("/calendar/2026"),
    "office-policy": _scene("/policy"),
}
"""By the picture's name."""
