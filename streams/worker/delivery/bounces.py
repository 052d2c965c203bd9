"""Bounces handed in by a mail server: read, and written down as what became of a letter (N-31, N-32).

They come by HTTP with a shared secret, or from `rectify notice bounce` on a machine that reaches the database.
"""

from __future__ import annotations

import hmac
from typing import Final, NamedTuple

from notifiers.bounce import NoBounce, read_bounce
from notifiers.return_path import ReturnPath
from streams.log_events import event_log
from streams.worker.delivery.reports import Reports

BOUNCE_BYTES: Final = 1024 * 1024  # a server may return our whole mail; attachments of ours are small
OK, FORBIDDEN, UNKNOWN, TOO_LARGE, LATER = 200, 403, 404, 413, 503

log = event_log(__name__)


class BounceTaken(NamedTuple):
    """What became of a mail that was handed in: an HTTP status, and the bounce's code or why it is none."""

    status: int
    said: str


class Bounces:
    """Takes bounces in; `secret` is what the mail server's HTTP request must bring, empty: none is taken so."""

    def __init__(self, reports: Reports, returns: ReturnPath, secret: str) -> None:
        self._reports = reports
        self._returns = returns
        self._secret = secret.encode()

    def refusal(self, secret: str) -> int | None:
        """Whether a request with this secret is to be refused, before its body is read; the HTTP status."""
        if not self._secret:
            return UNKNOWN
        if not hmac.compare_digest(secret.encode("utf-8", "surrogatepass"), self._secret):
            log.warning("bounce_without_secret")
            return FORBIDDEN
        return None

    async def take(self, content: bytes, recipient: str = "") -> BounceTaken:
        """Takes one mail in, in any order and repeated; one that is no bounce of ours is passed over with status 200.

        `recipient` is the address that it came to, where the mail server tells it.
        """
        if len(content) > BOUNCE_BYTES:
            return BounceTaken(TOO_LARGE, "too_large")
        bounce = read_bounce(content, self._returns, recipient)
        if isinstance(bounce, NoBounce):
            log.info("bounce_passed_over", reason=bounce.reason)
            return BounceTaken(OK, bounce.reason)
        status = await self._reports.take(bounce.letter_id, bounce.state, bounce.code)
        if status == UNKNOWN:
            log.info("bounce_passed_over", reason="unknown_letter", delivery=bounce.letter_id)
            return BounceTaken(OK, "unknown_letter")
        return BounceTaken(status, bounce.code if status == OK else "database_unavailable")
