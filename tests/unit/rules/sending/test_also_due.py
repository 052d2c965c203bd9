"""Which letters take along what else is pressing (rule N-27)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schemas.registry import Contact, Unit
from streams.files.policy.loading import load_policy
from streams.rules.sending.also_due import takes_along, units_by_inbox
from tests.support.ledger import REGISTRY, notice

POLICY = load_policy()


@pytest.mark.parametrize(
    ("changes", "along"),
    [
        ({"kind": "reminder"}, True),
        ({"kind": "urge"}, True),
        ({"kind": "warned"}, True),
        ({"kind": "opened"}, False),
        ({"kind": "supervise"}, False),
        ({"kind": "reminder", "exempt": True}, False),
        ({"kind": "reminder", "channel": "sms"}, False),
    ],
)
def test_letters_that_remind_take_it_along(changes: dict[str, Any], along: bool) -> None:  # noqa: FBT001
    """N-27: in mails that remind, urge or warn, of which nothing is exempt."""
    row = notice("one", 1, 1, channel="email")._replace(**({"exempt": False} | changes))
    assert takes_along([row], POLICY) is along


def test_a_policy_may_have_none() -> None:
    """N-27: `on: false`."""
    row = notice("one", 1, 1, channel="email")._replace(exempt=False, kind="reminder")
    none = POLICY.sending.overview.model_copy(update={"on": False})
    off = POLICY.model_copy(update={"sending": POLICY.sending.model_copy(update={"overview": none})})
    assert not takes_along([row], off)


def test_a_person_may_be_a_contact_of_several_units() -> None:
    """N-27: by the address; one that is there twice in a unit counts once."""
    li = Contact(name="李", email="li@a.gov.cn")
    units = {
        "a": Unit(unit_id="a", name="市科技局", contacts=(li, Contact(name="李", email="li@a.gov.cn", role="head"))),
        "b": Unit(unit_id="b", name="市水务局", contacts=(li, Contact(name="王", phone="13800000001"))),
    }
    assert units_by_inbox(replace(REGISTRY, units=units)) == {"li@a.gov.cn": ("a", "b")}
