"""Signatures, byte for byte as the vendors' own SDKs make them.

The golden lines were made once with alibabacloud-tea-openapi 0.4.6 (`utils.Utils.get_authorization`) and
tencentcloud-sdk-python-common 3.1.195 (`AbstractClient._build_req_inter`, `time.time` fixed). With what they need, the
two are 69 MB: too much for a test.
"""

from base64 import b64decode
from datetime import UTC, datetime
from hashlib import md5

import orjson
import pytest

from notifiers.sms import aliyun, tencent, yunmas

NOTICE = "0123456789abcdef0123456789abcdef"
AT = datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC)
PARAMETERS = {
    "PhoneNumbers": "13800000001",
    "SignName": "咸宁市政府办",
    "TemplateCode": "SMS_4711",
    "TemplateParam": '{"unit":"市科技局~*","count":"3 件+1"}',
    "OutId": NOTICE,
}
ALIYUN_QUERY = (
    "OutId=0123456789abcdef0123456789abcdef&PhoneNumbers=13800000001"
    "&SignName=%E5%92%B8%E5%AE%81%E5%B8%82%E6%94%BF%E5%BA%9C%E5%8A%9E&TemplateCode=SMS_4711"
    "&TemplateParam=%7B%22unit%22%3A%22%E5%B8%82%E7%A7%91%E6%8A%80%E5%B1%80~%2A%22%2C%22count%22%3A%22"
    "3%20%E4%BB%B6%2B1%22%7D"
)
ALIYUN = (
    "ACS3-HMAC-SHA256 Credential=LTAI-key,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
    "x-acs-signature-nonce;x-acs-version,"
    "Signature=c2420d0eb9009ea2a2ea0a9e8a2f82ce37f4895b562069231a8f562348c90a3d"
)
TENCENT_BODY = (
    b'{"PhoneNumberSet": ["+8613800000001"], "SmsSdkAppId": "1400000000", '
    b'"SignName": "\\u54b8\\u5b81\\u5e02\\u653f\\u5e9c\\u529e", "TemplateId": "1110", '
    b'"TemplateParamSet": ["\\u5e02\\u79d1\\u6280\\u5c40", "3"], "SessionContext": "0123456789abcdef0123456789abcdef"}'
)
TENCENT = (
    "TC3-HMAC-SHA256 Credential=AKID-id/2026-03-02/sms/tc3_request, SignedHeaders=content-type;host, "
    "Signature=96de3627acfa26867bdfdb1687396db12ecd769d0d8b9823c60247c1b2a4eabf"
)


def test_aliyun() -> None:
    """Query and signature are those of the SDK."""
    query = aliyun.canonical_query(PARAMETERS)
    assert query == ALIYUN_QUERY
    headers = aliyun.signed_headers(
        "LTAI-key", "s3cret", "dysmsapi.aliyuncs.com", "SendSms", query, AT, nonce="nonce-1"
    )
    assert headers["authorization"] == ALIYUN


def test_tencent() -> None:
    """The signature is that of the SDK, over the same body."""
    at = datetime.fromtimestamp(1772413323, UTC)
    headers = tencent.signed_headers("AKID-id", "s3cret", "sms.tencentcloudapi.com", TENCENT_BODY, at)
    assert headers["authorization"] == TENCENT


@pytest.mark.parametrize("changed", ["SignName", "OutId", "TemplateParam"])
def test_every_parameter_is_signed(changed: str) -> None:
    """Whoever changes one on the way makes the signature wrong."""
    query = aliyun.canonical_query(PARAMETERS | {changed: "x"})
    headers = aliyun.signed_headers(
        "LTAI-key", "s3cret", "dysmsapi.aliyuncs.com", "SendSms", query, AT, nonce="nonce-1"
    )
    assert headers["authorization"] != ALIYUN


def test_yunmas() -> None:
    """云MAS: base64 of a JSON object, the mac over the fields in the order of its interface document."""
    body = yunmas.submission(("咸宁市政府办", "api1", "s3cret", "SIGN1", "01"), "13800000001", "请整改")
    sent = orjson.loads(b64decode(body))
    whole = "咸宁市政府办api1s3cret13800000001请整改SIGN101"
    assert sent.pop("mac") == md5(whole.encode(), usedforsecurity=False).hexdigest()
    assert sent == {
        "ecName": "咸宁市政府办",
        "apId": "api1",
        "mobiles": "13800000001",
        "content": "请整改",
        "sign": "SIGN1",
        "addSerial": "01",
    }
