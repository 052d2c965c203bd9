"""Short messages through China Mobile 云MAS (HTTP interface, 普通短信 norsubmit): free text, MD5 mac.

The request is base64 of a JSON object; `mac` is the MD5 of ecName, apId, secretKey, mobiles, content, sign and
addSerial, put one behind the other. The gateway adds the sign's name itself. Nothing of ours comes back in a report,
which names the gateway's `msgGroup`; there is no interface to ask, reports are only pushed.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import md5
from typing import Final

import orjson

from notifiers.protocol import Outcome, Sms
from notifiers.sms.report import DeliveryReport, ended, records, useful
from notifiers.sms.verdict import Word, verdict
from notifiers.wire import Answer, Wire, by_status
from schemas.addresses import wire_phone

_PATH: Final = "http://host:port/sms/norsubmit"
_DELIVERED: Final = frozenset({"DELIVRD", "CM:0000"})
_WORDS: Final[Mapping[str, Word]] = {
    "IllegalMac": "auth",
    "InvalidUsrOrPwd": "auth",
    "IllegalSignId": "auth",
    "NoSignId": "auth",
    "TooManyMobiles": "rejected",
    "InvalidMessage": "rejected",
}


class YunmasNotifier:
    """One interface account 接口账号 of a 云MAS customer, over kept connections."""

    def __init__(
        self,
        url: str,
        customer: str,
        account: str,
        password: str,
        sign: str,
        extension: str = "",
        *,
        timeout_s: float = 30.0,
    ) -> None:
        """`customer` is ecName, `account` apId, `password` secretKey, `sign` the 签名编码, `extension` addSerial.

        Raises:
            ValueError: `url` is not an HTTP URL.
        """
        self._wire = Wire(url, timeout_s, f"the 云MAS URL is {_PATH}")
        self._account = (customer, account, password, sign, extension)

    async def send(self, sms: Sms, /) -> Outcome:
        """Hand one message over; codes as in `verdict.py`."""
        number = wire_phone(sms.to.address)
        if number is None or number.startswith("+"):
            return Outcome("dead", "bad_address")
        answer = await self._wire.post(
            submission(self._account, number, sms.text.removeprefix(sms.sign)),
            {"host": self._wire.host, "content-type": "application/json"},
        )
        if not isinstance(answer, Answer):
            return answer
        document = answer.document
        code = document.get("rspcod")
        if not isinstance(code, str):
            return by_status(answer.status)
        if code == "success" and document.get("success") is True:
            return Outcome("accepted", "accepted", str(document.get("msgGroup") or "") or None)
        # A refusal that says success somewhere is none that we know.
        return verdict(
            code, _WORDS, "odd_answer" if code == "success" or document.get("success") is True else "rejected"
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()


def submission(account: tuple[str, str, str, str, str], number: str, text: str) -> bytes:
    """The body of a request; `account` as (ecName, apId, secretKey, sign, addSerial)."""
    customer, user, password, sign, extension = account
    whole = f"{customer}{user}{password}{number}{text}{sign}{extension}"
    fields = {
        "ecName": customer,
        "apId": user,
        "mobiles": number,
        "content": text,
        "sign": sign,
        "addSerial": extension,
        "mac": md5(whole.encode(), usedforsecurity=False).hexdigest(),
    }
    return b64encode(orjson.dumps(fields))


def parse_reports(body: bytes) -> list[DeliveryReport] | None:
    """Read a push (状态报告); None if it is none."""
    found = records(body)
    if found is None:
        return None
    return useful(
        ended(
            delivered=one.get("reportStatus") in _DELIVERED,
            code=one.get("errorCode") or one.get("reportStatus"),
            ref=one.get("msgGroup"),
        )
        for one in found
        if isinstance(one.get("reportStatus"), str)
    )
