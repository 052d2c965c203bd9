"""A webhook: one address that takes events by POST, signed, each until it has said that it has it.

N-73 A post is signed as Standard Webhooks has it: `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
     `<webhook-id>.<webhook-timestamp>.<body>`; the id is the event's at every attempt, the time that of the attempt.
     It goes to public addresses alone, unless the operator has said that this one may be inside; the name is resolved
     at each attempt and the connection made to what was checked. Certificates are verified, and nothing is followed.

Whoever receives it drops an id that it has had: silence is a retry.
"""

import asyncio
import hmac
import socket
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import httpx

from notifiers.protocol import Outcome
from notifiers.wire import KEEPALIVE_S

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[list[Address]]]

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
ANSWER_BYTES: Final = 64 * 1024  # what is read of an answer, so that its connection can be used again
_SUCCESS: Final = range(200, 300)
_ABOUT_THE_BODY: Final = frozenset({400, 413, 415, 422})  # it will never be taken; everything else may pass
_AUTH: Final = frozenset({401, 403})
_TRANSLATED: Final = tuple(map(ip_network, ("64:ff9b::/96", "2002::/16", "2001::/32")))  # another address in disguise


class WebhookNotifier:
    """One webhook; keeps its connections."""

    def __init__(
        self,
        url: str,
        secret: bytes,
        now: Callable[[], datetime],
        *,
        private: bool = False,
        timeout_s: float = 15.0,
        resolve: Resolve | None = None,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        """`now`: real time; `private`: it may be inside. `trusted`: by default whom the system trusts."""
        self._url = httpx.URL(url)
        self._secret = secret
        self._now = now
        self._private = private
        self._timeouts = httpx.Timeout(timeout_s).as_dict()
        self._resolve = resolve or addresses_of
        # The transport and not a client: a client logs every URL.
        self._transport = httpx.AsyncHTTPTransport(
            verify=trusted or ssl.create_default_context(), limits=httpx.Limits(keepalive_expiry=KEEPALIVE_S)
        )

    async def send(self, event_id: str, body: bytes) -> Outcome:
        """Tries once: `accepted`, `retry`, or `dead` where this body will never be taken."""
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        try:
            found = await self._resolve(self._url.host, port)
        except OSError:
            found = []
        if not found:
            return Outcome("retry", "no_address")
        if not self._private and not all(map(is_public, found)):
            return Outcome("retry", "private_address")
        try:
            return _outcome(await self._post(self._request(found[0], event_id, body)))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Outcome("retry", "connect")
        except (httpx.TransportError, httpx.DecodingError):
            return Outcome("retry", "no_answer")

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    def _request(self, address: Address, event_id: str, body: bytes) -> httpx.Request:
        sent_at = str(int(self._now().timestamp()))
        headers = {
            "Host": self._url.netloc.decode("ascii"),
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "rectify",
            "webhook-id": event_id,
            "webhook-timestamp": sent_at,
            "webhook-signature": signature(self._secret, event_id, sent_at, body),
        }
        extensions = {"timeout": self._timeouts, "sni_hostname": self._url.host}
        return httpx.Request(
            "POST", self._url.copy_with(host=str(address)), content=body, headers=headers, extensions=extensions
        )

    async def _post(self, request: httpx.Request) -> int:
        response = await self._transport.handle_async_request(request)
        try:
            read = 0
            async for part in response.aiter_raw():
                read += len(part)
                if read > ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        return response.status_code


def signature(secret: bytes, event_id: str, sent_at: str, body: bytes) -> str:
    """The header; `sent_at`: seconds since 1970, as the header beside it has them."""
    signed = hmac.digest(secret, f"{event_id}.{sent_at}.".encode() + body, sha256)
    return f"v1,{b64encode(signed).decode()}"


def is_public(address: Address) -> bool:
    """Whether this is somebody on the Internet, and not an address inside, of one machine, or of many."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if mapped is not None:
        return is_public(mapped)
    translated = any(address in network for network in _TRANSLATED if network.version == address.version)
    return address.is_global and not address.is_multicast and not translated


async def addresses_of(host: str, port: int) -> list[Address]:
    """The addresses of a name, looked up at this moment. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(one[4][0]).partition("%")[0]) for one in found]


def _outcome(status: int) -> Outcome:
    if status in _SUCCESS:
        return Outcome("accepted", "ok")
    if status in _ABOUT_THE_BODY:
        return Outcome("dead", f"rejected:{status}")
    return Outcome("retry", f"{'auth' if status in _AUTH else 'unavailable'}:{status}")
