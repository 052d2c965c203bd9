"""Short messages through Kannel's sendsms interface: at most once, so a time-out after the request is uncertain.

Kannel user's guide 1.4.5: "Using HTTP to send SMS", "Delivery reports".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

import httpx

from notifiers.addresses import wire_phone
from notifiers.protocol import Outcome, Sms

KEEPALIVE_S: Final = 20.0  # Kannel hangs up later than this, so a request seldom meets a dying connection
_REPORT_ON: Final = 31  # delivered, undelivered, queued, submitted, rejected
_CLIENT_ERROR, _SERVER_ERROR = range(400, 500), range(500, 600)
_THROTTLED: Final = 429
_PROXY_LOST_IT: Final = frozenset({502, 504})  # a proxy's answer after it passed the request on
_AUTH: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report. It may come twice and in any order: only one of a higher `rank` than known has effect."""

    notice_id: str
    state: Literal["accepted", "delivered", "undelivered"]
    rank: int
    code: str


_REPORTS: Final[Mapping[str, tuple[Literal["accepted", "delivered", "undelivered"], int, str]]] = {
    "4": ("accepted", 1, "smsc_queued"),
    "8": ("accepted", 2, "smsc_submitted"),
    "1": ("delivered", 3, "delivered"),
    "2": ("undelivered", 3, "undelivered"),
    "16": ("undelivered", 3, "smsc_rejected"),
}


class KannelNotifier:
    """One sendsms user of one Kannel, over kept connections."""

    def __init__(self, url: str, username: str, password: str, sender: str, timeout_s: float = 30.0) -> None:
        """`url` is http://host:port/cgi-bin/sendsms; `timeout_s` is for connecting and for the answer, each.

        Raises:
            ValueError: it is not an HTTP URL.
        """
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL:
            self._url = httpx.URL()
        if self._url.scheme not in {"http", "https"} or not self._url.host:
            raise ValueError("the Kannel URL is http://host:port/cgi-bin/sendsms")
        self._account = {"username": username, "password": password, "from": sender}
        self._timeouts = httpx.Timeout(timeout_s).as_dict()
        # The transport and not a client: a client logs every URL, and this one holds the password and the text.
        limits = httpx.Limits(keepalive_expiry=KEEPALIVE_S)
        self._transport = httpx.AsyncHTTPTransport(limits=limits)

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
        request = httpx.Request("GET", self._url, params=query, extensions={"timeout": self._timeouts})
        try:
            response = await self._transport.handle_async_request(request)
            try:
                body = await response.aread()
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Outcome("retry", "connect")
        except httpx.TransportError:
            return Outcome("uncertain", "no_answer")
        return _outcome(response.status_code, body)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def _outcome(status: int, body: bytes) -> Outcome:
    if status == httpx.codes.ACCEPTED and body[:2] in {b"0:", b"3:"}:  # 3: queued, the carrier is away
        return Outcome("accepted", "accepted" if body[:1] == b"0" else "queued")
    if status == _THROTTLED:
        return Outcome("retry", f"throttled:{status}")
    if status in _CLIENT_ERROR:
        return Outcome("dead", f"{'auth' if status in _AUTH else 'rejected'}:{status}")
    if status in _SERVER_ERROR and status not in _PROXY_LOST_IT:
        return Outcome("retry", f"unavailable:{status}")
    return Outcome("uncertain", f"odd_answer:{status}")


def report_url(public_url: str, notice_id: str) -> str:
    """Where Kannel reports on a notice; Kannel itself fills in the type (%d) and the carrier's answer (%A)."""
    place = f"{public_url.rstrip('/')}/receipts/kannel?notice={quote(notice_id, safe='')}"
    return f"{place.replace('%', '%%')}&type=%d&answer=%A"


def parse_report(query: Mapping[str, str]) -> Report | None:
    """Read the report in a callback's query; None if it is none of ours (to be answered with 400)."""
    notice_id, known = query.get("notice", ""), _REPORTS.get(query.get("type", ""))
    return Report(notice_id, *known) if notice_id and known else None
