"""Short messages through Kannel's sendsms interface: at most once, so a time-out after the request is uncertain.

N-50  What a carrier refuses or cannot deliver ends as `undelivered` with the carrier's own number in the code: of its
      refusal (`smsc_rejected:0x0b`) or of its delivery report (`undelivered:UNDELIV/034`). What it wants slower the
      gateway tries again by itself.

Kannel user's guide 1.4.5: "Using HTTP to send SMS", "Delivery reports".
"""

import re
from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import quote

import httpx

from notifiers.protocol import Outcome, Sms
from notifiers.sms.report import DeliveryReport
from notifiers.wire import Answer, Wire, by_status
from schemas.addresses import wire_phone

_REPORT_ON: Final = 31  # delivered, undelivered, queued, submitted, rejected

_REPORTS: Final[Mapping[str, tuple[Literal["accepted", "delivered", "undelivered"], int, str]]] = {
    "4": ("accepted", 1, "smsc_queued"),
    "8": ("accepted", 2, "smsc_submitted"),
    "1": ("delivered", 3, "delivered"),
    "2": ("undelivered", 3, "undelivered"),
    "16": ("undelivered", 3, "smsc_rejected"),
}
# In the carrier's own words: of its refusal of a message, and of a delivery report (SMPP 3.4, appendix B).
_REFUSED: Final = re.compile(r"NACK/0x0{0,6}([0-9A-Fa-f]{2,8})/")
_REPORTED: Final = re.compile(r"\bstat:([A-Z]{1,10}) err:([0-9A-Za-z]{1,10})\b")


class KannelNotifier:
    """One sendsms user of one Kannel, over kept connections."""

    def __init__(self, url: str, username: str, password: str, sender: str, timeout_s: float = 30.0) -> None:
        """`url` is http://host:port/cgi-bin/sendsms; `timeout_s` is for connecting and for the answer, each.

        Raises:
            ValueError: it is not an HTTP URL.
        """
        self._wire = Wire(url, timeout_s, "the Kannel URL is http://host:port/cgi-bin/sendsms")
        self._account = {"username": username, "password": password, "from": sender}

    async def send(self, sms: Sms, /) -> Outcome:
        """Hand one message to the gateway.

        Codes: `bad_address`, `auth`, `rejected`, `throttled`, `unavailable`, `connect`, `no_answer`, `odd_answer`.
        """
        number = wire_phone(sms.to.address)
        if number is None:
            return Outcome("dead", "bad_address")
        # Without coding and charset, Kannel turns Chinese into question marks.
        query = self._account | {"to": number, "text": sms.text, "coding": "2", "charset": "UTF-8"}
        if sms.report_url:
            query |= {"dlr-mask": str(_REPORT_ON), "dlr-url": sms.report_url}
        answer = await self._wire.get(query)
        return _outcome(answer) if isinstance(answer, Answer) else answer

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()


def _outcome(answer: Answer) -> Outcome:
    if answer.status == httpx.codes.ACCEPTED and answer.body[:2] in {b"0:", b"3:"}:  # 3: queued, the carrier is away
        return Outcome("accepted", "accepted" if answer.body[:1] == b"0" else "queued")
    return by_status(answer.status)


def report_url(public_url: str, notice_id: str) -> str:
    """Where Kannel reports on a notice; Kannel itself fills in the type (%d) and the carrier's answer (%A)."""
    place = f"{public_url.rstrip('/')}/receipts/kannel?notice={quote(notice_id, safe='')}"
    return f"{place.replace('%', '%%')}&type=%d&answer=%A"


def parse_report(query: Mapping[str, str]) -> DeliveryReport | None:
    """Read the report in a callback's query; None if it is none of ours (to be answered with 400)."""
    notice_id, known = query.get("notice", ""), _REPORTS.get(query.get("type", ""))
    if not notice_id or known is None:
        return None
    state, rank, code = known
    why = _why(query.get("answer", "")) if state == "undelivered" else ""
    return DeliveryReport(notice_id, state, rank, f"{code}:{why}" if why else code)


def _why(answer: str) -> str:
    """The carrier's number for a failure, as `0x0b` or `UNDELIV/034`; empty when it says none."""
    if refused := _REFUSED.match(answer):
        return f"0x{refused[1].lower()}"
    reported = _REPORTED.search(answer)
    return "/".join(reported.groups()) if reported else ""
