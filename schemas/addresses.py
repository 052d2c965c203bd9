"""Addresses of people: which are fit to write to, and whether two spellings are one inbox (rules N-48, N-52).

N-48  A contact's address is one plain e-mail address (a Chinese domain too), its number a mobile number: the mainland's
      in eleven digits, however it was written, others with their `+`. What is neither is refused, with its place.
N-52  One mailbox is one person, however it is written: `Office@City.example` and `office@city.example`, a Chinese
      domain and its `xn--`. Nobody gets two copies of one letter; caps and digests count both together. A letter goes
      to the address as its unit has written it. Telephone numbers are kept in one form already (N-48).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Final
from unicodedata import normalize

import email_validator
from pydantic import AfterValidator, ValidationInfo

from schemas.base import Line
from schemas.hosts import one_host

email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()  # of a network of one's own: `localhost`, `mail.local`
STORED: Final = object()
"""Validation context of records that the ledger keeps: they were fit when they were registered."""
EMAIL_LIMIT: Final = 254  # characters of an address (RFC 5321)
_SEPARATORS: Final = re.compile(r"[ -]")
_MAINLAND: Final = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_ABROAD: Final = re.compile(r"\+(?!86)[1-9][0-9]{7,14}")


def wire_email(address: str) -> str | None:
    """Return the address as it goes into an SMTP command, its domain in ASCII (IDNA 2008); None if it is not valid.

    Valid is one plain address: no name, no quoting, no ESMTP parameters. Nobody is asked whether the domain exists.
    """
    return None if len(address) > EMAIL_LIMIT else _wire_email(address)


@lru_cache(maxsize=16_384)  # a letter to the same people every day
def _wire_email(address: str) -> str | None:
    try:
        found = email_validator.validate_email(
            address, strict=True, allow_smtputf8=False, check_deliverability=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError:
        return None
    return found.ascii_email


def wire_phone(number: str) -> str | None:
    """Return the number as gateways take it: eleven digits for the mainland, `+...` abroad; None if it is not valid."""
    digits = _SEPARATORS.sub("", number)
    if mainland := _MAINLAND.fullmatch(digits):
        return mainland[1]
    return digits if _ABROAD.fullmatch(digits) else None


def _fit_email(value: str, info: ValidationInfo) -> str:
    if info.context is not STORED and wire_email(value) is None:
        msg = f"{value!r} is not an e-mail address"
        raise ValueError(msg)
    return value


def _plain_phone(value: str, info: ValidationInfo) -> str:
    if info.context is STORED:
        return value
    number = wire_phone(value)
    if number is None:
        msg = f"{value!r} is not a mobile number"
        raise ValueError(msg)
    return number


EmailAddress = Annotated[Line, AfterValidator(_fit_email)]
"""One plain e-mail address, as it was written."""

MobileNumber = Annotated[Line, AfterValidator(_plain_phone)]
"""A number that can get an SMS, in the form in which gateways take it."""


def inbox(channel: str, address: str) -> str:
    """What all spellings of this address over this channel have in common, for telling people apart.

    By RFC 5321 a mail server may tell `Office@` from `office@`; none that people use does, and two people apart by
    that alone would get each other's letters anyway.
    """
    if channel != "email":
        return address
    local, at, domain = normalize("NFKC", address.strip()).rpartition("@")
    return f"{local.casefold()}{at}{one_host(domain)}"
