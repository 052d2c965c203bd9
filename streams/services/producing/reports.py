"""A tool's report, read by its mapping, as messages: for the terminal, for HTTP, for a tool that has just ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from schemas.mapping import Mapping as ToolMapping
from streams.files.faults import FileError, FileFault
from streams.files.findings.files import FileMessage
from streams.files.mappings.loading import load_mapping
from streams.files.mappings.reading import Reading, RefusedRow, ReportFacts, Surroundings, read_report
from streams.files.mappings.runs import AskedPages, run_of
from streams.files.policy.loading import load_policy
from streams.settings.model import Settings

__all__ = ["AskedPages", "MappedReport", "RefusedRow", "ReportFacts", "mapped_report", "run_id_of"]


@dataclass(frozen=True, slots=True)
class MappedReport:
    """What a report becomes."""

    messages: tuple[dict[str, Any], ...]  # findings and rechecks, in the report's order
    run: dict[str, Any] | None  # after them; None: the report makes none
    why: tuple[str, ...]  # why the run is what it is, or why there is none; Chinese · English
    left_out: Mapping[str, int]  # rows that are no findings: reason -> how many
    refused: tuple[RefusedRow, ...]  # rows that could not be read, each with its place
    unreadable: str = ""  # why the report as a whole cannot be read, or is cut off, where no run says so

    def entries(self) -> Iterator[FileMessage]:
        """As `rectify publish` takes them: messages, what was refused, the run at the end."""
        for number, message in enumerate(self.messages, 1):
            yield FileMessage(number, orjson.dumps(message))
        for row in self.refused:
            yield FileMessage(0, b"", place=row.place, fault=row.reason)
        if self.unreadable:
            yield FileMessage(0, b"", place="report", fault=self.unreadable)
        if self.run is not None:
            yield FileMessage(len(self.messages) + 1, orjson.dumps(self.run))

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "findings": [message for message in self.messages if message["type"] == "finding"],
            "rechecks": [message for message in self.messages if message["type"] == "recheck"],
            "run": self.run,
            "why": list(self.why),
            "left_out": dict(self.left_out),
            "refused": [row._asdict() for row in self.refused],
            "unreadable": self.unreadable or None,
        }


async def mapped_report(
    settings: Settings,
    mapping: str | ToolMapping,
    content: bytes,
    facts: ReportFacts,
    *,
    asset_of: Callable[[str], str | None] | None = None,
    address_of: Callable[[str], str | None] | None = None,
    asked: AskedPages | None = None,
) -> MappedReport:
    """What a report becomes by the mapping of this name; nothing is published.

    `asset_of` finds an asset's id by its name, code or address (`KnownAssets.find`), `address_of` a page's address by
    its file; `asked` is what became of pages that were asked for beside the tool. Raises FileError: no such mapping, a
    mapping that is wrong, a report that is too large or (`reads: sheet`) no table.
    """
    tool = load_mapping(mapping, settings.mappings) if isinstance(mapping, str) else mapping
    reading = await read(settings, tool, content, facts, asset_of=asset_of, address_of=address_of)
    return finished(tool, reading, facts, asked)


async def read(
    settings: Settings,
    mapping: ToolMapping,
    content: bytes,
    facts: ReportFacts,
    *,
    asset_of: Callable[[str], str | None] | None = None,
    address_of: Callable[[str], str | None] | None = None,
) -> Reading:
    """The report alone, of which `finished` makes the messages. Raises FileError."""
    if len(content) > settings.max_file_bytes:
        msg = f"larger than {settings.max_file_bytes} bytes (RECTIFY_MAX_FILE_BYTES)"
        raise FileError(FileFault("", "", "", msg))
    policy = load_policy(settings.policy)
    around = Surroundings(settings.zone, settings.max_message_bytes, policy, asset_of, address_of)
    return await asyncio.to_thread(read_report, mapping, content, facts, around)


def finished(
    mapping: ToolMapping, reading: Reading, facts: ReportFacts, asked: AskedPages | None = None
) -> MappedReport:
    """The messages of a report."""
    made = run_of(mapping, reading, facts, asked)
    unreadable = reading.unreadable or reading.cut if made.message is None else ""
    return MappedReport(made.messages, made.message, made.why, reading.left_out, reading.refused, unreadable)


def run_id_of(source: str, content: bytes) -> str:
    """The id of a run of which only the report is known: the same report is the same run."""
    return f"{source[:200]}-{blake2b(content, digest_size=8).hexdigest()}"
