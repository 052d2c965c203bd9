"""Recipients as others may see them. Pure."""

from __future__ import annotations

from notifiers.addresses import mask_email, mask_phone
from schemas.channels import CHANNELS
from streams.rules.state.records import Notice


def masked(notice: Notice) -> str:
    """The recipient as others may see it."""
    match CHANNELS[notice.channel].contact_field:
        case "email":
            return mask_email(notice.address)
        case "phone":
            return mask_phone(notice.address)
        case None:
            return notice.address  # the name of a group
