"""Answers: documents and pages of lists, with an ETag each, so that what has not changed need not come again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from streams.web.guard.problems import problem

_NOT_MODIFIED, _INVALID = 304, 422


def document(request: Request, content: Any, tag: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """A document; `tag` names its version, otherwise its bytes do."""
    body = orjson.dumps(content, default=str)
    etag = f'"{tag or sha256(body).hexdigest()[:24]}"'
    named = {"ETag": etag, "Cache-Control": "private, no-cache", **(headers or {})}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        return Response(None, _NOT_MODIFIED, named)
    return Response(body, headers=named, media_type="application/json")


def page(request: Request, items: Sequence[Any], after: str | None, **more: Any) -> Response:
    """A page of a list; `after` is the cursor of the next one, None on the last; `more` stands beside the items."""
    headers = {}
    if after is not None:
        query = {**dict(request.query_params), "after": after}
        headers["Link"] = f'<?{urlencode(query)}>; rel="next"'
    return document(request, {"items": items, "next": after, **more}, headers=headers)


async def bad_query(_: Request, error: Exception) -> Response:
    """A value of the query that cannot be."""
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [{"field": str(one["loc"][-1]), "detail": one["msg"]} for one in error.errors()]
    return problem(_INVALID, "invalid_query", title="查询有误 · a value of the query cannot be", errors=errors)
