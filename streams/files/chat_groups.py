"""The file of robots in chat groups (`RECTIFY_CHAT_GROUPS`): group -> platform, webhook, secret, rate.

A webhook is a password, so the file names where it is kept: `env:NAME` or `file:/path`. The rest is checked whenever
the settings are read; the secrets only where messages are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from notifiers.chat.dingtalk import Dingtalk
from notifiers.chat.feishu import Feishu
from notifiers.chat.robot import PER_MINUTE, Platform, Robot
from notifiers.chat.wecom import Wecom
from streams.files.config_file import Loc, MarkedFile
from streams.files.kept_secret import is_kept, kept_secret

PLATFORMS: Final[Mapping[str, Callable[[], Platform]]] = {"wecom": Wecom, "dingtalk": Dingtalk, "feishu": Feishu}
_FIELDS: Final = ("robot", "url", "secret", "per_minute")
_MOST_PER_MINUTE: Final = 100
_KEPT: Final = "a webhook and its secret are passwords: write env:NAME or file:/path"


class ChatGroup(NamedTuple):
    """One group; `url` and `secret` (empty: none) say where they are kept."""

    name: str
    robot: str
    url: str
    secret: str
    per_minute: int


def check_groups(path: Path) -> list[ChatGroup]:
    """The groups of a file, without their secrets. Raises FileError with everything that is wrong."""
    file = MarkedFile(path)
    groups = [_group(file, name, record) for name, record in file.record(file.data, ()).items()]
    file.done()
    return groups


def load_robots(path: Path, now: Callable[[], datetime]) -> dict[str, Robot]:
    """A robot for each group, with its secrets; `now` is the real time. Raises FileError."""
    groups = check_groups(path)
    file = MarkedFile(path)
    robots = {}
    for group in groups:
        url = _secret(file, group.url, (group.name, "url"))
        secret = _secret(file, group.secret, (group.name, "secret")) if group.secret else ""
        if not url:
            continue
        try:
            platform = PLATFORMS[group.robot]()
            robots[group.name] = Robot(platform, url, secret, now, per_minute=group.per_minute)
        except ValueError as error:
            file.wrong((group.name, "url"), str(error))
    file.done()
    return robots


def _group(file: MarkedFile, name: str, record: Any) -> ChatGroup:
    at: Loc = (name,)
    fields = file.record(record, at, _FIELDS)
    robot = file.text(fields, (*at, "robot"))
    if robot and robot not in PLATFORMS:
        file.wrong((*at, "robot"), f"expected one of {', '.join(PLATFORMS)}")
    url = file.text(fields, (*at, "url"))
    secret = file.text(fields, (*at, "secret")) if "secret" in fields else ""
    for field, value in (("url", url), ("secret", secret)):
        if value and not is_kept(value):
            file.wrong((*at, field), _KEPT)
    reason = f"expected a number from 1 to {_MOST_PER_MINUTE}"
    rate = file.number(fields.get("per_minute", PER_MINUTE), (*at, "per_minute"), PER_MINUTE, reason)
    if not 1 <= rate <= _MOST_PER_MINUTE:
        file.wrong((*at, "per_minute"), reason)
    return ChatGroup(name, robot, url, secret, rate)


def _secret(file: MarkedFile, written: str, at: Loc) -> str:
    """What is kept there; the place is named when there is nothing, the value never."""
    secret = kept_secret(written)
    if not secret.value:
        file.wrong(at, f"nothing is kept in {secret.place}")
    return secret.value
