"""Places: one place in one spelling, whoever writes it (rules D-1, D-13).

A URL by RFC 3986 6.2.2 and UTS 46: scheme and host in lower case, the host in ASCII and without a dot behind, no
default port, `/` for an empty path, hexadecimal digits in capitals, unreserved signs decoded, what a URL cannot hold
as UTF-8 in percent signs, dot segments resolved; without its fragment, unless that is the route of a page (`#/...`,
`#!...`). `%2F` stays, `+` stays, so do letter case and order of path and query, and bytes that are no UTF-8.
Anything else (a column path, a message id): NFC, single blanks, one sign for 》 ＞ » between columns.

D-13  A session id is no part of a place: `;jsessionid=` and its like in a path, `PHPSESSID`, `ASPSESSIONID...`,
      `cfid` with `cftoken` in a query, `sid` and `sessionid` where the value looks like one. What else makes no place
      of its own is the pack's `places`: parameters (`utm_*`), beginnings of hosts (`www.`), http and https.
"""

from __future__ import annotations

import re
import unicodedata
from fnmatch import translate
from functools import lru_cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final, NamedTuple

from schemas.hosts import one_host
from schemas.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.policy import Policy

__all__ = ["STANDARD", "PlaceNormalizer", "places_of"]

_KEPT_TRIPLET: Final = "%(?:[0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|[46]0|5[B-E]|7[B-DF])"
_PLAIN: Final = "A-Za-z0-9._~!$&'()*+,=:@/-"
_NORMAL: Final = re.compile(  # most are, or nearly: nothing in them is to be changed
    rf"https?://[a-z0-9.-]+(?<!\.)/[{_PLAIN}]*(?:{_KEPT_TRIPLET}[{_PLAIN}]*)*"
    rf"(\?[{_PLAIN}?;]*(?:{_KEPT_TRIPLET}[{_PLAIN}?;]*)*)?"
)
_URL: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)|(https?)[:：][/／]{2}(.*)", re.DOTALL | re.IGNORECASE)
_SEPARATOR: Final = re.compile(" ?[>＞》»›] ?")
_LONGEST: Final = 8_192  # characters; what is longer (evidence may be) is compared as it stands
_PLAIN_HOST: Final = re.compile(r"[a-z0-9.-]+(?<!\.)")
_AUTHORITY_END: Final = re.compile(r"[/?#]")
_PATH_END: Final = re.compile(r"[?#]")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "ws": 80, "wss": 443}
_WEB: Final = frozenset(("http", "https", ""))  # "": `//host/path`

_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TO_CODE: Final = re.compile(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/%-]+|%")
_TO_CODE_IN_QUERY: Final = re.compile(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/?%-]+|%")

_MAY_BE_SESSION: Final = "sess|sid=|cfid="
_SESSION_IN_PATH: Final = re.compile(
    r";(?:jsessionid|phpsessid|aspsessionid[a-z]*|bv_sessionid|lsid|sid|sessionid)=[^/;]*"
    r"|/\((?:[A-Za-z]\([0-9A-Za-z]{24}\))+\)(?=/)",
    re.IGNORECASE,
)
_SESSION_NAME: Final = re.compile(r"jsessionid|phpsessid|aspsessionid[a-z]*|bv_sessionid", re.IGNORECASE)
_PERHAPS_SESSION: Final = re.compile(r"[jl]?sid|session_?id", re.IGNORECASE)
_LIKE_SESSION: Final = re.compile(r"(?=[^&]*[0-9])[0-9A-Za-z_-]{24,}")


class _Ignored(NamedTuple):
    """Parameters that tell no places apart, on some hosts or (none named) on all."""

    name: re.Pattern[str]
    hosts: frozenset[str]


class PlaceNormalizer:
    """How a pack tells places apart."""

    def __init__(self, rules: Places) -> None:
        """By the pack's `places`."""
        self._prefixes = rules.host_prefixes.prefixes
        self._one_scheme = rules.one_scheme.on
        self._ignored = [
            _Ignored(re.compile("|".join(map(translate, some.names)), re.IGNORECASE), frozenset(some.hosts))
            for some in rules.ignored_parameters
        ]
        names = [re.escape(name.rstrip("*")) for some in rules.ignored_parameters for name in some.names]
        self._may_drop = re.compile("|".join((_MAY_BE_SESSION, *names)), re.IGNORECASE)
        webs = ("https://",) if self._one_scheme else ("https://", "http://")
        self._changed = (*(web + prefix for web in webs for prefix in self._prefixes),)
        self._changed += ("http://",) if self._one_scheme else ()

    def one(self, locator: str) -> str:
        """The place in the one spelling that all its spellings have."""
        normal = _NORMAL.fullmatch(locator)
        if normal is not None and "/." not in locator and "/(" not in locator:
            query = normal[1]
            if (query is None or self._may_drop.search(query) is None) and not locator.startswith(self._changed):
                return locator
        if len(locator) > _LONGEST:
            return locator
        text = locator.strip()
        if not text.isprintable() and (_URL.fullmatch(text) or text.startswith("/")):
            text = text.translate(_NO_BREAKS)
        url = _URL.fullmatch(text)
        if url is not None:
            return self._url((url[1] or url[3]).lower(), url[2] if url[1] else url[4])
        if text.startswith("/") and _SEPARATOR.search(text) is None:
            text = _slashed(text)
            return self._url("", text[2:]) if text.startswith("//") else self._path(text)
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        return _SEPARATOR.sub(">", " ".join(text.split()))

    def cause(self, cause: str) -> str:
        """A cause in one spelling: `target:<url>`, `template:<path>`, or a text."""
        kind, colon, place = cause.partition(":")
        if colon and kind.isidentifier() and kind.isascii() and not place.startswith("//"):
            return f"{kind}:{self.one(place)}"
        return self.one(cause)

    def _url(self, scheme: str, rest: str) -> str:
        if scheme in _WEB:
            rest = _slashed(rest)
        end = _AUTHORITY_END.search(rest)
        cut = end.start() if end is not None else len(rest)
        host, authority = _authority(scheme, rest[:cut], self._prefixes)
        path = rest[cut:] if rest.startswith("/", cut) else "/" + rest[cut:]
        shown = "https" if self._one_scheme and scheme == "http" else scheme
        return f"{shown}{':' if shown else ''}//{authority}{self._local(host, path)}"

    def _path(self, text: str) -> str:
        """A place on the asset itself; `//` at its beginning would be a host."""
        path = self._local("", text)
        return f"/.{path}" if path.startswith("//") else path

    def _local(self, host: str, text: str) -> str:
        """Path, query and route; `host` is the one that they are on, empty where it is not known."""
        before, _, fragment = text.partition("#")
        path, question, query = before.partition("?")
        path = _without_dots(_SESSION_IN_PATH.sub("", _coded(_TO_CODE, path)) or "/")
        if question:
            query = _coded(_TO_CODE_IN_QUERY, query)
            kept = self._kept(host, query) if self._may_drop.search(query) is not None else query
            path = path if query and not kept else f"{path}?{kept}"
        return f"{path}#{_coded(_TO_CODE_IN_QUERY, fragment)}" if fragment.startswith(("/", "!")) else path

    def _kept(self, host: str, query: str) -> str:
        """The parameters that tell places apart, in their order."""
        parts = query.split("&")
        names = [part.partition("=")[0] for part in parts]
        coldfusion = {"cfid", "cftoken"} <= {name.lower() for name in names}
        return "&".join(
            part
            for part, name in zip(parts, names, strict=True)
            if not (
                _is_session(name, part)
                or (coldfusion and name.lower() in ("cfid", "cftoken"))
                or self._is_ignored(host, name)
            )
        )

    def _is_ignored(self, host: str, name: str) -> bool:
        return any(
            some.name.fullmatch(name) is not None for some in self._ignored if not some.hosts or host in some.hosts
        )


_NO_BREAKS: Final = {ord(sign): None for sign in "\t\r\n"}
STANDARD: Final = PlaceNormalizer(Places())  # by the standards alone


@lru_cache(maxsize=16)  # a worker has one pack
def places_of(policy: Policy) -> PlaceNormalizer:
    """How this pack tells places apart."""
    return PlaceNormalizer(policy.places)


def _authority(scheme: str, written: str, prefixes: Iterable[str]) -> tuple[str, str]:
    """The host without its port, and user, host and port as they are compared."""
    if _PLAIN_HOST.fullmatch(written):
        name = _without_prefix(written, prefixes) if prefixes else written
        return name, name
    user, at, where = written.rpartition("@")
    literal, bracket, behind = where.partition("]")
    name, port = ("", None)
    if where.startswith("[") and bracket:
        name = _literal(literal[1:])
        port = behind[1:] if behind.startswith(":") else None
        if behind and port is None:
            return name, where.lower()
    else:
        name, colon, port = where.partition(":")
        if not colon:
            port = None
        elif port and not (port.isascii() and port.isdecimal()):
            return where.lower(), where.lower()
        name = _without_prefix(one_host(name), prefixes)
    number = port.lstrip("0") or ("0" if port else "") if port is not None else ""
    if number == str(_DEFAULT_PORTS.get(scheme, "")):
        number = ""
    whom = f"{_coded(_TO_CODE, user)}@" if at and user else ""
    return name, f"{whom}{name}{':' if number else ''}{number}"


def _slashed(text: str) -> str:
    """With `/` for a backslash before query and fragment, as browsers do."""
    if "\\" not in text:
        return text
    end = _PATH_END.search(text)
    cut = end.start() if end is not None else len(text)
    return text[:cut].replace("\\", "/") + text[cut:]


def _literal(address: str) -> str:
    try:
        return f"[{IPv6Address(address).compressed}]"
    except ValueError:
        return f"[{address.lower()}]"


def _without_prefix(host: str, prefixes: Iterable[str]) -> str:
    """The host behind these beginnings, as long as it is one of two labels at least."""
    known = tuple(prefixes)
    while known and host.startswith(known):
        rest = host.partition(".")[2]
        if "." not in rest:
            break
        host = rest
    return host


def _coded(to_code: re.Pattern[str], text: str) -> str:
    return to_code.sub(_code, text)


def _code(match: re.Match[str]) -> str:
    digits = match[1]
    if digits is not None:
        byte = int(digits, 16)
        return chr(byte) if byte in _UNRESERVED else match[0].upper()
    return "".join(map("%{:02X}".format, match[0].encode("utf-8", "surrogatepass")))


def _without_dots(path: str) -> str:
    """RFC 3986 5.2.4."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments, start=1):
        if segment in (".", ".."):
            if segment == ".." and kept:
                kept.pop()
            if place == len(segments):
                kept.append("")
        else:
            kept.append(segment)
    return "/" + "/".join(kept)


def _is_session(name: str, part: str) -> bool:
    if _SESSION_NAME.fullmatch(name) is not None:
        return True
    return _PERHAPS_SESSION.fullmatch(name) is not None and _LIKE_SESSION.fullmatch(part.partition("=")[2]) is not None
