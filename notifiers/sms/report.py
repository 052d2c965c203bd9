"""Delivery reports, as every provider's are read: whose, about which message, and how it ended. Pure.

N-44  A report counts when it comes with our secret, or as the answer to our own question; in any order and repeated, it
      only moves a notice forward. Where none comes the provider is asked, ever more seldom, for three days.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

MOST: Final = 5_000  # reports in one callback; providers push a few hundred


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A delivery report. It may come twice and in any order: only one of a higher `rank` than known has effect.

    `notice_id` is ours where the provider gives it back, otherwise `ref` is what the provider calls the message.
    """

    notice_id: str
    state: Literal["accepted", "delivered", "undelivered"]
    rank: int
    code: str
    ref: str = ""


def records(body: bytes) -> list[Mapping[str, Any]] | None:
    """The JSON objects of a callback, one or a list of them; None when it is something else."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    listed = found if isinstance(found, list) else [found]
    if len(listed) > MOST or not all(isinstance(one, dict) for one in listed):
        return None
    return listed


def ended(*, delivered: bool, code: object, notice_id: object = "", ref: object = "") -> DeliveryReport:
    """A final report; codes are cut to one plain word."""
    word = "".join(char for char in str(code or "") if char.isalnum() or char in "._-:")[:40]
    return DeliveryReport(
        notice_id=notice_id if isinstance(notice_id, str) else "",
        state="delivered" if delivered else "undelivered",
        rank=3,
        code="delivered" if delivered else f"undelivered:{word}" if word else "undelivered",
        ref=ref if isinstance(ref, str) else "",
    )


def useful(reports: Iterable[DeliveryReport]) -> list[DeliveryReport]:
    """Those that name a message, in a way that a name may be written."""
    return [one for one in reports if (one.notice_id or one.ref) and f"{one.notice_id}{one.ref}".isprintable()]
