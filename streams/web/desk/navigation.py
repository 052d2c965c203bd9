"""The pages in the head of every page of the desk, in this order."""

from __future__ import annotations

from typing import Final, NamedTuple

from streams.services.viewers import Right


class NavigationItem(NamedTuple):
    """One of them."""

    label: str
    path: str
    right: Right


NAVIGATION: Final[tuple[NavigationItem, ...]] = (
    NavigationItem("督查台", "desk", "look"),
    NavigationItem("台账", "tickets", "look"),
    NavigationItem("通报", "bulletins", "look"),
    NavigationItem("名录", "registry", "look"),
    NavigationItem("工作日历", "calendar", "look"),
    NavigationItem("规则", "policy", "look"),
    NavigationItem("账号", "account", "look"),
)
