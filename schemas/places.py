"""What a pack says of places: which spellings beyond the standard's are one place (rule D-13)."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, model_validator

from schemas.check_rule import PackPart, Sourced

_NAME = re.compile(r"[A-Za-z0-9_.~-]+\*?")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_PREFIX = re.compile(r"[a-z0-9-]+\.")


def _all_like(pattern: re.Pattern[str], texts: tuple[str, ...], what: str) -> None:
    wrong = [text for text in texts if not pattern.fullmatch(text)]
    if wrong:
        msg = f"{wrong[0]!r} is not {what}"
        raise ValueError(msg)


class IgnoredParameters(Sourced):
    """Parameters of a query that tell no places apart; `utm_*` all that begin so."""

    names: tuple[str, ...] = Field(min_length=1)
    hosts: tuple[str, ...] = Field(default=(), description="on these hosts alone, without a port; empty = everywhere")

    @model_validator(mode="after")
    def _readable(self) -> Self:
        _all_like(_NAME, self.names, "a parameter's name, `utm_source`, or its beginning, `utm_*`")
        _all_like(_HOST, self.hosts, "a host in lower case and ASCII, `mp.weixin.qq.com`")
        return self


class HostPrefixes(Sourced):
    """Beginnings of a host's name behind which the same site is: `www.`, `m.`."""

    prefixes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _readable(self) -> Self:
        _all_like(_PREFIX, self.prefixes, "the beginning of a host up to its dot, `www.`")
        return self


class OneScheme(Sourced):
    """Whether `http` and `https` lead to the same place."""

    on: bool


class Places(PackPart):
    """Beyond RFC 3986, UTS 46 and session ids (D-1, D-13): each says what a site does, and no standard does."""

    ignored_parameters: tuple[IgnoredParameters, ...] = ()
    host_prefixes: HostPrefixes = HostPrefixes()
    one_scheme: OneScheme = OneScheme(on=False)
