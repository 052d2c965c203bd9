"""The demonstration's mail catcher and SMS gateway, talked to by the real notifiers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web

from notifiers.email import EmailNotifier
from notifiers.protocol import Mail, Recipient, Sms
from notifiers.sms.kannel import KannelNotifier, parse_report, report_url
from streams.clock import Acceleration, Clock
from streams.demo.fates import moment
from streams.local.mail_catcher import MailCatcher
from streams.local.sms_gateway import SmsGateway

AT = moment("03-07 09:00")


async def test_a_mail_is_kept_as_files_that_can_be_opened(tmp_path: Path) -> None:
    """Chinese subject and text survive, the time is the domain's, `.eml` and `.html` lie side by side."""
    catcher = MailCatcher(tmp_path, ZoneInfo("Asia/Shanghai"))
    await catcher.start()
    notifier = EmailNotifier(catcher.url, "rectify@demo.example")
    to = Recipient("值班员", "duty@a.example", "duty")
    mail = Mail("0" * 32, "ZG1", "rectify@demo.example", to, "【催办】栏目不更新", "正文", "<p>正文</p>", AT)
    outcome = await notifier.send(mail)
    await notifier.close()
    await catcher.stop()
    assert outcome.state == "accepted"
    (caught,) = catcher.mails
    assert (caught.at, caught.recipient, caught.subject) == (AT, "duty@a.example", "【催办】栏目不更新")
    assert caught.text.strip() == "正文"
    assert (tmp_path / f"{caught.stem}.html").read_text(encoding="utf-8").strip() == "<p>正文</p>"
    assert b"Subject:" in (tmp_path / f"{caught.stem}.eml").read_bytes()


async def test_a_short_message_is_shown_and_reported() -> None:
    """The gateway shows number and text at the domain's time, and reports on it twice, as Kannel does."""
    reports: list[str | None] = []

    async def take(request: web.Request) -> web.Response:
        report = parse_report(request.query)
        reports.append(report.state if report else None)
        return web.Response()

    app = web.Application()
    app.router.add_get("/receipts/kannel", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway = SmsGateway(
        zone=ZoneInfo("Asia/Shanghai"),
        clock=Clock(
            Acceleration(AT, 1.0, datetime(2026, 1, 1, tzinfo=UTC)), real=lambda: datetime(2026, 1, 1, tzinfo=UTC)
        ),
    )
    await gateway.start()
    notifier = KannelNotifier(gateway.url, "demo", "demo", "1069")
    url = report_url(f"http://127.0.0.1:{runner.addresses[0][1]}", "a" * 32)
    outcome = await notifier.send(
        Sms("a" * 32, Recipient("值班员", "13800000001", "duty"), "【整改闭环】催办：100%", url)
    )
    await gateway.settle()
    await notifier.close()
    await gateway.stop()
    await runner.cleanup()
    assert outcome.state == "accepted"
    (shown,) = gateway.messages
    assert (shown.at, shown.number, shown.text) == (AT, "13800000001", "【整改闭环】催办：100%")
    assert reports == ["accepted", "delivered"]
