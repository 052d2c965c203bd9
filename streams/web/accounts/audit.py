"""`/account/audit`: what everybody has done at the desk, for those who administer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from notifiers.text import clean
from schemas.actions import ACTIONS
from schemas.vocabulary import EVENT_LABELS
from streams.presentation.dates import local
from streams.store.audit import AUDIT_KINDS, COUNTED, AuditEntry, AuditFilter, AuditKind
from streams.web.desk.visits import Visit

_A_PAGE: Final = 50
KINDS: Final[Mapping[AuditKind, str]] = {
    "login": "登录",
    "login_failed": "登录失败",
    "logout": "退出",
    "account": "账号变更",
    "act": "办理",
    "export": "导出",
    "register": "名录日历",
}
RESULTS: Final[Mapping[str, str]] = {
    "password": "密码",
    "link": "链接",
    "proxy": "统一登录",
    "oidc": "统一登录（OIDC）",
    "oidc_state": "统一登录未完成",
    "oidc_denied": "统一登录未放行",
    "oidc_refused": "统一登录的身份无法核实",
    "oidc_no_account": "统一登录的身份没有可用账号",
    "wrong": "账号或密码不正确",
    "locked": "已锁定",
    "ended": "结束其他登录",
    "added": "新建",
    "disabled": "停用",
    "password_set": "设置密码",
    "factor_on": "开启双因素登录",
    "factor_off": "关闭双因素登录",
    "password_link": "发出设置密码的链接",
    "done": "已办",
    "refused": "不予受理",
    "pending": "处理中",
    "late": "尚无结果",
    "published": "已发布",
}


async def show_audit(visit: Visit) -> Response:
    """The latest first, by filters; the address is the whole state."""
    query = visit.request.query_params
    asked = {name: clean(query.get(name, "")) for name in ("account", "kind", "from", "to")}
    errors = {name: "请填写日期，如 2026-12-31" for name in ("from", "to") if asked[name] and not _day(asked[name])}
    found = await visit.premises.store.audit.find(await _filter(visit, asked), query.get("after", ""), _A_PAGE)
    kept = {name: value for name, value in asked.items() if value}
    return visit.page(
        "accounts/audit.html",
        422 if errors else 200,
        rows=[(entry_id, _line(visit, one)) for entry_id, one in found.entries.items()],
        total=f"{COUNTED}+" if found.total > COUNTED else str(found.total),
        kinds=KINDS,
        values=asked,
        errors=errors,
        next=urlencode({**kept, "after": found.after}) if found.after else "",
        first=urlencode(kept),
        later=bool(query.get("after")),
    )


async def _filter(visit: Visit, asked: Mapping[str, str]) -> AuditFilter:
    """Whoever administers some units sees what their accounts did, and nothing that is nobody's."""
    accounts = [asked["account"]] if asked["account"] else None
    if visit.viewer.units is not None:
        every = await visit.premises.store.accounts.all()
        theirs = [one.name for one in every if visit.viewer.sees(one.unit_id)]
        accounts = theirs if accounts is None else [name for name in accounts if name in theirs]
    kind = next((one for one in AUDIT_KINDS if one == asked["kind"]), "")
    first, last = _day(asked["from"]), _day(asked["to"])
    zone = visit.premises.settings.zone
    return AuditFilter(
        accounts,
        kind,
        datetime.combine(first, time(), zone) if first else None,
        datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
    )


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 < found.year < 9999 else None  # noqa: PLR2004 - years that the database can tell


def _line(visit: Visit, one: AuditEntry) -> dict[str, Any]:
    about = one.about
    if one.kind == "act":
        action, _, ticket_id = about.partition(" ")
        row = next((row for name, row in ACTIONS.items() if name == action), None)
        about = f"{EVENT_LABELS[row.answer] if row else action} {ticket_id}"
    return {
        "at": local(one.at, visit.premises.settings.zone, "%Y-%m-%d %H:%M:%S"),
        "account": one.account or "（无此账号）",
        "kind": KINDS[one.kind],
        "about": about,
        "result": RESULTS.get(one.result, one.result),
        "address": one.address,
    }
