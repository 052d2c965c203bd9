"""Addresses of people: whether two spellings are one inbox (rule N-52).

N-52  One mailbox is one person, however it is written: `Office@City.example` and `office@city.example`, a Chinese
      domain and its `xn--`. Nobody gets two copies of one letter; caps and digests count both together. A letter goes
      to the address as its unit has written it. Telephone numbers are kept in one form already (N-48).
"""

from __future__ import annotations

from unicodedata import normalize

from schemas.hosts import one_host


def inbox(channel: str, address: str) -> str:
    """What all spellings of this address over this channel have in common, for telling people apart.

    By RFC 5321 a mail server may tell `Office@` from `office@`; none that people use does, and two people apart by
    that alone would get each other's letters anyway.
    """
    if channel != "email":
        return address
    local, at, domain = normalize("NFKC", address.strip()).rpartition("@")
    return f"{local.casefold()}{at}{one_host(domain)}"
