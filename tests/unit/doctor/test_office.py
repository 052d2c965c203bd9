"""What the doctor says of the letterhead and of the links."""

from __future__ import annotations

import pytest

from streams.doctor.office import office_lines
from streams.settings.model import Settings, SettingsError

KEY = "k" * 32
SIGNED = {"office_name": "市政务公开办", "office_phone": "0700-8880001", "office_sms_sign": "市政务公开"}


def levels(**given: str) -> dict[str, str]:
    """Each line's level."""
    return {line.what: line.level for line in office_lines(Settings.load(**given))}


def test_what_is_missing_is_named() -> None:
    """A letter without an office looks like phishing; one without a link cannot be acted on."""
    assert levels() == {"office": "warning", "links": "warning"}
    (line, _) = office_lines(Settings.load(office_name="市政务公开办"))
    assert "RECTIFY_OFFICE_PHONE、RECTIFY_OFFICE_SMS_SIGN" in line.text
    assert levels(**SIGNED, pages_url="https://zwgk.example") == {"office": "ok", "links": "warning"}
    assert levels(**SIGNED, pages_url="https://zwgk.example", link_key=KEY) == {"office": "ok", "links": "ok"}


def test_no_line_shows_the_key() -> None:
    """Neither the doctor nor the effective settings, while two are known."""
    settings = Settings.load(pages_url="https://zwgk.example", link_key=f"{KEY},{'o' * 32}")
    lines = list(office_lines(settings))
    assert "旧密钥仍有效" in lines[1].text
    assert KEY not in str(lines) + str(settings.effective())
    assert settings.office.keys == (KEY, "o" * 32)


@pytest.mark.parametrize("key", ["short", f"{KEY},short", f"{KEY},{KEY},{KEY}"])
def test_a_key_is_long_and_two_are_the_most(key: str) -> None:
    """It is refused when the settings are read, without being shown."""
    with pytest.raises(SettingsError, match="RECTIFY_LINK_KEY") as refused:
        Settings.load(link_key=key)
    assert key not in str(refused.value)
