"""DingTalk 钉钉 group robots, signed in the query: HMAC(secret, milliseconds and secret on two lines).

Faster than 20 messages a minute, and a robot is shut out for ten minutes.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from notifiers.chat.markdown import markdown, plain
from notifiers.chat.robot import Posting
from notifiers.protocol import Chat
from notifiers.sms.verdict import Word

BYTES: Final = 16_000


class Dingtalk:
    """See `robot.Platform`."""

    name = "dingtalk"
    code = "errcode"
    words: Mapping[str, Word] = {
        "130101": "deferred",  # faster than 20 a minute
        "410100": "deferred",
        "310000": "auth",  # signature, keyword or IP address
        "300001": "auth",
        "300005": "auth",  # the token is unknown
        "400101": "auth",
        "400102": "auth",  # the robot was stopped
        "-1": "unavailable",
    }

    def posting(self, chat: Chat, secret: str, now: datetime) -> Posting:
        """The request."""
        text = markdown(chat.title, chat.lines, BYTES)
        return Posting(
            _signed(secret, now) if secret else "",
            {"msgtype": "markdown", "markdown": {"title": plain(chat.title), "text": text}},
        )


def _signed(secret: str, now: datetime) -> str:
    milliseconds = int(now.timestamp() * 1000)
    digest = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), sha256).digest()
    return f"timestamp={milliseconds}&sign={quote(b64encode(digest), safe='')}"
