"""What the clouds answer, later and when asked: words, reports, inquiries."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from notifiers.protocol import Inquirer, Recipient, Sent
from notifiers.sms import aliyun, tencent, yunmas
from notifiers.sms.verdict import verdict
from tests.support.clouds import AliyunChannel, TencentChannel, YunmasChannel

SENT = Sent("n-1", Recipient("王五", "138 0000 0001", "duty"), datetime(2026, 3, 2, 17, tzinfo=UTC))


@pytest.mark.parametrize(
    ("code", "state", "word"),
    [
        ("isv.AMOUNT_NOT_ENOUGH", "dead", "balance"),
        ("isv.OUT_OF_SERVICE", "dead", "balance"),
        ("InvalidAccessKeyId.NotFound", "dead", "auth"),
        ("isp.RAM_PERMISSION_DENY", "dead", "auth"),
        ("isv.BUSINESS_LIMIT_CONTROL", "retry", "deferred"),
        ("Throttling.User", "retry", "throttled"),
        ("isv.MOBILE_NUMBER_ILLEGAL", "dead", "bad_address"),
        ("isv.SMS_TEMPLATE_ILLEGAL", "dead", "template"),
        ("isv.PARAM_LENGTH_LIMIT", "dead", "template"),
        ("isp.SYSTEM_ERROR", "uncertain", "odd_answer"),
        ("isv.BLACK_KEY_CONTROL_LIMIT", "dead", "rejected"),
    ],
)
def test_words_of_aliyun(code: str, state: str, word: str) -> None:
    """Each code has one meaning; what the provider does not know itself is never sent again."""
    outcome = verdict(code, aliyun._WORDS)
    assert (outcome.state, outcome.code) == (state, f"{word}:{code}")


@pytest.mark.parametrize(
    ("code", "state", "word"),
    [
        ("FailedOperation.InsufficientBalanceInSmsPackage", "dead", "balance"),
        ("AuthFailure.SecretIdNotFound", "dead", "auth"),
        ("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "dead", "auth"),
        ("LimitExceeded.PhoneNumberDailyLimit", "retry", "deferred"),
        ("LimitExceeded.AppDailyLimit", "retry", "throttled"),
        ("RequestLimitExceeded", "retry", "throttled"),
        ("FailedOperation.TemplateUnapprovedOrNotExist", "dead", "template"),
        ("InvalidParameterValue.IncorrectPhoneNumber", "dead", "bad_address"),
        ("InternalError.Timeout", "uncertain", "odd_answer"),
        ("FailedOperation.PhoneNumberInBlacklist", "dead", "rejected"),
    ],
)
def test_words_of_tencent(code: str, state: str, word: str) -> None:
    """Two messages a day is what Tencent allows a number: that is about the number, not about us."""
    outcome = verdict(code, tencent._WORDS)
    assert (outcome.state, outcome.code) == (state, f"{word}:{code}")


def test_reports_of_aliyun() -> None:
    """A push holds several; ours are known by OutId."""
    pushed = [
        {"phone_number": "13800000001", "success": True, "err_code": "DELIVERED", "out_id": "n-1", "biz_id": "b-1"},
        {"phone_number": "13800000002", "success": False, "err_code": "MK:0001", "out_id": "n-2", "biz_id": "b-2"},
        {"phone_number": "13800000003"},
    ]
    found = aliyun.parse_reports(orjson.dumps(pushed))
    assert [(one.notice_id, one.state, one.code) for one in found or ()] == [
        ("n-1", "delivered", "delivered"),
        ("n-2", "undelivered", "undelivered:MK:0001"),
    ]


def test_reports_of_tencent() -> None:
    """They name only the serial number."""
    pushed = [{"mobile": "13800000001", "report_status": "FAIL", "errmsg": "UNDELIV", "sid": "s-1"}]
    (report,) = tencent.parse_reports(orjson.dumps(pushed)) or []
    assert (report.notice_id, report.ref, report.state, report.code) == (
        "",
        "s-1",
        "undelivered",
        "undelivered:UNDELIV",
    )


@pytest.mark.parametrize(
    ("status", "state"), [("DELIVRD", "delivered"), ("CM:0000", "delivered"), ("MA:0001", "undelivered")]
)
def test_reports_of_yunmas(status: str, state: str) -> None:
    """One object a push; it names the message group."""
    pushed = {"reportStatus": status, "mobile": "13800000001", "errorCode": "", "msgGroup": "g-1"}
    (report,) = yunmas.parse_reports(orjson.dumps(pushed)) or []
    assert (report.ref, report.state) == ("g-1", state)


@pytest.mark.parametrize("module", [aliyun, tencent, yunmas])
@pytest.mark.parametrize(
    "body", [b"", b"{", b"7", b'"x"', b"[1]", b"\xff", b"[" * 10_000, b"[" + b"{}," * 6_000 + b"{}]"]
)
def test_rubbish_is_no_report(module: Any, body: bytes) -> None:
    """Whatever arrives is told apart, and nothing is raised."""
    assert module.parse_reports(body) is None


@pytest.mark.parametrize("module", [aliyun, tencent, yunmas])
def test_odd_fields_name_no_message(module: Any) -> None:
    """A push in the right form with the wrong contents is about nothing."""
    odd: dict[str, Any] = {
        "success": True,
        "out_id": 7,
        "biz_id": None,
        "report_status": "FAIL",
        "sid": [],
        "reportStatus": "",
        "msgGroup": {},
    }
    assert module.parse_reports(orjson.dumps([odd])) == []
    nul = {"success": True, "out_id": "\0", "report_status": "FAIL", "sid": "\0", "reportStatus": "X", "msgGroup": "\0"}
    assert module.parse_reports(orjson.dumps([nul])) == []


@pytest.fixture
async def aliyun_cloud() -> AsyncIterator[AliyunChannel]:
    """Aliyun at work."""
    cloud = AliyunChannel()
    await cloud.start()
    yield cloud
    await cloud.stop()


@pytest.mark.parametrize(("status", "state"), [(1, "accepted"), (2, "undelivered"), (3, "delivered")])
async def test_aliyun_is_asked_by_number_and_day(aliyun_cloud: AliyunChannel, status: int, state: str) -> None:
    """17:00 UTC is the next day in China; of all that went to the number, ours has our id."""
    aliyun_cloud.statuses = [
        {"OutId": "another", "SendStatus": 2},
        {"OutId": "n-1", "SendStatus": status, "ErrCode": "UNDELIV"},
    ]
    notifier = aliyun_cloud.notifier()
    assert isinstance(notifier, Inquirer)
    outcome = await notifier.ask(SENT)
    await notifier.close()
    assert outcome is not None
    assert outcome.state == state
    assert (aliyun_cloud.asked[0]["PhoneNumber"], aliyun_cloud.asked[0]["SendDate"]) == ("13800000001", "20260303")


async def test_what_aliyun_does_not_know_is_not_decided(aliyun_cloud: AliyunChannel) -> None:
    """Not found, or no answer: both are no proof that it was never taken."""
    notifier = aliyun_cloud.notifier()
    assert isinstance(notifier, Inquirer)
    assert await notifier.ask(SENT) is None
    await aliyun_cloud.stop()
    assert await notifier.ask(SENT) is None
    await notifier.close()


@pytest.mark.parametrize(("status", "state"), [("SUCCESS", "delivered"), ("FAIL", "undelivered"), ("", "accepted")])
async def test_tencent_is_asked_by_number_and_time(status: str, state: str) -> None:
    """Ours is known by its session context."""
    cloud = TencentChannel()
    await cloud.start()
    cloud.statuses = [
        {"SessionContext": "another", "ReportStatus": "FAIL"},
        {"SessionContext": "n-1", "ReportStatus": status, "Description": "UNDELIV"},
    ]
    notifier = cloud.notifier()
    assert isinstance(notifier, Inquirer)
    outcome = await notifier.ask(SENT)
    await notifier.close()
    await cloud.stop()
    assert outcome is not None
    assert outcome.state == state
    assert cloud.asked[0]["PhoneNumber"] == "+8613800000001"
    assert cloud.asked[0]["BeginTime"] < SENT.at.timestamp() < cloud.asked[0]["EndTime"]


async def test_yunmas_signs_by_itself_and_cannot_be_asked() -> None:
    """The gateway puts the sign before the text, so ours is left out."""
    cloud = YunmasChannel()
    await cloud.start()
    notifier = cloud.notifier()
    assert not isinstance(notifier, Inquirer)
    outcome = await notifier.send(replace(cloud.message("【市政务公开】催办：请整改"), sign="【市政务公开】"))
    await notifier.close()
    await cloud.stop()
    assert outcome.provider_ref == "group-1"
    assert cloud.taken == ["催办：请整改"]
