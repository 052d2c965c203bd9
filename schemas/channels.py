"""The channels 渠道: over which notices go out, one row each. A new one is a row here, a sender and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, get_args

Channel = Literal["email", "sms"]
NoticeChannel = Literal["email", "sms", "chat"]
"""What reaches people, and the robots of groups, which only get copies."""


class DailyCap(NamedTuple):
    """How many letters a contact gets a day; the rest wait for the next day (N-7, N-51)."""

    code: str  # of a notice that waits
    limit: Literal["sms_per_contact_and_day", "mails_per_contact_and_day"]  # field of the policy's `sending`
    measure: str  # Chinese counter of its letters


class ChannelRow(NamedTuple):
    """What the rules, the worker and the words need to know of a channel."""

    label: str
    contact_field: Literal["email", "phone"] | None  # of `Contact`; None: copies for groups, which nobody misses
    address_label: str
    spellings: tuple[str, ...]  # in registry files, beside the label
    at_most_once: bool  # a letter that may have been taken is never sent again (N-9)
    exempt_alone: bool  # an exempt notice shares no letter with others (N-8)
    most_in_hand: int  # letters under way at its quickest
    daily_cap: DailyCap | None


CHANNELS: Final[Mapping[str, ChannelRow]] = {
    "email": ChannelRow(
        label="邮件",
        contact_field="email",
        address_label="邮箱",
        spellings=("邮箱", "电子邮件"),
        at_most_once=False,
        exempt_alone=False,
        most_in_hand=32,  # a mail may be repeated: nothing is lost if all of them are left over by a crash
        daily_cap=DailyCap("mail_cap", "mails_per_contact_and_day", "封"),
    ),
    "sms": ChannelRow(
        label="短信",
        contact_field="phone",
        address_label="手机号码",
        spellings=(),
        at_most_once=True,
        exempt_alone=True,
        most_in_hand=4,
        daily_cap=DailyCap("sms_cap", "sms_per_contact_and_day", "条"),
    ),
    "chat": ChannelRow(
        label="群机器人",
        contact_field=None,
        address_label="工作群",
        spellings=(),
        at_most_once=False,
        exempt_alone=False,
        most_in_hand=4,
        daily_cap=None,
    ),
}
TO_PEOPLE: Final[Mapping[Channel, ChannelRow]] = {name: CHANNELS[name] for name in get_args(Channel)}
COPIES: Final = frozenset(name for name, row in CHANNELS.items() if row.contact_field is None)
CHANNEL_LABELS: Final[dict[str, str]] = {name: row.label for name, row in CHANNELS.items()}
