"""A letter that comes at night says why (rule N-28)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from notifiers.sms.parts import SMS_PARTS, sms_parts
from streams.files.policy.loading import load_policy
from streams.presentation.labels import Outside
from streams.presentation.letters.render import render_mail, render_sms
from streams.rules.sending.night_reason import outside
from tests.support.ledger import REGISTRY, ZONE, notice, open_ticket
from tests.unit.presentation.test_render import letter

QUIET = load_policy().sending.quiet
NIGHT = datetime(2026, 3, 2, 23, tzinfo=ZONE)
SATURDAY = datetime(2026, 3, 7, 12, tzinfo=ZONE)
NOON = datetime(2026, 3, 2, 12, tzinfo=ZONE)
EXEMPT = notice("one", 1, 1)._replace(exempt=True)


@pytest.mark.parametrize(
    ("at", "exempt", "unit", "why"),
    [
        (NIGHT, True, "hour", "hour"),
        (SATURDAY, True, "hour", "hour"),
        (NIGHT, True, "working_day", "guarded"),
        (NOON, True, "hour", None),
        (NIGHT, False, "hour", None),
    ],
)
def test_why_it_comes_now(at: datetime, exempt: bool, unit: str, why: Outside | None) -> None:  # noqa: FBT001
    """N-28: clock hours before the guarded period; nothing by day."""
    ticket = open_ticket(1, "AAA", 1)._replace(due_unit=unit)
    assert outside([EXEMPT._replace(exempt=exempt)], {1: ticket}, QUIET, REGISTRY, at) == why


@pytest.mark.parametrize(("why", "words"), [("hour", "夜间和休息日照常计时"), ("guarded", "重要保障期")])
def test_the_letter_says_it(why: Outside, words: str) -> None:
    """N-28: mail as text and HTML, and the short message within its two parts; otherwise nothing of it."""
    night = replace(letter(), outside=why)
    content, short = render_mail(night), render_sms(night)
    for said in (content.text, content.html, short):
        assert words in said
        assert "夜间和休息日照常" in said
    assert sms_parts(short) <= SMS_PARTS
    plain = render_mail(letter())
    assert not any("照常" in said for said in (plain.text, plain.html, render_sms(letter())))
