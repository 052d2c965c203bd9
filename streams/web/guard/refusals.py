"""What is refused before a page is asked: one sentence, with nothing of the request in it."""

from __future__ import annotations

from typing import Final

from starlette.types import Send

from streams.web.guard import problems

WORDS: Final = {
    400: "请求有误，请返回重试。",
    403: "您的账号没有这项权限，或者页面已过期。请返回刷新后重试。",
    404: "没有这个页面。",
    405: "此页面不接受这种操作。",
    408: "上传超时，请检查网络后重试。",
    411: "请求缺少长度，请换用浏览器提交。",
    413: "提交的内容过大。附件每个不超过10MB，最多5个。",
    429: "访问过于频繁，请一分钟后再试。",
    500: "系统出错，已记录，请稍后再试。",
    503: "系统暂时不能办理，请稍后再试。",
}


def plain(status: int) -> bytes:
    """A page that needs nothing."""
    text = WORDS.get(status, WORDS[400])
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width,initial-scale=1"><meta name="renderer" content="webkit">'
        f"<title>{text}</title></head><body><main><h1>{text}</h1></main></body></html>"
    ).encode()


def refusal(path: str, status: int) -> tuple[bytes, str]:
    """The body and the media type of a refusal: a page for people, a document for programs."""
    if problems.is_of_programs(path):
        return problems.body_of(status), problems.MEDIA_TYPE
    return plain(status), "text/html; charset=utf-8"


async def refuse(send: Send, path: str, status: int) -> None:
    """Answers, and closes the connection: what was not read may still come."""
    body, media_type = refusal(path, status)
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
