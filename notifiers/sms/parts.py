"""How many short messages a text is. Pure."""

from __future__ import annotations

from typing import Final

SMS_PARTS: Final = 2
_SMS_SINGLE, _SMS_PART = 70, 67  # UTF-16 units in one message, and in each part of a long one (3GPP TS 23.040)


def sms_parts(text: str) -> int:
    """How many messages a UCS-2 text is sent (and paid) as."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return 1 if units <= _SMS_SINGLE else -(-units // _SMS_PART)
