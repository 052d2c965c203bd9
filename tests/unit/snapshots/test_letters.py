"""Whole letters, as people get them: a change of a word is a change of a file that is reviewed."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from notifiers.chat.dingtalk import Dingtalk
from notifiers.chat.feishu import Feishu
from notifiers.chat.robot import Platform
from notifiers.chat.wecom import Wecom
from notifiers.message import build_message
from notifiers.protocol import Chat, Mail
from streams.presentation.letters.card import card
from streams.presentation.letters.render import render_calendar, render_mail
from tests.support.snapshots import SENDER, HtmlFile, TextFile, pretty, told
from tests.unit.snapshots.letters import LETTERS


@pytest.mark.parametrize("name", LETTERS)
def test_letter(name: str, snapshot: SnapshotAssertion) -> None:
    """Subject, text, short message, variables of approved templates, group message and calendar entry."""
    assert told(LETTERS[name]()) == snapshot(extension_class=TextFile)


@pytest.mark.parametrize("name", [name for name in LETTERS if not name.startswith("closed-")])
def test_html(name: str, snapshot: SnapshotAssertion) -> None:
    """The same as HTML; of closings one, since only their reason differs."""
    assert render_mail(LETTERS[name]()).html == snapshot(extension_class=HtmlFile)


@pytest.mark.parametrize("platform", [Dingtalk(), Feishu(), Wecom()], ids=lambda platform: platform.name)
@pytest.mark.parametrize("name", ["supervise", "digest-of-supervisors"])
def test_robot(name: str, platform: Platform, snapshot: SnapshotAssertion) -> None:
    """What the robot of a group is asked to show, of one ticket and of several."""
    letter = LETTERS[name]()
    title, lines = card(letter)
    posting = platform.posting(Chat("n-1", letter.recipient, title, lines), "", letter.at)
    assert pretty(posting.body) == snapshot(extension_class=TextFile)


def test_headers(snapshot: SnapshotAssertion) -> None:
    """The headers of a mail and of its parts, as the server gets them."""
    letter = LETTERS["opened"]()
    content = render_mail(letter)
    mail = Mail(
        message_id="n-1",
        thread_id="ZG230228-8F3A2E9D04C1",
        sender=f"整改平台 <{SENDER}>",
        to=letter.recipient,
        subject=content.subject,
        text=content.text,
        html=content.html,
        date=letter.at,
        calendar=render_calendar(letter, SENDER),
    )
    parts = build_message(mail).decode().replace("\r\n", "\n").split("\n\n")
    headers = [part for part in parts if ": " in part.partition("\n")[0] or part.startswith("--")]
    assert "\n\n".join(headers) + "\n" == snapshot(extension_class=TextFile)
