"""A host name in one spelling: UTS 46, which browsers follow, in its ASCII form."""

from __future__ import annotations

from typing import Final
from unicodedata import normalize
from urllib.parse import unquote

import idna

_SEPARATORS: Final = frozenset("%/?#@:[]\\")  # a name that has one of these by now was none
_LONGEST: Final = 253  # characters of a name that DNS can hold


def one_host(name: str) -> str:
    """Lower case, `xn--` for what is not ASCII, `。` as a dot, no dot behind; what is no host name in lower case."""
    if name.isascii() and "%" not in name:
        return _bare(name.lower())
    one = _bare(_mapped(name))
    return one if _SEPARATORS.isdisjoint(one) else _bare(name.lower())


def _mapped(name: str) -> str:
    try:
        name = unquote(name, errors="strict")
    except UnicodeDecodeError:
        return name.lower()
    if len(name) <= _LONGEST:
        try:
            plain = idna.uts46_remap(name, std3_rules=False, transitional=False)
            return ".".join(_label(label) for label in _bare(plain).split("."))
        except idna.IDNAError:
            pass
    return normalize("NFKC", normalize("NFKC", name).casefold())


def _bare(name: str) -> str:
    while (bare := name.strip().rstrip(".")) != name:
        name = bare
    return name


def _label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
