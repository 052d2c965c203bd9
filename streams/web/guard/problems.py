"""Answers to programs that came in vain: `application/problem+json` (RFC 9457), with a code and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.responses import Response

MEDIA_TYPE: Final = "application/problem+json"
OF_PROGRAMS: Final = ("/intake/", "/api/")
"""Paths to which programs come; everybody else is a person, and gets a page."""
_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "请求有误 · the request cannot be read"),
    401: ("unauthorized", "需要密钥 · a key is needed: Authorization: Bearer rk_..."),
    404: ("not_found", "没有这个地址或编号 · there is nothing of this name"),
    405: ("method_not_allowed", "不支持这种方法 · not with this method"),
    408: ("too_slow", "上传超时 · the body did not come in time"),
    411: ("length_required", "请写明长度 · the body needs a Content-Length"),
    413: ("too_large", "内容过大 · the body is too large"),
    429: ("too_many_requests", "请求过于频繁 · too many requests"),
    500: ("internal_error", "系统出错，已记录 · a fault of ours, which is logged"),
    503: ("unavailable", "系统暂时不能办理，请稍后再试 · not now; try again later"),
}


def is_of_programs(path: str) -> bool:
    """Whether programs come to this path."""
    return path.startswith(OF_PROGRAMS)


def body_of(status: int, code: str = "", detail: str = "", **more: Any) -> bytes:
    """The document of an answer; what a status usually says is said where nothing else is."""
    usual_code, title = _WORDS.get(status, _WORDS[400])
    document: dict[str, Any] = {"title": title, "status": status, "code": code or usual_code}
    return orjson.dumps({**document, **({"detail": detail} if detail else {}), **more})


def problem(
    status: int, code: str = "", detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """An answer; `more` are members of its document."""
    return Response(body_of(status, code, detail, **more), status, headers, MEDIA_TYPE)
