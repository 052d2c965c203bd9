"""Kannel's reports, and the console."""

from urllib.parse import parse_qs, urlsplit

import pytest

from notifiers.protocol import Recipient, Sms
from notifiers.sms.console import ConsoleNotifier
from notifiers.sms.kannel import KannelNotifier, parse_report, report_url


def test_the_report_url_leaves_the_escapes_to_kannel() -> None:
    """Kannel fills in %d and %A; a percent sign of ours is doubled for it."""
    url = report_url("http://web:8080/", "n/1")
    assert url == "http://web:8080/receipts/kannel?notice=n%%2F1&type=%d&answer=%A"
    called = urlsplit(url.replace("%d", "1").replace("%A", "ok").replace("%%", "%"))
    assert parse_qs(called.query)["notice"] == ["n/1"]


@pytest.mark.parametrize(
    ("kind", "state", "code"),
    [
        ("1", "delivered", "delivered"),
        ("2", "undelivered", "undelivered"),
        ("4", "accepted", "smsc_queued"),
        ("8", "accepted", "smsc_submitted"),
        ("16", "undelivered", "smsc_rejected"),
    ],
)
def test_reports(kind: str, state: str, code: str) -> None:
    """Each type of report has its state and its code."""
    report = parse_report({"notice": "n-1", "type": kind, "answer": "id:1 stat:DELIVRD"})
    assert report is not None
    assert (report.notice_id, report.state, report.code) == ("n-1", state, code)


@pytest.mark.parametrize(
    ("kind", "answer", "code"),
    [
        ("16", "NACK/0x0000000b/Invalid Destination Address", "smsc_rejected:0x0b"),
        ("16", "NACK/0x00000400/Vendor-specific error, please refer to your SMPP provider", "smsc_rejected:0x400"),
        (
            "2",
            "id:7 sub:001 dlvrd:000 submit date:1 done date:2 stat:UNDELIV err:034 text:甲",
            "undelivered:UNDELIV/034",
        ),
        ("2", "id:7 stat:EXPIRED err:13800000001234", "undelivered"),
        ("16", "NACK/13800000001/", "smsc_rejected"),
        ("1", "id:7 stat:DELIVRD err:000", "delivered"),
    ],
)
def test_a_failure_says_why(kind: str, answer: str, code: str) -> None:
    """N-50: the carrier's own number, if what it says is one and nothing else."""
    report = parse_report({"notice": "n-1", "type": kind, "answer": answer})
    assert report is not None
    assert report.code == code


def test_what_is_final_outranks_what_is_not() -> None:
    """Reports swap on their way: a later `submitted` does not undo a `delivered`."""
    ranks = {
        kind: report.rank
        for kind in ("1", "2", "4", "8", "16")
        if (report := parse_report({"notice": "n", "type": kind}))
    }
    assert ranks["4"] < ranks["8"] < ranks["1"] == ranks["2"] == ranks["16"]


@pytest.mark.parametrize("query", [{}, {"notice": "n-1"}, {"notice": "n-1", "type": "7"}, {"notice": "", "type": "1"}])
def test_what_is_no_report(query: dict[str, str]) -> None:
    """A callback that is not one of Kannel's is told apart."""
    assert parse_report(query) is None


@pytest.mark.parametrize("url", ["gateway:13013", "", "ftp://gateway", "http://gateway:port/"])
def test_a_wrong_url_is_found_at_the_start(url: str) -> None:
    """Settings with an URL that is none do not wait for the first message."""
    with pytest.raises(ValueError, match="sendsms"):
        KannelNotifier(url, "u", "p", "1069")


async def test_the_console_shows_what_would_be_sent() -> None:
    """One line a message, the number masked."""
    lines: list[str] = []
    outcome = await ConsoleNotifier(lines.append).send(
        Sms("n-1", Recipient("王五", "13800000001", "duty"), "请整改", None)
    )
    assert outcome.state == "accepted"
    assert lines == ["短信 → 王五 138****0001：请整改"]
