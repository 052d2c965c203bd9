"""`rectify doctor`: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

from typing import Final

import typer

from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import run
from streams.discretion import hide
from streams.doctor import CheckLine, examine
from streams.doctor.line import error
from streams.doctor.place import stranger_lines
from streams.kafka.config import KafkaConfig
from streams.services.connections import kafka_config
from streams.services.failure import Failure
from streams.settings.model import Settings, SettingsError

app = typer.Typer()

_MARKS: Final = {"ok": ("✓", ""), "warning": ("!", "yellow"), "error": ("✗", "red")}


@app.command(epilog="示例 Example: rectify doctor && rectify worker")
def doctor(as_json: JsonFlag = False) -> None:
    """体检：设置、Kafka、主题与权限、数据库、日历、规则包、邮件、短信、时钟、磁盘。 Check everything a worker needs.

    不改动，不发送。
    Changes nothing and sends nothing. Exit code 1 when there is an error, 0 when there are only warnings.
    """
    lines = _looked_at()
    errors = sum(line.level == "error" for line in lines)
    warnings = sum(line.level == "warning" for line in lines)
    if as_json:
        print_json({"ok": not errors, "lines": [line._asdict() for line in lines]})
    else:
        for line in lines:
            mark, style = _MARKS[line.level]
            say(f"{mark} {line.text}", style)
            if line.advice:
                say(f"    → {line.advice}")
        say(f"错误 {errors} 项，提示 {warnings} 项 · {errors} errors, {warnings} warnings", "bold")
    if errors:
        raise typer.Exit(1)


def _looked_at() -> list[CheckLine]:
    try:
        settings = Settings.load()
    except SettingsError as fault:
        advice = "`rectify config` 列出全部设置 · docs/operations.md describes every setting"
        lines = [error("settings", f"设置有误 · cannot be used: {text}", advice) for text in str(fault).splitlines()]
        return [*map(_discreet, lines), *stranger_lines(Settings.strangers())]
    return [_discreet(line) for line in run(examine(settings, reachable_kafka(settings)))]


def _discreet(line: CheckLine) -> CheckLine:
    return line._replace(text=hide(line.text), advice=hide(line.advice))


def reachable_kafka(settings: Settings) -> KafkaConfig | CheckLine:
    """How to reach the brokers, or the line that says why that is not known."""
    try:
        return kafka_config(settings)
    except Failure as fault:
        return error(
            "kafka", str(fault), "设置 RECTIFY_BROKER，或先运行 `rectify up` · set it, or run `rectify up` first"
        )
