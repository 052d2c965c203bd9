"""Addresses and phone numbers as they are shown in logs and receipts."""

from schemas.addresses import wire_phone


def mask_email(address: str) -> str:
    """`w***@unit.gov.cn`: who knows the unit recognises it, nobody else can write to it."""
    local, at, domain = address.rpartition("@")
    return f"{local[0]}***@{domain}" if at and local else "***"


def mask_phone(number: str) -> str:
    """`138****0001`."""
    digits = wire_phone(number)
    return f"{digits[:3]}****{digits[-4:]}" if digits else "****"
