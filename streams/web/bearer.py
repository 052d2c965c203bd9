"""Programs that come with a key: let in where its scope allows it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from streams.services.api_keys import Scope
from streams.store.api_keys import ApiKey
from streams.web.guard.addresses import neighbourhood
from streams.web.guard.problems import problem
from streams.web.premises import Premises

_UNKNOWN, _NOT_FOR_THIS, _TOO_OFTEN = 401, 403, 429
_BEARER = "bearer "


async def key_of(premises: Premises, request: Request, *scopes: Scope) -> ApiKey | Response:
    """The key that a request has, if it is good for one of these; otherwise the answer (H-1)."""
    given = request.headers.get("authorization", "")
    token = given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else ""
    key = await premises.api_keys.whose(token, premises.now().real)
    if key is None:
        if not premises.rates.strangers.allows(neighbourhood(request, premises.settings.proxies)):
            return problem(_TOO_OFTEN, headers={"Retry-After": "60"})
        return problem(_UNKNOWN, headers={"WWW-Authenticate": 'Bearer realm="rectify"'})
    if not set(scopes) & set(key.scopes):
        detail = f"this key is for {', '.join(key.scopes)}, not for {', '.join(scopes)}"
        return problem(_NOT_FOR_THIS, "wrong_scope", detail, title="此密钥不能用于此处 · not with this key")
    return key
