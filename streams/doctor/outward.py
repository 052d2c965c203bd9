"""What stands outside and is not needed to reach people: the login service, and the addresses that are posted to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import httpx

from streams.doctor.line import CheckLine, error, ok, warning
from streams.presentation.dates import local
from streams.services.login_service import LoginService, LoginServiceAway
from streams.services.webhooks import WebhookStanding, standings
from streams.settings.model import Settings

_LATE: Final = timedelta(hours=1)  # that something waits to be posted; a retry waits as long at most


async def login_lines(settings: Settings) -> list[CheckLine]:
    """Whether the login service describes itself as one that we can use; nobody logs in. Nothing where none is set."""
    if not settings.pages_oidc_issuer:
        return []
    async with httpx.AsyncClient() as client:
        try:
            await LoginService(settings, client).look()
        except LoginServiceAway as fault:
            text = f"统一登录不可用 · the login service at {settings.pages_oidc_issuer} cannot be used: {fault}"
            advice = "核对 RECTIFY_PAGES_OIDC_ISSUER、证书和防火墙 · check address, certificate and firewall"
            return [error("login", text, advice)]
    return [ok("login", f"统一登录应答 · the login service answers: {settings.pages_oidc_issuer}")]


async def webhook_lines(settings: Settings, real: datetime) -> list[CheckLine]:
    """What was given up, what waits too long, and what is owed to an address that the file does not have any more.

    Nothing where no file is set: machines that only serve pages have none.
    """
    if settings.webhooks is None:
        return []
    found = await standings(settings)
    lines = [line for one in found if (line := _line(settings, one, real)) is not None]
    if lines or not found:
        return lines
    return [ok("webhooks", f"推送正常 · {len(found)} webhooks, nothing waits long, nothing was given up")]


def _line(settings: Settings, one: WebhookStanding, real: datetime) -> CheckLine | None:
    queue, owed = one.queue, one.queue.waiting + one.queue.given_up
    if not one.is_known:
        advice = "恢复它，或由清理任务删除 · put it back into RECTIFY_WEBHOOKS, or let `rectify db prune` forget it"
        return warning("webhooks", f"{queue.webhook}：已撤下，仍欠 {owed} 条 · {owed} are owed to it", advice)
    if queue.given_up:
        text = f"{queue.webhook}：已停止 {queue.given_up} 条 · given up: {queue.code}"
        return error("webhooks", text, f"修好后运行 `rectify webhook retry {queue.webhook}` · once it answers")
    if queue.oldest is not None and real - queue.oldest > _LATE:
        since = local(queue.oldest, settings.zone)
        text = f"{queue.webhook}：{queue.waiting} 条自 {since} 未送出 · waiting since then: {queue.code}"
        return warning("webhooks", text, "查对方服务、证书和防火墙 · look at the other side and the firewall")
    return None
