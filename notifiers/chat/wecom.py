"""WeCom 企业微信 group robots: the key is in the webhook, there is no signature. A message has 4,096 bytes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from notifiers.chat.markdown import markdown
from notifiers.chat.robot import Posting
from notifiers.protocol import Chat
from notifiers.sms.verdict import Word

BYTES: Final = 4096


class Wecom:
    """See `robot.Platform`."""

    name = "wecom"
    code = "errcode"
    words: Mapping[str, Word] = {
        "45009": "deferred",  # faster than 20 a minute
        "93000": "auth",  # the webhook's key is unknown: the robot was removed
        "93004": "auth",
        "93008": "auth",  # not in the group
        "-1": "unavailable",
    }

    def posting(self, chat: Chat, secret: str, now: datetime) -> Posting:
        """The request."""
        del secret, now
        return Posting("", {"msgtype": "markdown", "markdown": {"content": markdown(chat.title, chat.lines, BYTES)}})
