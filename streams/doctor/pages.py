"""The pages: the folder of uploads, which all web processes share, and who can reach them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

from streams.doctor.line import CheckLine, error, ok, warning
from streams.settings.model import Settings

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def pages_lines(settings: Settings) -> Iterator[CheckLine]:
    """Whether pages can be served as the settings have it."""
    yield _files(settings)
    urls = [url for url in (settings.pages_url, settings.pages_url_internal) if url]
    for url in urls:
        if url.startswith("http://"):
            advice = "前置 TLS，改为 https:// · put TLS before the pages: whoever reads along can act"
            yield warning("pages", f"链接和登录不加密 · links and logins are not encrypted: {url}", advice)
    if any(url.startswith("https://") for url in urls) and not settings.proxies:
        advice = "设置 RECTIFY_PAGES_PROXIES · set it to the proxy, which says X-Forwarded-Proto"
        yield warning("pages", "不知道哪个代理加密 · logins have a cookie without Secure", advice)
    if settings.pages_host not in _LOOPBACK:
        advice = "前置 TLS 代理，或改回 127.0.0.1 · put TLS before it, or listen on 127.0.0.1"
        yield warning("pages", f"网页直接对外监听 · pages listen for others: {settings.pages_host}", advice)


def _files(settings: Settings) -> CheckLine:
    folder = settings.files_dir
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as fault:
        advice = f"把目录交给运行用户 · chown it to uid {os.geteuid()}, or set RECTIFY_PAGES_FILES"
        return error("files", f"附件目录不可写 · cannot write to {existing}: {fault.strerror}", advice)
    many = settings.database_url.get_secret_value().startswith("postgresql://")
    if many and settings.pages_files is None:
        advice = "多个网页进程要共用目录 · several web processes share one: set RECTIFY_PAGES_FILES"
        return warning("files", f"附件只在本机 · uploads are kept on this machine alone: {folder}", advice)
    return ok("files", f"附件目录可写 · uploads can be kept: {folder}")
