"""Addresses and phone numbers: are they fit to send to, and how are they shown in logs."""

import re

EMAIL_LENGTH = 254  # octets, RFC 5321 4.5.3.1.3
LOCAL_LENGTH = 64  # octets, RFC 5321 4.5.3.1.1

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_SEPARATORS = re.compile(r"[ -]")
_MAINLAND = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_ABROAD = re.compile(r"\+(?!86)[1-9][0-9]{7,14}")


def valid_email(address: str) -> bool:
    """Whether it is one plain address: no name, no quoting, no ESMTP parameters. A Chinese domain (政务.cn) is."""
    return wire_email(address) is not None


def wire_email(address: str) -> str | None:
    """Return the address as it goes into an SMTP command, its domain in ASCII; None if it is not valid."""
    local, at, domain = address.rpartition("@")
    try:
        host = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    labels = host.split(".")
    if not at or len(local) > LOCAL_LENGTH or len(local) + 1 + len(host) > EMAIL_LENGTH:
        return None
    if not _LOCAL.fullmatch(local) or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return f"{local}@{host}"


def valid_phone(number: str) -> bool:
    """Whether it can get an SMS: a mainland mobile number, with or without +86, or a foreign one with its `+`."""
    return wire_phone(number) is not None


def wire_phone(number: str) -> str | None:
    """Return the number as gateways take it: eleven digits for the mainland, `+...` abroad; None if it is not valid."""
    digits = _SEPARATORS.sub("", number)
    if mainland := _MAINLAND.fullmatch(digits):
        return mainland[1]
    return digits if _ABROAD.fullmatch(digits) else None


def mask_email(address: str) -> str:
    """`w***@unit.gov.cn`: who knows the unit recognises it, nobody else can write to it."""
    local, at, domain = address.rpartition("@")
    return f"{local[0]}***@{domain}" if at and local else "***"


def mask_phone(number: str) -> str:
    """`138****0001`."""
    digits = wire_phone(number)
    return f"{digits[:3]}****{digits[-4:]}" if digits else "****"
