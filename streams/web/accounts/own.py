"""`/account`: who one is, one's sessions, one's password."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from streams.presentation.dates import local
from streams.services.accounts import by_password
from streams.services.second_factor import address, is_secret, new_secret, step_of
from streams.store.sessions import PageSession
from streams.web.accounts.login import LOCKED, password_errors
from streams.web.desk.forms import filled_in
from streams.web.desk.sessions import IDLE
from streams.web.desk.visits import Visit

_SEE_OTHER, _UNPROCESSABLE = 303, 422
_DONE: Final = {
    "password": "密码已修改，其他登录已结束。",
    "sessions": "所选登录已结束。",
    "on": "双因素登录已开启，其他登录已结束。",
    "off": "双因素登录已关闭。",
}
_BROWSERS: Final = (
    ("MicroMessenger", "微信"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Trident/", "IE"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")  # Android calls itself Linux, too


async def show_account(
    visit: Visit, status: int = 200, secret: str = "", errors: dict[str, str] | None = None
) -> Response:
    """The page; `secret`: of a second factor that is being turned on."""
    registry = await visit.premises.registry()
    unit = registry.units.get(visit.viewer.unit_id)
    sessions = await visit.premises.store.sessions.of(visit.viewer.name, visit.now.real - IDLE)
    account = await visit.premises.store.accounts.named(visit.viewer.name)
    secret = secret or new_secret()
    context: dict[str, Any] = {
        "unit": (unit.name if unit else visit.viewer.unit_id) or "全部单位",
        "sessions": [_line(visit, one) for one in sessions],
        "done": _DONE.get(visit.request.query_params.get("done", ""), "") if status == 200 else "",  # noqa: PLR2004
        "factor": account is not None and bool(account.factor),
        "secret": secret,
        "app": address(secret, visit.viewer.name),
        "errors": errors or {},
    }
    return visit.page("accounts/account.html", status, **context)


async def change_password(visit: Visit) -> Response:
    """With the one there is; other browsers are logged out."""
    sent = await filled_in(visit)
    old, new, again = (sent.fields.get(name, [""])[-1] for name in ("old", "password", "again"))
    errors = password_errors(new, again, visit.viewer.name)
    if not errors and (fault := await _password_fault(visit, old)):
        errors = {"old": fault}
    if errors:
        return await show_account(visit, _UNPROCESSABLE, errors=errors)
    premises, name = visit.premises, visit.viewer.name
    await premises.store.accounts.set_password(name, await premises.passwords.hashed(new))
    await premises.store.sessions.end_others(name, visit.binding)
    await visit.record("account", name, "password_set")
    return RedirectResponse(f"{visit.root}account?done=password", _SEE_OTHER)


async def change_factor(visit: Visit) -> Response:
    """A second factor is turned on, with a code of the secret that the page has shown, or off."""
    sent = await filled_in(visit)
    accounts, name, secret = visit.premises.store.accounts, visit.viewer.name, sent.one("secret")
    account = await accounts.named(name)
    turning_on = account is not None and not account.factor
    errors: dict[str, str] = {}
    step = step_of(secret, sent.one("code"), visit.now.real) if turning_on and is_secret(secret) else None
    if turning_on and step is None:
        errors = {"code": "动态码不正确，请核对手机时间后重试"}
    elif fault := await _password_fault(visit, sent.fields.get("mine", [""])[-1]):
        errors = {"mine": fault}
    if errors:
        return await show_account(visit, _UNPROCESSABLE, secret if is_secret(secret) else "", errors)
    await accounts.set_factor(name, secret if turning_on else "")
    if step is not None:
        await accounts.use_step(name, step)
        await visit.premises.store.sessions.end_others(name, visit.binding)
    await visit.record("account", name, "factor_on" if turning_on else "factor_off")
    return RedirectResponse(f"{visit.root}account?done={'on' if turning_on else 'off'}", _SEE_OTHER)


async def _password_fault(visit: Visit, password: str) -> str:
    """What is wrong with what somebody gives as the password there is; it counts as a try."""
    premises = visit.premises
    found = await by_password(premises.store, premises.passwords, visit.viewer.name, password, visit.now.real)
    if not isinstance(found, str):
        return ""
    await visit.record("login_failed", "", found)
    return LOCKED if found == "locked" else "密码不正确"


async def end_sessions(visit: Visit) -> Response:
    """One of one's own, or all but this one."""
    sent = await filled_in(visit)
    sessions = visit.premises.store.sessions
    if digest := sent.one("session"):
        if any(one.digest == digest for one in await sessions.of(visit.viewer.name, visit.now.real - IDLE)):
            await sessions.end(digest)
    else:
        await sessions.end_others(visit.viewer.name, visit.binding)
    await visit.record("logout", "", "ended")
    return RedirectResponse(f"{visit.root}account?done=sessions", _SEE_OTHER)


def _line(visit: Visit, one: PageSession) -> dict[str, Any]:
    zone = visit.premises.settings.zone
    return {
        "digest": one.digest,
        "mine": one.digest == visit.binding,
        "began": local(one.began_at, zone),
        "seen": local(one.seen_at, zone),
        "address": one.address,
        "browser": _browser(one.agent),
    }


def _browser(agent: str) -> str:
    """What people call it."""
    name = next((label for mark, label in _BROWSERS if mark in agent), "浏览器")
    system = next((one for one in _SYSTEMS if one in agent), "")
    return f"{name}（{system}）" if system else name
