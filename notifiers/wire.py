"""One provider's HTTP interface over kept connections: a request goes out once, and what is not known is said.

answered         status and body; whoever called reads them
connect          it never left this machine: retry
no_answer        it left, and nothing came back: uncertain
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
import orjson

from notifiers.protocol import Outcome

KEEPALIVE_S: Final = 20.0  # gateways hang up later than this, so a request seldom meets a dying connection
BODY_BYTES: Final = 1024 * 1024  # of an answer; more is no answer of a gateway
_THROTTLED: Final = 429
_AUTH: Final = frozenset({401, 403})
_PROXY_LOST_IT: Final = frozenset({502, 504})  # a proxy's answer after it passed the request on
_CLIENT_ERROR, _SERVER_ERROR = range(400, 500), range(500, 600)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty if it is none."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}


class Wire:
    """Keeps connections to one address. It writes no log: URLs hold passwords, numbers and texts."""

    def __init__(self, url: str, timeout_s: float, what: str) -> None:
        """`url` is http or https; `timeout_s` is for connecting and for the answer, each; `what` says what it is.

        Raises:
            ValueError: it is not an HTTP URL.
        """
        try:
            self.url = httpx.URL(url)
        except httpx.InvalidURL:
            self.url = httpx.URL()
        if self.url.scheme not in {"http", "https"} or not self.url.host:
            raise ValueError(what)
        self._timeouts = httpx.Timeout(timeout_s).as_dict()
        # The transport and not a client: a client logs every URL.
        self._transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(keepalive_expiry=KEEPALIVE_S))

    @property
    def host(self) -> str:
        """The Host header, with the port where it is not the scheme's own."""
        return self.url.netloc.decode("ascii")

    async def get(self, params: Mapping[str, str]) -> Answer | Outcome:
        """Ask, with parameters in the query."""
        return await self._send(self._request("GET", self.url.copy_merge_params(params)))

    async def post(
        self, body: bytes = b"", headers: Mapping[str, str] | None = None, *, query: str = ""
    ) -> Answer | Outcome:
        """Post; `query` is written as it is to be sent, and goes behind what the URL has."""
        own = self.url.query
        whole = b"&".join(part for part in (own, query.encode("ascii")) if part)
        url = self.url.copy_with(query=whole) if whole else self.url
        return await self._send(self._request("POST", url, body, headers))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    def _request(
        self, method: str, url: httpx.URL, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Request:
        return httpx.Request(method, url, content=body, headers=headers, extensions={"timeout": self._timeouts})

    async def _send(self, request: httpx.Request) -> Answer | Outcome:
        try:
            response = await self._transport.handle_async_request(request)
            try:
                body = b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > BODY_BYTES:
                        return Outcome("uncertain", "odd_answer:too_long")
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Outcome("retry", "connect")
        except (httpx.TransportError, httpx.DecodingError):
            return Outcome("uncertain", "no_answer")
        return Answer(response.status_code, body)


def by_status(status: int) -> Outcome:
    """What the HTTP status alone says; 200 without a word that is understood is no acceptance."""
    if status == _THROTTLED:
        return Outcome("retry", f"throttled:{status}")
    if status in _CLIENT_ERROR:
        return Outcome("dead", f"{'auth' if status in _AUTH else 'rejected'}:{status}")
    if status in _SERVER_ERROR and status not in _PROXY_LOST_IT:
        return Outcome("retry", f"unavailable:{status}")
    return Outcome("uncertain", f"odd_answer:{status}")
