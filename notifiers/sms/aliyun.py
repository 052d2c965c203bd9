"""Short messages through Aliyun 阿里云 Dysms 2017-05-25: approved templates only, signed ACS3-HMAC-SHA256.

OutId is our notice's id: reports and `QuerySendDetails` give it back. Not idempotent: no answer is uncertain.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import orjson

from notifiers.protocol import NOBODY, Outcome, Sent, Sms
from notifiers.sms.endpoints import ALIYUN
from notifiers.sms.report import DeliveryReport, ended, records, useful
from notifiers.sms.templates import Templates
from notifiers.sms.verdict import Word, verdict
from notifiers.wire import Answer, Wire, by_status
from schemas.addresses import wire_phone

_VERSION: Final = "2017-05-25"
_ALGORITHM: Final = "ACS3-HMAC-SHA256"
_CHINA: Final = timezone(timedelta(hours=8))  # Aliyun's days begin there
_PAGE: Final = 50  # the most that it answers with; a number gets fewer a day
_WAITING, _FAILED, _RECEIVED = 1, 2, 3  # SendStatus
_WORDS: Final[Mapping[str, Word]] = {
    "isv.AMOUNT_NOT_ENOUGH": "balance",
    "isv.OUT_OF_SERVICE": "balance",
    "isv.ACCOUNT_": "auth",
    "isv.PRODUCT_UN": "auth",
    "isp.RAM_PERMISSION_DENY": "auth",
    "InvalidAccessKey": "auth",
    "SignatureDoesNotMatch": "auth",
    "IncompleteSignature": "auth",
    "InvalidTimeStamp": "auth",
    "Forbidden": "auth",
    "NoPermission": "auth",
    "isv.BUSINESS_LIMIT_CONTROL": "deferred",
    "isv.DAY_LIMIT_CONTROL": "throttled",
    "isv.MONTH_LIMIT_CONTROL": "throttled",
    "Throttling": "throttled",
    "SignatureNonceUsed": "throttled",
    "isv.MOBILE_": "bad_address",
    "isv.SMS_TEMPLATE": "template",
    "isv.SMS_SIGN": "template",
    "isv.SIGN_": "template",
    "isv.TEMPLATE": "template",
    "isv.PARAM_": "template",
    "isv.INVALID_PARAMETERS": "template",
    "isp.SYSTEM_ERROR": "odd_answer",
    "InternalError": "odd_answer",
    "ServiceUnavailable": "unavailable",
}


class AliyunNotifier:
    """One access key and its approved templates, over kept connections."""

    def __init__(
        self,
        key_id: str,
        secret: str,
        templates: Templates,
        now: Callable[[], datetime],
        *,
        url: str = ALIYUN,
        timeout_s: float = 30.0,
    ) -> None:
        """`now` is the real time (Aliyun takes no signature older than 15 minutes). Raises ValueError: no HTTP URL."""
        self._key_id = key_id
        self._secret = secret
        self._templates = templates
        self._now = now
        self._wire = Wire(url, timeout_s, f"the Aliyun URL is written like {ALIYUN}")

    async def send(self, sms: Sms, /) -> Outcome:
        """Hand one message over; codes as in `verdict.py`, and `no_template`."""
        number = wire_phone(sms.to.address)
        if number is None:
            return Outcome("dead", "bad_address")
        filled = self._templates.fill(sms.kind, sms.variables)
        if filled is None:
            return Outcome("dead", "no_template")
        document = await self._call(
            "SendSms",
            {
                "PhoneNumbers": number,
                "SignName": filled.sign,
                "TemplateCode": filled.template_id,
                "TemplateParam": orjson.dumps(filled.variables).decode(),
                "OutId": sms.notice_id,
            },
        )
        if isinstance(document, Outcome):
            return document
        return Outcome("accepted", "accepted", str(document.get("BizId") or "") or None)

    async def ask(self, sent: Sent, /) -> Outcome | None:
        """See `Inquirer`: what was sent to the number on that day, matched by OutId."""
        number = wire_phone(sent.to.address)
        if number is None:
            return None
        document = await self._sent_to(number, sent.at)
        if isinstance(document, Outcome):
            return None
        details = document.get("SmsSendDetailDTOs")
        found = details.get("SmsSendDetailDTO") if isinstance(details, dict) else None
        for detail in found if isinstance(found, list) else ():
            if isinstance(detail, dict) and detail.get("OutId") == sent.notice_id:
                return _known(detail)
        return None

    async def check(self) -> Outcome:
        """See `Checkable`: asks what a number that is nobody's got today."""
        document = await self._sent_to(NOBODY, self._now())
        return document if isinstance(document, Outcome) else Outcome("accepted", "accepted")

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def _sent_to(self, number: str, at: datetime) -> dict[str, Any] | Outcome:
        day = at.astimezone(_CHINA).strftime("%Y%m%d")
        query = {"PhoneNumber": number, "SendDate": day, "PageSize": str(_PAGE), "CurrentPage": "1"}
        return await self._call("QuerySendDetails", query)

    async def _call(self, action: str, parameters: Mapping[str, str]) -> dict[str, Any] | Outcome:
        query = canonical_query(parameters)
        headers = signed_headers(
            self._key_id, self._secret, self._wire.host, action, query, self._now(), nonce=uuid4().hex
        )
        answer = await self._wire.post(headers=headers, query=query)
        if not isinstance(answer, Answer):
            return answer
        code = answer.document.get("Code")
        if not isinstance(code, str):
            return by_status(answer.status)
        return answer.document if code == "OK" else verdict(code, _WORDS)


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Sorted and percent-encoded as the signature wants it, and as it is sent."""
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters.items()))


def signed_headers(
    key_id: str, secret: str, host: str, action: str, query: str, now: datetime, *, nonce: str
) -> dict[str, str]:
    """The headers of a POST without body, Authorization included (ACS3-HMAC-SHA256)."""
    payload = sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": payload,
        "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": _VERSION,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{payload}"
    to_sign = f"{_ALGORITHM}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), sha256).hexdigest()
    return headers | {"authorization": f"{_ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"}


def parse_reports(body: bytes) -> list[DeliveryReport] | None:
    """Read a push (SmsReport, HTTP 批量推送); None if it is none."""
    found = records(body)
    if found is None:
        return None
    return useful(
        ended(
            delivered=one.get("success") is True,
            code=one.get("err_code"),
            notice_id=one.get("out_id"),
            ref=one.get("biz_id"),
        )
        for one in found
        if isinstance(one.get("success"), bool)
    )


def _known(detail: Mapping[str, Any]) -> Outcome:
    status = detail.get("SendStatus")
    if status == _RECEIVED:
        return Outcome("delivered", "delivered")
    if status == _FAILED:
        report = ended(delivered=False, code=detail.get("ErrCode"))
        return Outcome("undelivered", report.code)
    return Outcome("accepted", "accepted")
