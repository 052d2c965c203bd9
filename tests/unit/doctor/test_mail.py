"""What the doctor says of a mail server: the sender that mails will have is tried, and nothing is sent."""

from __future__ import annotations

import pytest

from streams.doctor.ways import mail_line
from streams.settings.model import Settings
from tests.support.smtp_script import ScriptedSmtp


async def test_a_sender_that_is_taken() -> None:
    """EHLO, MAIL FROM, RSET, and leave: no recipient is named, no mail handed in."""
    async with ScriptedSmtp() as server:
        line = await mail_line(Settings.load(smtp_url=server.url, smtp_sender="市政务公开办 <zwgk@city.gov.cn>"))
    assert line.level == "ok"
    assert [command.split(maxsplit=1)[0] for command in server.commands] == ["EHLO", "MAIL", "RSET", "QUIT"]
    assert "<zwgk@city.gov.cn>" in server.commands[1]
    assert server.mails == []


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ("553 Mail from must equal authorized user", "error"),
        ("501 mail from address must be same as authorization user", "error"),
        ("550 5.7.1 发件人被拒绝".encode("gbk"), "error"),
        ("451 4.3.0 try again later", "warning"),
    ],
)
async def test_a_sender_that_is_refused(answer: str | bytes, level: str) -> None:
    """As 163 and QQ do: an error that names the settings; what may pass is a warning."""
    async with ScriptedSmtp({"MAIL *": answer}) as server:
        line = await mail_line(Settings.load(smtp_url=server.url))
    assert line.level == level
    assert "refuses the sender rectify@localhost" in line.text
    assert level == "warning" or "RECTIFY_SMTP_SENDER" in line.advice


async def test_the_address_for_bounces_is_the_one_that_is_tried() -> None:
    """With VERP every mail has a sender of its own, which the server must take too."""
    async with ScriptedSmtp({"MAIL *bounces+*": "553 Mail from must equal authorized user"}) as server:
        given = {"smtp_url": server.url, "smtp_sender": "me@city.gov.cn"}
        refused = await mail_line(Settings.load(**given, smtp_bounces="bounces+{}@city.gov.cn"))
        taken = await mail_line(Settings.load(**given))
    assert (refused.level, taken.level) == ("error", "ok")
    assert f"bounces+{'0' * 32}@city.gov.cn" in refused.text
    assert "RECTIFY_SMTP_BOUNCES" in refused.advice
