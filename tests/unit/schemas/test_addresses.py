"""One inbox behind all spellings of an address (rule N-52), and hosts in one spelling."""

import pytest

from schemas.addresses import inbox
from schemas.hosts import one_host


@pytest.mark.parametrize(
    "same",
    [
        "office@city.example", "Office@City.example", "OFFICE@CITY.EXAMPLE", " office@city.example ",
        "office@city.example.", "ｏｆｆｉｃｅ@ｃｉｔｙ．example", "office@city。example",
    ],
)  # fmt: skip
def test_one_mailbox(same: str) -> None:
    """Letter case, blanks, full-width letters and dots, a dot behind."""
    assert inbox("email", same) == "office@city.example"
    assert inbox("email", inbox("email", same)) == "office@city.example"


def test_a_chinese_domain_and_its_ascii_form() -> None:
    """Registries have one, mail servers the other."""
    assert inbox("email", "li@政府.政务") == inbox("email", "Li@XN--mxtq1m.xn--zfr164b")


def test_others_stay_apart() -> None:
    """Another name, another domain; what is no mail address is compared as it stands."""
    assert inbox("email", "office1@city.example") != inbox("email", "office@city.example")
    assert inbox("email", "office@x.city.example") != inbox("email", "office@city.example")
    assert inbox("chat", "督办群A") != inbox("chat", "督办群a")
    assert inbox("sms", "+85261234567") == "+85261234567"


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("WWW.Kjj.EXAMPLE", "www.kjj.example"),
        ("kjj.example.", "kjj.example"),
        ("kjj。example", "kjj.example"),
        ("ｋｊｊ．ｅｘａｍｐｌｅ", "kjj.example"),
        ("政务.中国", "xn--zfr164b.xn--fiqs8s"),
        ("XN--ZFR164B.xn--fiqs8s", "xn--zfr164b.xn--fiqs8s"),
        ("政务。中国。", "xn--zfr164b.xn--fiqs8s"),
        ("%E6%94%BF%E5%8A%A1.%e4%b8%ad%e5%9b%bd", "xn--zfr164b.xn--fiqs8s"),
        ("a_b.政务", "a_b.xn--zfr164b"),
        ("straße.example", "xn--strae-oqa.example"),
        ("%CF%CC.example", "%cf%cc.example"),
        ("a..b", "a..b"),
        ("a%2Fb%3F政", "a%2fb%3f政"),
        ("%2541.example", "%2541.example"),
        ("a？b.example", "a？b.example"),
        ("a . .", "a"),
        ("", ""),
    ],
)
def test_one_host(written: str, one: str) -> None:
    """UTS 46, and the same again for what came out."""
    assert one_host(written) == one == one_host(one)
