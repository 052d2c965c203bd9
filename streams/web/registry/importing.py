"""`/registry/import`: a file is checked, what it would change is shown, and then it is published.

W-32  An import is checked as a whole and shown first: what is new, what changes, who loses something, what is not known
      and only kept, what is refused and where. What is published is what was shown: if the registry has changed since,
      it is shown anew. A file with a record that is not of the viewer's units is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from streams.files.faults import FileError, FileFault
from streams.files.registry.files import read_registry
from streams.files.registry.waiting import ENDINGS, WaitingFiles, mark, marked
from streams.kafka.gathered_publishing import NotAcknowledged
from streams.log_events import event_log
from streams.presentation.registry import KINDS, cell_words, differing, field_label, headed
from streams.presentation.registry_faults import place_words, reason_words
from streams.services.registry_import import ImportPlan, plan_import, unknown_columns
from streams.web.desk.acting import WORDS
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.forms.reading import FILE_BYTES, SentForm, plain_name
from streams.web.outcomes import Became, State

AT_ONCE: Final = 1_000  # records that are published together
SHOWN: Final = 100  # of each list
TABLES: Final = {kind: KINDS[kind] for kind in ("unit", "asset")}  # what a CSV file may hold
AWAY: Final = "系统暂时无法接收，未全部发布。名录按已发布的部分更新，请过几分钟核对后再点一次“发布”，重复发布无害。"
_CHANGED: Final = "名录在您核对后有了变化，尚未发布。请按下面的新结果再核对一次。"
_SURE: Final = "有单位或资产会失去通知对象，请核对后勾选确认。"
_GONE: Final = "文件已过期，请重新选择。"
_WRONG, _STALE, _AWAY, _SEE_OTHER = 422, 409, 503, 303
_PATIENCE: Final = timedelta(minutes=2)
_REFRESH: Final = {"Refresh": "3"}
_TAKES: Final = {"ownerless": "失去主办单位的资产", "unreachable": "失去全部联系方式的单位"}
_WORTH_A_LOOK: Final = {
    "moved": "更换主办单位的资产",
    "without": "新增但无人可通知（资产无单位，或单位无联系方式）",
    "dangling": "所指单位未登记",
}

log = event_log(__name__)


@dataclass(frozen=True, slots=True)
class HandedFile:
    """A file that somebody has handed over."""

    name: str
    digest: str
    ending: str
    kind: str  # of a CSV table
    path: Path


class Importing:
    """The pages; one file is read at a time."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where files wait, of all web processes."""
        self._files = WaitingFiles(folder)
        self._turn = asyncio.Semaphore(1)

    async def show(self, visit: Visit) -> Response:
        """The form; with `done` what became of what was published."""
        await asyncio.to_thread(self._files.forget, visit.now.real)
        query = visit.request.query_params
        ending, kind = query.get("ending", ""), query.get("kind", "")
        path = self._files.find(visit.viewer.name, query.get("done", ""), ending)
        if path is None:
            return _page(visit, 200)
        handed = HandedFile("", query.get("done", ""), ending, kind, path)
        found = await self._planned(visit, handed)
        if not isinstance(found, ImportPlan):
            return _page(visit, 200)
        total, there = found.records.records, found.changes.unchanged.total()
        late = visit.now.real - marked(path) > _PATIENCE
        state: State = "done" if there == total else "late" if late else "pending"
        text = f"已发布 {total} 条，工作节点已采用 {there} 条。"
        text += {"late": WORDS.late, "pending": WORDS.pending}.get(state, "")
        if state == "done":
            path.unlink(missing_ok=True)
        headers = _REFRESH if state == "pending" else None
        return _page(visit, 200, headers, outcomes=[Became("", state, text)], state=state)

    async def submit(self, visit: Visit) -> Response:
        """The first time it is shown what would change, the second time (`confirm`) that is published."""
        sent = await filled_in(visit, visit.premises.shelf)
        try:
            handed = await self._handed(visit, sent)
        finally:
            sent.drop()
        if isinstance(handed, str):
            return _page(visit, _WRONG, errors={"file": handed})
        found = await self._planned(visit, handed)
        if not isinstance(found, ImportPlan):
            return _page(visit, _WRONG, faults=found, name=handed.name)
        if found.foreign or sent.one("confirm") != "1":
            return _preview(visit, handed, found, _WRONG if found.foreign else 200)
        if sent.one("seen") != found.digest:
            return _preview(visit, handed, found, _STALE, _CHANGED)
        if found.changes.takes_away and sent.one("sure") != "1":
            return _preview(visit, handed, found, _WRONG, _SURE)
        return await self._published(visit, handed, found)

    async def _handed(self, visit: Visit, sent: SentForm) -> HandedFile | str:
        """The file that came, or that came before; or what is wrong."""
        account, kind = visit.viewer.name, sent.one("kind") if sent.one("kind") in TABLES else ""
        if sent.one("confirm") == "1":
            digest, ending = sent.one("file_digest"), sent.one("ending")
            path = self._files.find(account, digest, ending)
            return _GONE if path is None else HandedFile(plain_name(sent.one("name")), digest, ending, kind, path)
        if not sent.files:
            return "请选择文件"
        file = sent.files[0]
        if file.incoming is None:
            return file.fault
        ending = Path(file.name).suffix.lower()
        if ending not in ENDINGS:
            return reason_words("expected a .yaml, .xlsx or .csv")
        if ending == ".csv" and not kind:
            return reason_words("a CSV file holds either")
        digest = file.incoming.sha256
        path = await asyncio.to_thread(self._files.keep, file.incoming, account, ending, visit.now.real)
        return HandedFile(file.name, digest, ending, kind, path)

    async def _planned(self, visit: Visit, handed: HandedFile) -> ImportPlan | Sequence[FileFault]:
        """What it would change, or what is wrong with it."""
        async with self._turn:
            try:
                kind = handed.kind if handed.ending == ".csv" else None
                records = await asyncio.to_thread(read_registry, handed.path, kind)
            except FileError as error:
                return error.faults
            return await plan_import(records, visit.premises.ledger, visit.viewer.units)

    async def _published(self, visit: Visit, handed: HandedFile, plan: ImportPlan) -> Response:
        rest = plan.messages()
        try:
            while batch := list(islice(rest, AT_ONCE)):
                await visit.premises.registering.publish(visit.viewer.via, batch)
        except NotAcknowledged:
            log.warning("pages_without_broker")
            found = await self._planned(visit, handed)
            return _preview(visit, handed, found if isinstance(found, ImportPlan) else plan, _AWAY, AWAY)
        mark(handed.path, visit.now.real)
        await visit.record("register", f"import {handed.name}", str(plan.records.records))
        query = urlencode({"done": handed.digest, "ending": handed.ending, "kind": handed.kind})
        return RedirectResponse(f"{visit.root}registry/import?{query}", _SEE_OTHER)


def _preview(visit: Visit, handed: HandedFile, plan: ImportPlan, status: int, alert: str = "") -> Response:
    changes = plan.changes
    counts = [
        (label, changes.new[kind], changes.changed[kind], changes.unchanged[kind])
        for kind, label in KINDS.items()
        if changes.new[kind] + changes.changed[kind] + changes.unchanged[kind]
    ]
    return _page(
        visit,
        status,
        plan=plan,
        handed=handed,
        alert=alert or ("文件含有不在您单位范围内的记录，未发布。请删去这些行后重新选择。" if plan.foreign else ""),
        counts=counts,
        shown=[_difference(one.key, one.before, one.after) for one in changes.differences[:SHOWN]],
        differ=changes.new.total() + changes.changed.total(),
        taken={words: getattr(changes, name) for name, words in _TAKES.items() if getattr(changes, name)},
        worth={words: getattr(changes, name) for name, words in _WORTH_A_LOOK.items() if getattr(changes, name)},
        passed_over=_passed_over(plan),
        foreign=[(place_words(place), key) for place, key in plan.foreign],
        most=SHOWN,
    )


def _difference(key: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, record_id = key.partition(":")
    found = {"kind": KINDS.get(kind, kind), "id": record_id, "name": after.get("name", ""), "is_new": before is None}
    if before is not None:
        return {**found, "changes": differing(kind, before, after), "facts": ""}
    flat = headed(after) if kind == "unit" else after
    facts = [(field_label(kind, name), cell_words(name, value)) for name, value in flat.items() if name != "contacts"]
    return {**found, "changes": [], "facts": "，".join(f"{label} {words}" for label, words in facts)}


def _passed_over(plan: ImportPlan) -> list[str]:
    """What is not known, and so what becomes of it: nothing goes in silence."""
    said = [note.partition(" · ")[0] for note in plan.records.notes]
    for one in unknown_columns(plan.records, limit=SHOWN):
        like = f"是否“{one.like}”？" if one.like else ""
        said.append(f"{KINDS[one.kind]}的列“{one.name}”（{one.rows} 行）不认识，原样保存，不起作用。{like}")
    return said


def _page(visit: Visit, status: int, headers: dict[str, str] | None = None, **context: Any) -> Response:
    common: dict[str, Any] = {
        "plan": None, "faults": (), "errors": {}, "name": "", "outcomes": [], "state": "done", "alert": "",
        "tables": TABLES, "most_bytes": FILE_BYTES, "place_words": place_words, "reason_words": reason_words,
    }  # fmt: skip
    return visit.page("registry/import.html", status, headers, **{**common, **context})
