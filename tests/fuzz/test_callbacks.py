"""What strangers post to the web address: reports, pushes of clouds, bounces; taken, passed over or refused."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from notifiers.bounce import Bounce, NoBounce, read_bounce
from notifiers.return_path import ReturnPath
from streams.worker.delivery.bounces import Bounces
from streams.worker.delivery.callbacks import PUSHING, Callbacks
from streams.worker.delivery.reports import Reports
from streams.worker.metrics import Metrics
from streams.worker.relay import Outgoing
from tests.fuzz.hostile import cases, documents, scalars, texts
from tests.fuzz.ledgers import Office, Offices
from tests.fuzz.messages import TOPICS

RETURNS: Final = ReturnPath.parse("bounces+{}@city.gov.cn")
ANSWERS: Final = {200, 400, 403, 404, 413}
_OURS: Final = "0123456789abcdef" * 2
_FIELDS: Final = (
    "success", "err_code", "out_id", "biz_id", "report_status", "errmsg", "sid", "reportStatus", "errorCode",
    "msgGroup",
)  # fmt: skip
_MAIL: Final = (
    "Return-Path: <>\r\nFrom: {0}\r\nTo: bounces+{1}@city.gov.cn\r\nSubject: {2}\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/report; report-type={3}; boundary="b"\r\n\r\n--b\r\n'
    "Content-Type: text/plain; charset={4}\r\n\r\n{5}\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    "Original-Envelope-Id: {6}\r\n\r\nFinal-Recipient: rfc822;{7}\r\nAction: {8}\r\nStatus: {9}\r\n\r\n--b--\r\n"
)


async def offered(_: Outgoing) -> None:
    """Nobody publishes here."""


def reports_of(office: Office) -> Reports:
    """The office's way in for reports."""
    registry = lambda: office.processor.registry  # noqa: E731
    return Reports(office.ledger, office.clock, registry, TOPICS, "secret", offer=offered, metrics=Metrics())


def taken(offices: Offices, act: Any) -> None:
    """Both databases answer alike, with a status that is meant."""

    async def work() -> list[int]:
        return [await act(office) for office in offices.offices]

    with capture_logs() as logs:
        first, second = offices.run(work())
    assert first == second
    assert first in ANSWERS
    assert [line for line in logs if line["log_level"] == "error"] == []


_said = st.one_of(scalars, st.just("SUCCESS"), st.just("DELIVRD"))
_pushes = st.one_of(st.lists(st.dictionaries(st.sampled_from(_FIELDS), _said), max_size=3), documents)


@cases(40, 0.01)
@given(st.sampled_from((*sorted(PUSHING), "other")), st.one_of(_pushes.map(json.dumps), texts), st.booleans())
def test_a_push(offices: Offices, provider: str, text: str, right: bool) -> None:  # noqa: FBT001
    """With the secret or without, in any shape."""
    body = text.encode("utf-8", "surrogatepass")

    async def act(office: Office) -> int:
        callbacks = Callbacks(office.ledger, reports_of(office), "secret")
        return (await callbacks.take(provider, "secret" if right else text, body)).status

    taken(offices, act)


@cases(40, 0.01)
@given(st.dictionaries(st.sampled_from(("id", "notice", "dlr", "status", "type", "token", "reply")), texts))
def test_a_report_of_kannel(offices: Offices, query: dict[str, str]) -> None:
    """Any query."""

    async def act(office: Office) -> int:
        return await reports_of(office).kannel({"notice": _OURS, "type": "1", **query})

    taken(offices, act)


@st.composite
def mails(draw: st.DrawFn) -> bytes:
    """A report by the standard with anything in any place, or no mail at all."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=300))
    usual = (
        "MAILER-DAEMON@x.cn",
        _OURS,
        "退信",
        "delivery-status",
        "utf-8",
        "550 5.1.1",
        _OURS,
        "a@b.cn",
        "failed",
        "5.1.1",
    )
    parts = [draw(st.one_of(st.just(part), st.just(part), texts)) for part in usual]
    return _MAIL.format(*parts).encode("utf-8", "surrogatepass")


@cases(60, 0.01)
@given(mails(), texts)
def test_a_bounce(offices: Offices, content: bytes, recipient: str) -> None:
    """Its code is one short word; the databases take it."""
    read = read_bounce(content, RETURNS, recipient)
    assert isinstance(read, Bounce | NoBounce)
    if isinstance(read, Bounce):
        assert read.code.isascii()
        assert len(read.code) <= 20

    async def act(office: Office) -> int:
        return (await Bounces(reports_of(office), RETURNS, "secret").take(content, recipient)).status

    taken(offices, act)
