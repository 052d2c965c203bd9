"""Which addresses and numbers may be sent to, and how they are shown."""

import pytest

from notifiers.addresses import mask_email, mask_phone
from schemas.addresses import wire_email, wire_phone


@pytest.mark.parametrize(
    "address",
    ["wang@unit.gov.cn", "a.b+c@x-y.cn", "duty@localhost", "zb@mail.local", "a@b.test", "li@政府.政务", "9@163.com"],
)
def test_fit_addresses(address: str) -> None:
    """Plain addresses are fit, Chinese domains and those of a network of one's own included."""
    assert wire_email(address) is not None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "wang",
        "@unit.gov.cn",
        "wang@",
        "wang@unit..cn",
        "wang@-unit.cn",
        ".wang@unit.cn",
        "a@x NOTIFY=NEVER",
        "a@x\r\nRCPT TO:<b@y>",
        "a@x\n",
        "a\x00@x.cn",
        "a b@x.cn",
        '"a b"@x.cn',
        "王五@unit.cn",
        "王五 <wang@unit.cn>",
        "a@b@c.cn",
        "a,b@x.cn",
        "a" * 65 + "@x.cn",
        "a@" + "b." * 130 + "cn",
        "a@\ud800.cn",
        "a@☃.cn",
    ],
)
def test_unfit_addresses(address: str) -> None:
    """What could carry a second command, a second receiver or no mailbox at all is refused."""
    assert wire_email(address) is None


def test_a_chinese_domain_is_sent_in_ascii() -> None:
    """Mail servers know the ASCII form of a domain."""
    assert wire_email("li@政府.政务") == "li@xn--mxtq1m.xn--zfr164b"


@pytest.mark.parametrize(
    ("number", "wire"),
    [
        ("13800000001", "13800000001"),
        ("+8613800000001", "13800000001"),
        ("86 138 0000 0001", "13800000001"),
        ("0086-138-0000-0001", "13800000001"),
        ("+85261234567", "+85261234567"),
    ],
)
def test_fit_numbers(number: str, wire: str) -> None:
    """Mobile numbers are fit in the ways people write them."""
    assert wire_phone(number) == wire


@pytest.mark.parametrize(
    "number",
    [
        "",
        "0715-8126000",
        "12345",
        "12800000001",
        "138000000011",
        "13800000001;13800000002",
        "1380000000１",
        "13800000001\n",
    ],
)
def test_unfit_numbers(number: str) -> None:
    """Landlines, wrong lengths, lists and look-alike digits are refused."""
    assert wire_phone(number) is None


@pytest.mark.parametrize(
    ("address", "masked"),
    [("wang@unit.gov.cn", "w***@unit.gov.cn"), ("w@unit.gov.cn", "w***@unit.gov.cn"), ("nonsense", "***"), ("", "***")],
)
def test_masked_addresses(address: str, masked: str) -> None:
    """Of a person only the first letter is left."""
    assert mask_email(address) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [("13800000001", "138****0001"), ("+86 13800000001", "138****0001"), ("12345", "****"), ("", "****")],
)
def test_masked_numbers(number: str, masked: str) -> None:
    """Three digits before, four behind; what is no number is hidden altogether."""
    assert mask_phone(number) == masked
