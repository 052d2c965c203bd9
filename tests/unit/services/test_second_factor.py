"""The codes of an authenticator app."""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pytest

from streams.services.second_factor import address, is_secret, new_secret, step_of

SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")],
)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    """Appendix B, the last six digits; half a minute early or late is good, a minute is not."""
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert step_of(SECRET, code, now) == seconds // 30
    assert step_of(SECRET, code, now + timedelta(seconds=30)) == seconds // 30
    assert step_of(SECRET, code, now - timedelta(seconds=30)) == seconds // 30
    assert step_of(SECRET, code, now + timedelta(seconds=61)) is None
    for wrong in ("", "000000", code[:-1], f"{code} ", "２８７０８２"):
        assert step_of(SECRET, wrong, now) is None


def test_a_secret() -> None:
    """A new one each time; what somebody else has made up is none; apps take it over by one address."""
    assert is_secret(new_secret())
    assert new_secret() != new_secret()
    assert not any(is_secret(text) for text in ("", "x", "A" * 16, SECRET.lower(), f"{SECRET}A", "秘" * 32))
    assert address("ABC", "王 敏").endswith(
        ":%E7%8E%8B%20%E6%95%8F?secret=ABC&issuer=%E6%95%B4%E6%94%B9%E9%97%AD%E7%8E%AF"
    )
