"""Who is logged in at a proxy before us, where the settings name its header.

W-7  With `RECTIFY_PAGES_USER_HEADER`, a proxy that we know (`RECTIFY_PAGES_PROXIES`) says who comes, and the account of
     that name is whose visit it is. From anybody else the header counts for nothing, and without proxies the setting is
     refused. The name counts as it is written: what another spelling of it would become is somebody else there.
"""

from __future__ import annotations

from starlette.requests import Request

from streams.services.accounts import account_name
from streams.services.failure import Failure
from streams.web.guard.addresses import is_behind
from streams.web.premises import Premises


def proxied_name(premises: Premises, request: Request) -> str:
    """The name that the proxy gives; empty where there is none, or more than one."""
    header = premises.settings.pages_user_header
    if not header or not is_behind(request, premises.settings.proxies):
        return ""
    values = request.headers.getlist(header)
    if len(values) != 1:
        return ""
    try:
        name = values[0].encode("latin-1").decode("utf-8")
        return name if account_name(name) == name else ""
    except (UnicodeError, Failure):
        return ""
