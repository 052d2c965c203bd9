"""The table of channels is whole: what the types, contacts and limits name has its row."""

from typing import get_args

import pytest

from schemas.channels import CHANNELS, COPIES, TO_PEOPLE, Channel, NoticeChannel
from schemas.limits import Sending
from schemas.registry import Contact


def test_every_channel_has_a_row() -> None:
    """The types and the table have the same names; those without a field of a contact are copies, the rest people's."""
    assert tuple(CHANNELS) == get_args(NoticeChannel)
    assert tuple(TO_PEOPLE) == get_args(Channel)
    assert set(COPIES) == set(CHANNELS) - set(TO_PEOPLE)


@pytest.mark.parametrize("channel", get_args(Channel))
def test_a_row_names_where_a_contact_is_reached(channel: Channel) -> None:
    """A contact with the address that the row names is reached over that channel, and over no other."""
    address = {"email": "office@city.example", "phone": "13800000001"}
    field = TO_PEOPLE[channel].contact_field or ""
    contact = Contact.model_validate({"name": "张三", "channels": [channel], field: address[field]})
    assert [one for one in get_args(Channel) if contact.address(one)] == [channel]
    assert contact.is_reachable
    assert not Contact(name="张三", channels=(channel,)).is_reachable


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_daily_cap_is_a_limit_of_the_policy(channel: str) -> None:
    """A row's cap is a number that a pack can set."""
    daily = CHANNELS[channel].daily_cap
    assert daily is None or daily.limit in Sending.model_fields
