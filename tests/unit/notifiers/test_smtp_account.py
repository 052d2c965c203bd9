"""The mail server's URL."""

import ssl

import pytest

from notifiers.email import EmailNotifier
from notifiers.smtp import SmtpAccount


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("smtp://mail", SmtpAccount("mail", 25, "auto")),
        ("smtp://mail:2525?starttls=never", SmtpAccount("mail", 2525, "never")),
        ("smtp://mail?starttls=require", SmtpAccount("mail", 587, "require")),
        ("smtps://mail", SmtpAccount("mail", 465, "tls")),
        ("smtps://mail?cafile=/etc/ca.pem", SmtpAccount("mail", 465, "tls", cafile="/etc/ca.pem")),
        ("smtp://u%40x:p%2F%3A@mail", SmtpAccount("mail", 25, "auto", "u@x", "p/:")),
    ],
)
def test_what_a_url_says(url: str, account: SmtpAccount) -> None:
    """Ports follow from scheme and encryption; user and password may be quoted."""
    assert SmtpAccount.parse(url) == account


@pytest.mark.parametrize(
    "url",
    [
        "http://u:s3cret@mail",
        "smtp://",
        "smtp:mail",
        "smtp://u:s3cret@mail?starttls=s3cret",
        "smtp://u:s3cret@mail?x=s3cret",
        "smtp://u:s3cret@mail?verify=s3cret",
        "smtp://u:s3cret/@mail",
    ],
)
def test_a_wrong_url_is_refused_without_its_secret(url: str) -> None:
    """The error can be shown: it holds no password."""
    with pytest.raises(ValueError, match=r"SMTP|starttls") as refused:
        SmtpAccount.parse(url)
    assert "s3cret" not in str(refused.value)


def test_the_password_is_not_shown() -> None:
    """Nobody logs a password by logging the account."""
    assert "s3cret" not in repr(SmtpAccount.parse("smtp://u:s3cret@mail"))


def test_certificates_are_checked() -> None:
    """O-5: always, unless the URL says otherwise; and of what this machine offers itself only if that was asked for."""
    checked = ("smtps://m", "smtp://m?starttls=require", "smtp://m", "smtps://127.0.0.1", "smtp://m.localhost.cn")
    unchecked = (
        "smtp://localhost",
        "smtp://127.0.0.1:2525",
        "smtp://[::1]",
        "smtps://m?verify=no",
        "smtp://m?verify=no",
    )
    assert {SmtpAccount.parse(url).tls_context().verify_mode for url in checked} == {ssl.CERT_REQUIRED}
    assert {SmtpAccount.parse(url).tls_context().verify_mode for url in unchecked} == {ssl.CERT_NONE}
    assert {SmtpAccount.parse(url).tls_context().check_hostname for url in checked} == {True}


def test_a_wrong_sender_is_found_at_the_start() -> None:
    """Settings with a sender that is no address do not wait for the first mail."""
    with pytest.raises(ValueError, match="sender"):
        EmailNotifier("smtp://mail", "rectify")
