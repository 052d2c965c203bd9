"""What lies on this machine: data folder, disk, clock, policy pack, variables."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from schemas.policy import Policy
from streams.clock import parse_clock
from streams.doctor.line import CheckLine, error, ok, warning
from streams.files.faults import FileError
from streams.files.policy.loading import load_policy
from streams.settings.model import Settings
from streams.settings.sources import Stranger

_MEBIBYTE: Final = 1024 * 1024
FULL_BYTES: Final = 256 * _MEBIBYTE
SCARCE_BYTES: Final = 2048 * _MEBIBYTE


def policy_line(settings: Settings) -> tuple[CheckLine, Policy | None]:
    """Whether the pack can be read, and the pack."""
    try:
        policy = load_policy(settings.policy)
    except FileError as fault:
        first = str(fault).splitlines()[0]
        advice = f"改正规则包，用 `rectify policy check {settings.policy}` 查看全部错误 · correct the pack"
        return error("policy", f"规则包不能使用 · the pack cannot be used: {first}", advice), None
    return ok("policy", f"规则包 · pack {policy.ref}，检查项 · checks {len(policy.checks)}"), policy


def stranger_lines(strangers: Iterable[Stranger]) -> Iterator[CheckLine]:
    """A line for each variable that is no setting."""
    for stranger in strangers:
        if stranger.harmless:
            yield ok("variable", stranger.text)
        else:
            yield warning(
                "variable", stranger.text, "改正名称，或改用别的前缀 · correct the name, or use another prefix"
            )


def disk_line(folder: Path) -> CheckLine:
    """Whether the data folder can be written, and how much room is left."""
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        advice = (
            f"把目录交给运行用户 · chown it to the user that runs rectify (uid {os.geteuid()}), or set RECTIFY_DATA_DIR"
        )
        return error("disk", f"数据目录不可写 · cannot write to {existing}", advice)
    free = shutil.disk_usage(existing).free
    text = f"可用空间 · free space {free // _MEBIBYTE} MiB: {folder}"
    if free < FULL_BYTES:
        return error("disk", text, "磁盘将满，立即腾出空间 · the disk is about to be full: make room now")
    if free < SCARCE_BYTES:
        return warning("disk", text, "空间不多，尽快腾出 · little room: `rectify db prune`, or a larger disk")
    return ok("disk", text)


def clock_line(settings: Settings) -> CheckLine:
    """Which time it is here, and whether it is the real one."""
    clock = parse_clock(settings.clock)
    shown = f"{clock.now().at.astimezone(settings.zone):%Y-%m-%d %H:%M:%S} {settings.timezone}"
    if clock.acceleration is not None:
        advice = "正式运行请清除 RECTIFY_CLOCK · unset RECTIFY_CLOCK: this clock is for demonstrations"
        return warning("clock", f"演示时钟 · a clock of its own: {shown}", advice)
    return ok("clock", f"当前时间 · the time here: {shown}")
