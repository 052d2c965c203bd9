"""What a mail server's answers mean, each by the command that it answers."""

from datetime import UTC, datetime

import pytest

from notifiers.email import EmailNotifier
from notifiers.protocol import Mail, Outcome, Recipient
from tests.support.smtp_script import ScriptedSmtp

LETTER = "0123456789abcdef0123456789abcdef"
REPORTS = ("DSN", "SIZE 10240000")
DATE = datetime(2026, 2, 13, 16, tzinfo=UTC)
MAIL = Mail(
    LETTER, "T-1", "rectify@city.gov.cn", Recipient("王五", "wang@unit.gov.cn", "duty"), "催办", "正文\n", "<p/>", DATE
)


async def sent(server: ScriptedSmtp, times: int = 1, login: str = "") -> list[Outcome]:
    """Send the mail so many times over one notifier."""
    url = server.url.replace("smtp://", f"smtp://{login}")
    notifier = EmailNotifier(url, "bounces+{}@city.gov.cn", timeout_s=5.0)
    outcomes = [await notifier.send(MAIL) for _ in range(times)]
    await notifier.close()
    return outcomes


@pytest.mark.parametrize(
    ("command", "answer", "state", "code"),
    [
        # MAIL is about us.
        ("MAIL", "553 Mail from must equal authorized user", "dead", "sender:553"),
        ("MAIL", "501 mail from address must be same as authorization user", "dead", "sender:501"),
        ("MAIL", "550 5.1.8 Sender domain not found", "dead", "sender:550"),
        ("MAIL", "554 5.7.1 Your address is blacklisted", "dead", "sender:554"),
        ("MAIL", "503 5.5.1 send AUTH first", "dead", "sender:503"),
        ("MAIL", "530 5.7.0 Authentication required", "dead", "auth:530"),
        ("MAIL", "553 发件人地址与登录用户不一致".encode("gb18030"), "dead", "sender:553"),
        ("MAIL", "452 4.3.1 Insufficient system storage", "retry", "unavailable:452"),
        ("MAIL", "451 4.7.1 Too many messages, slow down", "retry", "unavailable:451"),
        ("MAIL", "421 4.3.2 Service not available", "retry", "unavailable:421"),
        # ... but for the size that it tells.
        ("MAIL", "552 5.3.4 Message size exceeds fixed limit", "dead", "rejected:552"),
        # RCPT is about them.
        ("RCPT", "550 5.1.1 No such user", "dead", "rejected:550"),
        ("RCPT", "553 5.1.3 Bad recipient address syntax", "dead", "rejected:553"),
        ("RCPT", "551 User not local", "dead", "rejected:551"),
        ("RCPT", "452 4.2.2 Mailbox full", "retry", "deferred:452"),
        ("RCPT", "450 4.7.1 Greylisted", "retry", "deferred:450"),
        ("RCPT", "421 4.7.0 Too many connections", "retry", "unavailable:421"),
        ("RCPT", "530 5.7.0 Authentication required", "dead", "auth:530"),
        # ... but where a server says there what belongs to MAIL, as postfix does.
        ("RCPT", "553 5.7.1 <bounces@city.gov.cn>: Sender address rejected: not owned by user a", "dead", "sender:553"),
        ("RCPT", "550 5.1.8 <bounces@city.gov.cn>: Domain not found", "dead", "sender:550"),
        ("RCPT", "550 5.1.1 <wang@unit.gov.cn>: Recipient rejected: sender address rejected", "dead", "rejected:550"),
        # DATA is about the letter.
        ("DATA", "554 5.5.1 No valid recipients", "dead", "rejected:554"),
        ("content", "554 5.7.1 Looks like spam", "dead", "rejected:554"),
        ("content", "552 5.2.3 Too large", "dead", "rejected:552"),
        ("content", "451 4.3.0 Queue file write error", "retry", "deferred:451"),
        ("content", "421 4.4.2 Timeout", "retry", "unavailable:421"),
        # A success is any 2xx.
        ("MAIL", "251 OK", "accepted", "accepted"),
        ("RCPT", "251 User not local; will forward", "accepted", "accepted"),
        ("RCPT", "252 Cannot VRFY user, but will accept message", "accepted", "accepted"),
        ("RCPT", "220 odd", "accepted", "accepted"),
    ],
)  # fmt: skip
async def test_an_answer_is_judged_by_its_command(command: str, answer: str | bytes, state: str, code: str) -> None:
    """The same number means another thing at another command; the mail is there if it was accepted."""
    async with ScriptedSmtp({command: answer}) as server:
        (outcome,) = await sent(server)
    assert (outcome.state, outcome.code) == (state, code)
    assert len(server.mails) == (state == "accepted")


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "content"])
async def test_after_a_refusal_the_connection_is_ready_for_the_next(command: str) -> None:
    """A refused mail leaves no half envelope behind: the next one goes over the same connection."""
    async with ScriptedSmtp({command: "550 no"}) as server:
        notifier = EmailNotifier(server.url, "rectify@city.gov.cn", timeout_s=5.0)
        first = await notifier.send(MAIL)
        server.answers.clear()
        second = await notifier.send(MAIL)
        await notifier.close()
    assert (first.state, second.state) == ("dead", "accepted")
    assert len(server.named("EHLO")) == 1
    assert len(server.named("RSET")) == 1


@pytest.mark.parametrize(
    "answers",
    [
        {"MAIL *RET=": "555 5.5.4 Unsupported option: RET"},
        {"MAIL *ENVID=": "501 5.5.4 Syntax error in parameters"},
        {"MAIL *RET=": "504 Command parameter not implemented"},
        {"MAIL *RET=": "550 5.5.4 Invalid arguments"},
        {"RCPT *NOTIFY=": "555 Unsupported option"},
        {"RCPT *ORCPT=": "501 5.5.2 Cannot parse"},
    ],
)
async def test_refused_report_parameters_are_left_out(answers: dict[str, str]) -> None:
    """Delivery reports are a wish: who offers them and refuses the parameters gets the mail without, from then on."""
    async with ScriptedSmtp(answers, REPORTS) as server:
        outcomes = await sent(server, times=3)
    assert [outcome.state for outcome in outcomes] == ["accepted"] * 3
    assert len(server.mails) == 3
    wished = [line for line in server.commands if "RET=" in line or "NOTIFY=" in line]
    assert {line.split()[0] for line in wished} <= {"MAIL", "RCPT"}
    assert len([line for line in wished if line.startswith("MAIL")]) == 1


async def test_reports_are_asked_for_where_they_are_taken() -> None:
    """The letter's id, failure and delay; and the size, which MAIL tells beforehand."""
    async with ScriptedSmtp({}, REPORTS) as server:
        await sent(server, times=2)
    for line in server.named("MAIL"):
        assert line.startswith(f"MAIL FROM:<bounces+{LETTER}@city.gov.cn> SIZE=")
        assert line.endswith(f" RET=HDRS ENVID={LETTER}")
    assert server.named("RCPT") == ["RCPT TO:<wang@unit.gov.cn> NOTIFY=FAILURE,DELAY ORCPT=rfc822;wang@unit.gov.cn"] * 2


async def test_a_refused_sender_is_not_mended_by_leaving_parameters_out() -> None:
    """QQ's 501 looks like one about parameters; it comes again without them, and reports stay wished for."""
    async with ScriptedSmtp({"MAIL": "501 mail from address must be same as authorization user"}, REPORTS) as server:
        notifier = EmailNotifier(server.url, "rectify@city.gov.cn", timeout_s=5.0)
        assert await notifier.send(MAIL) == Outcome("dead", "sender:501")
        server.answers.clear()
        assert (await notifier.send(MAIL)).state == "accepted"
        await notifier.close()
    assert "RET=HDRS" in server.named("MAIL")[-1]


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        ("535 5.7.8 Authentication failed", "dead", "auth:535"),
        ("550 User has no permission", "dead", "auth:550"),
        ("454 4.7.0 Temporary authentication failure", "retry", "unavailable:454"),
    ],
)
async def test_a_refused_login(answer: str, state: str, code: str) -> None:
    """Login is about us too: for good it is a matter for a person, for now nobody's mail goes."""
    async with ScriptedSmtp({"AUTH": answer}, ("AUTH PLAIN LOGIN",)) as server:
        (outcome,) = await sent(server, login="duty:s3cret@")
    assert (outcome.state, outcome.code) == (state, code)
