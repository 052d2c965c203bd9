"""Addresses in settings, read strictly: what a client would misunderstand is refused here, without a word of it.

A password with an unquoted `/`, `?` or `#` ends the part of a URL that it stands in; clients then take its pieces for
a port, a path or an option, and name them in their errors.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from difflib import get_close_matches
from typing import Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from notifiers.message import plain_address
from streams.discretion import hide_url

QUOTE: Final = (
    "用户名和密码中的特殊字符要转义 · quote special characters in user and password "
    "(: %3A, / %2F, ? %3F, # %23, @ %40, % %25, [ %5B, ] %5D, blank %20)"
)
_DATABASE: Final = "a database is written sqlite:///path or postgresql://user:password@host/db"
_MAIL: Final = "a mail server is written smtp://user:password@host:port or smtps://..."
_PLACE: Final = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^:\[\]\s]*)(?::[0-9]{0,5})?")
_ONE_CHINA: Final = "Asia/Shanghai"
_CHINESE: Final = frozenset(
    {
        "china", "cn", "prc", "beijing", "peking", "cst", "bjt", "utc+8", "utc+08", "utc+08:00", "gmt+8", "gmt+08:00",
        "+8", "+08:00", "asia/beijing", "asia/china", "中国", "北京", "上海", "北京时间", "东八区", "中国标准时间",
    }
)  # fmt: skip


def check_database(url: str) -> None:
    """Raises ValueError: not a URL of ours, or one that would be misread."""
    if url.startswith("sqlite:///"):
        return
    if not url.startswith("postgresql://"):
        raise ValueError(_DATABASE)
    parts = _split(url)
    # Several hosts may stand there, which the standard library does not know.
    if not all(_PLACE.fullmatch(place) for place in parts.netloc.rpartition("@")[2].split(",")):
        raise ValueError(QUOTE)


def check_mail_server(url: str) -> None:
    """Raises ValueError: nothing that mail can be handed to."""
    if not url.startswith(("smtp://", "smtps://")):
        raise ValueError(_MAIL)
    _split(url)
    from notifiers.smtp import SmtpAccount  # and the client with it, which most commands need not load

    try:
        account = SmtpAccount.parse(url)
    except ValueError as error:
        raise ValueError(QUOTE if "quote" in str(error) else str(error)) from None
    if account.cafile:
        try:
            account.tls_context()
        except OSError as error:
            msg = f"cannot read {account.cafile}, which cafile names: {error.strerror or error}"
            raise ValueError(msg) from None


def check_web_address(url: str) -> None:
    """Raises ValueError: not http(s)."""
    shown = repr(hide_url(url)) if "@" not in url else "it"
    try:
        parts = _split(url)
        parts.port  # noqa: B018 - to read it is to check it
    except ValueError:
        raise ValueError(QUOTE if "@" in url else f"{shown} is not http://host:port/...") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"{shown} is not http://host:port/..."
        raise ValueError(msg)


def check_sender(text: str) -> None:
    """Raises ValueError: a From line that no mail can have."""
    try:
        plain_address(text)
    except ValueError:
        msg = "a sender is written rectify@city.gov.cn, or with a name 市政务公开办 <rectify@city.gov.cn>"
        raise ValueError(msg) from None


def check_zone(name: str) -> None:
    """Raises ValueError with the zone that was perhaps meant."""
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        ZoneInfo(name)  # all zones are listed for those alone who mistyped: that reads hundreds of files
        return
    known = available_timezones()
    meant = _ONE_CHINA if name.strip().casefold() in _CHINESE else _nearest_zone(name, known)
    msg = f"{name!r} is no time zone{f'; did you mean {meant}?' if meant else ''}"
    raise ValueError(msg)


def _nearest_zone(name: str, known: Collection[str]) -> str | None:
    wanted = name.strip().replace(" ", "_").casefold()
    by_city = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(known)}
    if wanted in by_city:
        return by_city[wanted]
    whole = {zone.casefold(): zone for zone in known}
    close = get_close_matches(wanted, whole, 1, 0.75)
    return whole[close[0]] if close else None


def _split(url: str) -> SplitResult:
    """The parts; ValueError where user information has ended a part too early."""
    try:
        parts = urlsplit(url)
    except ValueError:  # its words show what it failed over
        raise ValueError(QUOTE) from None
    if parts.fragment or "@" in parts.path + parts.query:
        raise ValueError(QUOTE)
    return parts
