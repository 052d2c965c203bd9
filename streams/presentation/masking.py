"""Recipients as others may see them. Pure."""

from __future__ import annotations

from notifiers.addresses import mask_email, mask_phone
from streams.rules.state.records import Notice


def masked(notice: Notice) -> str:
    """The recipient as others may see it."""
    if notice.channel == "chat":
        return notice.address  # the name of a group
    return mask_email(notice.address) if notice.channel == "email" else mask_phone(notice.address)
