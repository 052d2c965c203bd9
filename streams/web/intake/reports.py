"""`POST /intake/{mapping}`: a tool's own webhook or report, read by its mapping."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from streams.files.faults import FileError
from streams.files.mappings.loading import mapping_files, read_mapping
from streams.ledger.reading.queries import registered_assets
from streams.services.handing_in import HandedItem
from streams.services.producing.assets import KnownAssets, readable_assets
from streams.services.producing.reports import MappedReport, ReportFacts, mapped_report, run_id_of
from streams.store.api_keys import ApiKey
from streams.web.guard.problems import problem
from streams.web.intake.admission import Admission
from streams.web.intake.posted import ITEMS, NotTaken, unpacked
from streams.web.premises import Premises

AT_ONCE: Final = 2  # reports that are read: each is a process of its own
_KNOWN_SECONDS: Final = 60.0  # that assets are taken from memory
_NAME: Final = 256  # characters of what stands in the address
_ACCEPTED, _INVALID, _NO_SUCH, _BAD = 202, 422, 404, 400


class ReportIntake:
    """Reports of all keys.

    H-8  A tool's report becomes what `rectify publish --format` makes of it: good rows are published, others are named,
         and what is left out is counted. Without `exit_code` it makes no run, and the answer says so: nothing closes.
    """

    def __init__(self, premises: Premises, admission: Admission) -> None:
        self._premises, self._admission = premises, admission
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._assets: tuple[float, KnownAssets] = (0.0, KnownAssets(()))

    async def hand_in(self, request: Request, key: ApiKey, mapping: str, body: bytes) -> Response:
        """Raises NotTaken, NotAcknowledged."""
        content = await unpacked(body, request.headers.get("content-encoding", ""))
        facts = self._facts(request, key, mapping, content)
        report = await self._read(mapping, content, facts)
        items = [HandedItem(entry.value) for entry in report.entries() if not entry.fault]
        self._admission.items(key.key_id, len(items))
        checked = await self._premises.handing_in.check(key, items, self._premises.now().at)
        refused = [fault._asdict() for fault in checked.faults]
        refused += [{"place": row.place, "code": "unreadable", "detail": row.reason} for row in report.refused]
        if not checked.messages and (refused or report.unreadable):
            return problem(
                _INVALID, "invalid_report", report.unreadable,
                title="报告未能采用，没有发布 · nothing of the report could be taken", errors=refused,
            )  # fmt: skip
        ids: list[str | None] = []
        for first in range(0, len(checked.messages), ITEMS):
            ids += await self._premises.handing_in.publish(key, checked.messages[first : first + ITEMS])
        answer: dict[str, Any] = {
            "accepted": len(ids), "ids": ids, "refused": refused, "left_out": dict(report.left_out),
            "run": None if report.run is None else report.run["status"], "why": list(report.why),
        }  # fmt: skip
        return Response(orjson.dumps(answer), _ACCEPTED, media_type="application/json")

    def _facts(self, request: Request, key: ApiKey, mapping: str, content: bytes) -> ReportFacts:
        query = {name: value.strip()[:_NAME] for name, value in request.query_params.items()}
        source = query.get("source") or (key.sources[0] if len(key.sources) == 1 else mapping)
        code = query.get("exit_code", "")
        if code and not (code.removeprefix("-").isascii() and code.removeprefix("-").isdigit() and len(code) < 6):  # noqa: PLR2004 - digits of an exit code
            raise NotTaken(_BAD, "bad_exit_code", f"exit_code: {code[:40]!r} is no exit code")
        return ReportFacts(
            query.get("asset", ""),
            source,
            query.get("run_id") or run_id_of(source, content),
            finished=self._premises.now().at,
            exit_code=int(code) if code else None,
        )

    async def _read(self, mapping: str, content: bytes, facts: ReportFacts) -> MappedReport:
        settings = self._premises.settings
        known = mapping_files(settings.mappings)
        if mapping not in known:  # by its name alone: a path would be anybody's file
            raise NotTaken(_NO_SUCH, "unknown_mapping", f"no such mapping; there are {', '.join(known)}")
        try:
            tool = read_mapping(known[mapping].path)
        except FileError as error:
            raise NotTaken(_NO_SUCH, "unknown_mapping", str(error)) from None
        assets = await self._known() if tool.asset_name is not None and not facts.asset_id else KnownAssets(())
        try:
            async with self._turns:
                return await mapped_report(settings, tool, content, facts, asset_of=assets.find)
        except FileError as error:
            raise NotTaken(_INVALID, "invalid_report", str(error)) from None

    async def _known(self) -> KnownAssets:
        until, known = self._assets
        if until < monotonic():
            texts = [text async for text in registered_assets(self._premises.ledger)]
            known = await asyncio.to_thread(lambda: KnownAssets(readable_assets(texts)))
            self._assets = (monotonic() + _KNOWN_SECONDS, known)
        return known
