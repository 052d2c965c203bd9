"""The ways out: mail server and SMS gateway, asked as far as it costs nothing. Nothing is sent."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

import httpx
from aiosmtplib import SMTPAuthenticationError, SMTPException, SMTPSenderRefused

from notifiers.protocol import Checkable, Outcome
from notifiers.return_path import ReturnPath
from notifiers.smtp import SmtpAccount, SmtpPool
from notifiers.text import clean, shorten
from streams.doctor.line import WITHIN_SECONDS, CheckLine, error, ok, warning
from streams.settings.model import Settings
from streams.worker.delivery.channels import sms_notifier

_AUTH: Final = frozenset({401, 403})
_FOR_GOOD: Final = 500
_SAID: Final = 160  # characters of an answer
_SENDER: Final = (
    "RECTIFY_SMTP_SENDER 用登录账号的地址；设了 RECTIFY_SMTP_BOUNCES 而服务器不许的，清空它 · "
    "let the sender be the login's address; where the server forbids RECTIFY_SMTP_BOUNCES, leave it empty"
)
_UNDERSTOOD: Final = frozenset({200, 202, 400})


async def mail_line(settings: Settings) -> CheckLine:
    """Connects to the mail server: EHLO, encryption, login, and the sender that mails will have; then leaves."""
    if settings.smtp_url is None:
        return warning(
            "mail", "没有配置邮件 · mail is not set up: its notices are suppressed", "设置 RECTIFY_SMTP_URL · set it"
        )
    try:
        account = SmtpAccount.parse(settings.smtp_url.get_secret_value())
        pool = SmtpPool(account, size=1, timeout_s=WITHIN_SECONDS)
    except (ValueError, OSError) as fault:
        return error("mail", f"邮件地址不能使用 · RECTIFY_SMTP_URL cannot be used: {fault}", "改正它 · correct it")
    place = f"{account.host}:{account.port}"
    sender = ReturnPath.parse(settings.bounce_address).address("")
    try:
        async with pool.connection() as smtp:
            encrypted = smtp.get_transport_info("ssl_object") is not None
            await smtp.mail(sender)
            await smtp.rset()
    except (SMTPException, OSError, UnicodeError) as fault:
        return _refused(place, fault, sender)
    finally:
        await pool.close()
    login = f"，登录 · login {account.username}" if account.username else ""
    text = f"邮件服务器应答 · the mail server answers: {place}, {'TLS' if encrypted else '明文 · not encrypted'}{login}"
    if account.password and not (encrypted and account.verified and account.encryption != "auto"):
        advice = "改用 smtps:// 或 ?starttls=require · the password is not safe from a listener: insist on verified TLS"
        return warning("mail", text, advice)
    return ok("mail", text)


def _refused(place: str, fault: Exception, sender: str) -> CheckLine:
    if isinstance(fault, SMTPSenderRefused):
        said = shorten(clean(fault.message), _SAID)
        text = f"邮件服务器不收此发件人 · {place} refuses the sender {sender}: {fault.code} {said}"
        if fault.code < _FOR_GOOD:
            return warning("mail", text, "稍后再查 · look again later: it says that this may pass")
        return error("mail", text, _SENDER)
    if isinstance(fault, SMTPAuthenticationError):
        text = f"邮件服务器拒绝登录 · {place} refuses the login ({fault.code})"
        return error("mail", text, "核对 RECTIFY_SMTP_URL 的用户和密码 · check user and password, quoted as in URLs")
    if isinstance(fault, ssl.SSLError) or isinstance(fault.__cause__, ssl.SSLError):
        text = f"邮件服务器证书不可信 · no trusted encryption with {place}: {fault}"
        return error("mail", text, "用 ?cafile= 指定本单位 CA · name your authority with ?cafile=, or correct the host")
    text = f"无法使用邮件服务器 · the mail server at {place} cannot be used: {str(fault) or type(fault).__name__}"
    return error("mail", text, "核对地址、端口、防火墙 · check host, port and firewall; notices wait meanwhile")


async def sms_line(settings: Settings) -> CheckLine:
    """Asks the gateway with the credentials and without a receiver, which it must refuse: nothing is sent."""
    if settings.sms_provider == "none":
        advice = "设置 RECTIFY_SMS_PROVIDER · set it, if short messages are wanted"
        return warning("sms", "没有配置短信 · short messages are not set up: their notices are suppressed", advice)
    if settings.sms_provider == "console":
        advice = "正式运行请用 kannel、aliyun、tencent 或 yunmas · use one of them where people shall be reached"
        return warning("sms", "短信只写入日志 · short messages are only written to the log", advice)
    if settings.sms_provider != "kannel":
        return await _cloud_line(settings)
    url = httpx.URL(settings.sms_kannel_url or "")
    account = {"username": settings.sms_kannel_username, "password": settings.sms_kannel_password.get_secret_value()}
    # The transport and not a client: a client logs every URL, and this one holds the password.
    limits = httpx.Timeout(WITHIN_SECONDS).as_dict()
    try:
        async with httpx.AsyncHTTPTransport() as transport:
            request = httpx.Request("GET", url, params=account, extensions={"timeout": limits})
            response = await transport.handle_async_request(request)
            await response.aread()
            await response.aclose()
    except httpx.TransportError as fault:
        text = f"无法连接短信网关 · the SMS gateway does not answer: {url.host}:{url.port}: {type(fault).__name__}"
        return error("sms", text, "核对 RECTIFY_SMS_KANNEL_URL、防火墙 · check the URL and the firewall")
    if response.status_code in _AUTH:
        text = f"短信网关拒绝账号 · the SMS gateway refuses the account ({response.status_code})"
        return error("sms", text, "核对 RECTIFY_SMS_KANNEL_USERNAME、_PASSWORD 和网关的 user-allow-ip · check them")
    if response.status_code in _UNDERSTOOD:
        return ok("sms", f"短信网关应答，账号有效 · the SMS gateway answers and knows the account: {url.host}")
    text = f"短信网关应答异常 · an odd answer of the SMS gateway: {response.status_code}"
    return warning("sms", text, "核对 RECTIFY_SMS_KANNEL_URL 的路径 · check the path, /cgi-bin/sendsms")


async def _cloud_line(settings: Settings) -> CheckLine:
    """Asks a cloud what a number that is nobody's got, which costs nothing and wants the account."""
    provider = settings.sms_provider
    notifier = sms_notifier(settings)
    if notifier is None or not isinstance(notifier, Checkable):
        text = f"短信已配置，该服务商没有可供查询的接口，未试 · {provider} has nothing to ask, and is not tried"
        return ok("sms", text)
    try:
        async with asyncio.timeout(WITHIN_SECONDS):
            outcome = await notifier.check()
    except TimeoutError:
        outcome = Outcome("uncertain", "no_answer")
    finally:
        await notifier.close()
    if outcome.state == "accepted":
        return ok("sms", f"短信服务商应答，账号有效（余额未查） · {provider} knows the account; balance not asked")
    if outcome.code.partition(":")[0] in {"auth", "balance"}:
        text = f"短信服务商拒绝账号 · {provider} refuses the account ({outcome.code})"
        return error("sms", text, "核对密钥、应用和权限，或充值 · check keys, application and rights, or top up")
    text = f"短信服务商没有正常应答 · no fit answer of {provider}: {outcome.code}"
    advice = "核对 RECTIFY_SMS_ 的地址、系统时钟和防火墙 · check the address, this machine's clock and the firewall"
    return warning("sms", text, advice)
