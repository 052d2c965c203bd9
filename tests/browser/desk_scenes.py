"""What the pictures of the desk show: each scene logs somebody in, and goes to a page of a ledger that is filled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from playwright.async_api import Locator

from streams.web.desk.sessions import PLAIN_COOKIE
from tests.support.officials import official
from tests.support.supervised import RUN, filled

if TYPE_CHECKING:
    from tests.browser.pictures import Stage

_RUN: Final = f"/desk/decisions/run?{urlencode(RUN)}"


def _scene(path: str, link: str = "") -> Callable[[Stage], Awaitable[Locator | None]]:
    async def go(stage: Stage) -> Locator | None:
        await filled(stage.pages)
        await stage.pages.installation.until("2026-03-16 10:00")
        someone = await official(stage.pages, "supervisor", name="赵敏")
        cookie = {"name": PLAIN_COOKIE, "value": someone.client.cookies[PLAIN_COOKIE], "url": stage.address}
        await stage.page.context.add_cookies([cookie])  # type: ignore[list-item]
        await stage.page.goto(stage.address + path)
        if link:
            await stage.page.get_by_role("link", name=link).first.click()
            await stage.page.wait_for_load_state()
        return stage.page.locator("body")

    return go


DESK_SCENES: Final[dict[str, Callable[[Stage], Awaitable[Locator | None]]]] = {
    "desk": _scene("/desk"),
    "desk-decisions": _scene("/desk/decisions"),
    "desk-run": _scene(_RUN),
    "desk-accept": _scene(f"{_RUN}&act=accept"),
    "desk-producer": _scene("/desk/decisions/producer?source=crawler"),
    "desk-together": _scene("/desk/decisions/producer?source=crawler&act=reject"),
    "desk-units": _scene("/desk/units"),
    "desk-charts": _scene("/desk/charts"),
    "desk-assets": _scene("/desk/assets"),
    "desk-notices": _scene("/desk/notices"),
    "desk-notice": _scene("/desk/notices", "补发"),
    "desk-refused": _scene("/desk/refused"),
    "desk-set-aside": _scene("/desk/set-aside"),
}
"""By the picture's name."""
