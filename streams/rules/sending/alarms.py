"""Alarms about providers; pure (rule N-45).

N-45  A provider that refuses our account (its password or key, its sender, its balance) is said once, as an event and
      in the log, until it works again; nothing is lost meanwhile, the messages wait.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Final

import orjson

from schemas.channels import CHANNEL_LABELS
from schemas.topics import Topics
from streams.rules.state.records import OutMessage

REASONS: Final = {"auth": "拒绝本系统的账号", "sender": "拒绝本系统的发件地址", "balance": "余额不足"}
"""The first word of a provider's code -> what it means."""


def provider_alarm(topics: Topics, provider: str, channel: str, code: str, at: datetime) -> OutMessage:
    """The event; `code` begins with one of `REASONS`, `at` is local time."""
    word = code.partition(":")[0]
    cause = f"provider_alarm\x1f{provider}\x1f{word}\x1f{at.timestamp()}"
    event = {
        "id": blake2b(cause.encode(), digest_size=16).hexdigest(),
        "type": "provider_alarm",
        "at": at,
        "asset_id": None,
        "unit_id": None,
        "ticket_id": None,
        "ticket_version": None,
        "rule": "N-45",
        "reason": word,
        "summary": f"{CHANNEL_LABELS[channel]}服务商 {provider} {REASONS[word]}（{code}），处理之前发不出去",
        "provider": provider,
        "channel": channel,
        "code": code,
    }
    return OutMessage(topics.events, b"provider", orjson.dumps(event))
