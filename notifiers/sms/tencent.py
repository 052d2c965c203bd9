"""Short messages through Tencent Cloud 腾讯云 SMS 2021-01-11: approved templates only, signed TC3-HMAC-SHA256.

SessionContext is our notice's id: `PullSmsSendStatusByPhoneNumber` gives it back; a push knows only the SerialNo.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import orjson

from notifiers.protocol import NOBODY, Outcome, Sent, Sms
from notifiers.sms.endpoints import TENCENT
from notifiers.sms.report import DeliveryReport, ended, records, useful
from notifiers.sms.templates import Templates
from notifiers.sms.verdict import Word, verdict
from notifiers.wire import Answer, Wire, by_status
from schemas.addresses import wire_phone

_VERSION: Final = "2021-01-11"
_SERVICE: Final = "sms"
_ALGORITHM: Final = "TC3-HMAC-SHA256"
_CONTENT_TYPE: Final = "application/json"
_ASKED_AROUND: Final = timedelta(hours=1)  # before and after the call, in case that clocks differ
_MOST: Final = 100
_WORDS: Final[Mapping[str, Word]] = {
    "AuthFailure": "auth",
    "UnauthorizedOperation": "auth",
    "FailedOperation.InsufficientBalance": "balance",
    "FailedOperation.ForbidAddMarketingTemplates": "rejected",
    "FailedOperation.SignatureIncorrectOrUnapproved": "template",
    "FailedOperation.MissingSignature": "template",
    "FailedOperation.Template": "template",
    "FailedOperation.MissingTemplate": "template",
    "FailedOperation.NotEnterpriseCertification": "auth",
    "InvalidParameterValue.TemplateParameter": "template",
    "InvalidParameterValue.IncorrectPhoneNumber": "bad_address",
    "InvalidParameterValue.SdkAppIdNotExist": "auth",
    "LimitExceeded": "throttled",
    "LimitExceeded.PhoneNumber": "deferred",
    "RequestLimitExceeded": "throttled",
    "InternalError": "odd_answer",
}


class TencentNotifier:
    """One secret id, one SMS application and its approved templates, over kept connections."""

    def __init__(
        self,
        secret_id: str,
        secret_key: str,
        app_id: str,
        templates: Templates,
        now: Callable[[], datetime],
        *,
        region: str = "ap-guangzhou",
        url: str = TENCENT,
        timeout_s: float = 30.0,
    ) -> None:
        """`now` is the real time (Tencent takes no signature older than 5 minutes). Raises ValueError: no HTTP URL."""
        self._secret_id = secret_id
        self._secret_key = secret_key
        self._app_id = app_id
        self._templates = templates
        self._now = now
        self._region = region
        self._wire = Wire(url, timeout_s, f"the Tencent URL is written like {TENCENT}")

    async def send(self, sms: Sms, /) -> Outcome:
        """Hand one message over; codes as in `verdict.py`, and `no_template`."""
        number = _international(sms.to.address)
        if number is None:
            return Outcome("dead", "bad_address")
        filled = self._templates.fill(sms.kind, sms.variables)
        if filled is None:
            return Outcome("dead", "no_template")
        document = await self._call(
            "SendSms",
            {
                "PhoneNumberSet": [number],
                "SmsSdkAppId": self._app_id,
                "SignName": filled.sign,
                "TemplateId": filled.template_id,
                "TemplateParamSet": list(filled.variables.values()),
                "SessionContext": sms.notice_id,
            },
        )
        if isinstance(document, Outcome):
            return document
        statuses = document.get("SendStatusSet")
        status = statuses[0] if isinstance(statuses, list) and statuses and isinstance(statuses[0], dict) else {}
        code = status.get("Code")
        if not isinstance(code, str):
            return Outcome("uncertain", "odd_answer:no_status")
        if code != "Ok":
            return verdict(code, _WORDS)
        return Outcome("accepted", "accepted", str(status.get("SerialNo") or "") or None)

    async def ask(self, sent: Sent, /) -> Outcome | None:
        """See `Inquirer`: what was sent to the number around that time, matched by SessionContext."""
        number = _international(sent.to.address)
        if number is None:
            return None
        document = await self._sent_to(number, sent.at)
        if isinstance(document, Outcome):
            return None
        found = document.get("PullSmsSendStatusSet")
        for status in found if isinstance(found, list) else ():
            if isinstance(status, dict) and status.get("SessionContext") == sent.notice_id:
                return _known(status)
        return None

    async def check(self) -> Outcome:
        """See `Checkable`: asks what a number that is nobody's got within the hour."""
        document = await self._sent_to(f"+86{NOBODY}", self._now())
        return document if isinstance(document, Outcome) else Outcome("accepted", "accepted")

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    async def _sent_to(self, number: str, at: datetime) -> dict[str, Any] | Outcome:
        return await self._call(
            "PullSmsSendStatusByPhoneNumber",
            {
                "PhoneNumber": number,
                "SmsSdkAppId": self._app_id,
                "BeginTime": int((at - _ASKED_AROUND).timestamp()),
                "EndTime": int((at + _ASKED_AROUND).timestamp()),
                "Offset": 0,
                "Limit": _MOST,
            },
        )

    async def _call(self, action: str, parameters: Mapping[str, Any]) -> dict[str, Any] | Outcome:
        body = orjson.dumps(parameters)
        headers = signed_headers(self._secret_id, self._secret_key, self._wire.host, body, self._now())
        headers |= {"x-tc-action": action, "x-tc-version": _VERSION, "x-tc-region": self._region}
        answer = await self._wire.post(body, headers)
        if not isinstance(answer, Answer):
            return answer
        response = answer.document.get("Response")
        if not isinstance(response, dict):
            return by_status(answer.status)
        error = response.get("Error")
        return verdict(str(error.get("Code")), _WORDS) if isinstance(error, dict) else response


def signed_headers(secret_id: str, secret_key: str, host: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that are signed, Authorization included (TC3-HMAC-SHA256)."""
    seconds, day = int(now.timestamp()), now.astimezone(UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{_SERVICE}/tc3_request"
    request = f"POST\n/\n\ncontent-type:{_CONTENT_TYPE}\nhost:{host}\n\ncontent-type;host\n{sha256(body).hexdigest()}"
    to_sign = f"{_ALGORITHM}\n{seconds}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for part in (day, _SERVICE, "tc3_request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    signature = hmac.new(key, to_sign.encode(), sha256).hexdigest()
    return {
        "host": host,
        "content-type": _CONTENT_TYPE,
        "x-tc-timestamp": str(seconds),
        "authorization": (
            f"{_ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
        ),
    }


def parse_reports(body: bytes) -> list[DeliveryReport] | None:
    """Read a push (短信下发状态通知); None if it is none."""
    found = records(body)
    if found is None:
        return None
    return useful(
        ended(delivered=one.get("report_status") == "SUCCESS", code=one.get("errmsg"), ref=one.get("sid"))
        for one in found
        if one.get("report_status") in {"SUCCESS", "FAIL"}
    )


def _known(status: Mapping[str, Any]) -> Outcome:
    if status.get("ReportStatus") == "SUCCESS":
        return Outcome("delivered", "delivered")
    if status.get("ReportStatus") == "FAIL":
        return Outcome("undelivered", ended(delivered=False, code=status.get("Description")).code)
    return Outcome("accepted", "accepted")


def _international(address: str) -> str | None:
    number = wire_phone(address)
    return None if number is None else number if number.startswith("+") else f"+86{number}"
