"""What cloud providers push about short messages, taken in only with the secret that their console was given (N-44).

Reports come in any order and repeated. One that is no report is 400, one without the secret 403, one about a message
that is not ours is passed over: an account may have other users.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from notifiers.sms import aliyun, tencent, yunmas
from notifiers.sms.report import DeliveryReport
from streams.ledger import Ledger, LedgerError
from streams.log_events import event_log
from streams.worker.delivery.reports import Reports

_OK, _BAD, _FORBIDDEN, _UNKNOWN, _LATER = 200, 400, 403, 404, 503

log = event_log(__name__)


class Reply(NamedTuple):
    """What the provider is answered."""

    status: int
    body: Mapping[str, object]


class _Pushing(NamedTuple):
    parse: Callable[[bytes], list[DeliveryReport] | None]
    taken: Mapping[str, object]


_PUSHING: Final[Mapping[str, _Pushing]] = {
    "aliyun": _Pushing(aliyun.parse_reports, {"code": 0, "msg": "OK"}),
    "tencent": _Pushing(tencent.parse_reports, {"result": 0, "errmsg": "OK"}),
    "yunmas": _Pushing(yunmas.parse_reports, {"success": True}),
}
PUSHING: Final = frozenset(_PUSHING)
"""The providers that push reports here."""


class Callbacks:
    """One per worker; without a secret none are taken."""

    def __init__(self, ledger: Ledger, reports: Reports, secret: str) -> None:
        self._ledger = ledger
        self._reports = reports
        self._secret = secret.encode()

    async def take(self, provider: str, secret: str, body: bytes) -> Reply:
        """Takes one push; `secret` is what came in the path or as bearer token."""
        pushing = _PUSHING.get(provider)
        if pushing is None or not self._secret:
            return Reply(_UNKNOWN, {})
        if not hmac.compare_digest(secret.encode("utf-8", "surrogatepass"), self._secret):
            log.warning("callback_without_secret", provider=provider)
            return Reply(_FORBIDDEN, {})
        reports = pushing.parse(body)
        if reports is None:
            return Reply(_BAD, {})
        try:
            statuses = [await self._apply(report, known) for report, known in await self._known(provider, reports)]
        except LedgerError:
            return Reply(_LATER, {})
        return Reply(_LATER, {}) if _LATER in statuses else Reply(_OK, pushing.taken)

    async def _known(self, provider: str, reports: list[DeliveryReport]) -> list[tuple[DeliveryReport, str]]:
        """The reports about messages of ours, with the delivery's id."""
        refs = [report.ref for report in reports if not report.notice_id]
        async with self._ledger.transaction() as tx:
            found = await tx.provider_refs.deliveries(provider, refs)
        pairs = ((report, report.notice_id or found.get(report.ref, "")) for report in reports)
        return [(report, delivery_id) for report, delivery_id in pairs if delivery_id]

    async def _apply(self, report: DeliveryReport, delivery_id: str) -> int:
        status = await self._reports.take(delivery_id, report.state, report.code)
        if status == _OK:
            async with self._ledger.transaction() as tx:
                await tx.provider_refs.forget(delivery_id)
        return status
