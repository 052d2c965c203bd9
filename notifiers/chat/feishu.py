"""Feishu 飞书 group robots, signed in the body: HMAC(seconds and secret on two lines, nothing).

The text parts of a post are never taken for markup.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from notifiers.chat.robot import Posting
from notifiers.protocol import Chat
from notifiers.sms.verdict import Word
from notifiers.text import clean, shorten

_LINE: Final = 300  # characters; a body may have 20 KB


class Feishu:
    """See `robot.Platform`."""

    name = "feishu"
    code = "code"
    words: Mapping[str, Word] = {
        "11232": "deferred",  # too fast, or everybody at the full hour
        "99991400": "deferred",
        "19001": "auth",  # the webhook is unknown
        "19021": "auth",  # signature, or a clock that is an hour wrong
        "19022": "auth",  # IP address
        "19024": "auth",  # keyword
    }

    def posting(self, chat: Chat, secret: str, now: datetime) -> Posting:
        """The request."""
        lines = [[{"tag": "text", "text": shorten(clean(line), _LINE)}] for line in chat.lines]
        content = {"post": {"zh_cn": {"title": clean(chat.title), "content": lines}}}
        return Posting("", {**(_signed(secret, now) if secret else {}), "msg_type": "post", "content": content})


def _signed(secret: str, now: datetime) -> dict[str, str]:
    seconds = int(now.timestamp())
    digest = hmac.new(f"{seconds}\n{secret}".encode(), b"", sha256).digest()
    return {"timestamp": str(seconds), "sign": b64encode(digest).decode()}
