"""The files that are left: one page to begin with, the short messages as text, and each topic as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, select_autoescape

from schemas.vocabulary import RUNG_LABELS
from streams.demo.report import DemoReport
from streams.demo.story import stamp


def write_pages(folder: Path, report: DemoReport) -> None:
    """Writes them beside the mails, which are there already."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(("html",)), trim_blocks=True
    )
    environment.filters["stamp"] = stamp
    page = environment.get_template("index.html").render(report=report, rungs=RUNG_LABELS)
    (folder / "index.html").write_text(page, encoding="utf-8")
    lines = [f"{stamp(sms.at)}  {sms.number}  {sms.text}\n" for sms in report.short_messages]
    (folder / "sms.txt").write_text("".join(lines), encoding="utf-8")
    _topic(folder, "tickets", report.account.tickets.values())
    _topic(folder, "events", report.account.events)
    for rung, messages in report.escalations.items():
        _topic(folder, f"escalations.{rung}", messages)
    letters = [{"value": letter.value.decode(errors="replace"), "headers": letter.headers} for letter in
               report.account.dead_letters]  # fmt: skip
    _topic(folder, "dead-letters", letters)


def _topic(folder: Path, name: str, messages: Iterable[Mapping[str, Any]]) -> None:
    text = b"".join(orjson.dumps(dict(message), option=orjson.OPT_APPEND_NEWLINE) for message in messages)
    (folder / "topics" / f"{name}.jsonl").write_bytes(text)
