"""`POST /policy`: a pack's file is tried: how it differs, and what it would make of the open tickets.

W-34  Trying a pack changes nothing and keeps nothing of it: its values beside those in force (P-4), and what counting
      the viewer's open tickets anew would give (P-6). Putting it in force stays the operator's. A file that is tried
      extends a built-in pack, and reads no other file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from starlette.responses import Response

from schemas.policy import Policy
from streams.files.config_file import FILE_BYTES
from streams.files.faults import FileError, FileFault
from streams.files.policy.loading import LoadedPack, load_policy, shipped_packs
from streams.files.yaml import YamlError, load_yaml
from streams.presentation.labels import SURE
from streams.presentation.policy.reading import CHANGES, PackChange, Value, differences
from streams.rules.deadlines.recounting import Effects
from streams.services.policy import effects_of
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.policy.page import show_policy

_WRONG: Final = 422


class ChangeLine(NamedTuple):
    """How one value differs, in words."""

    subject: str
    kind: str
    before: str
    after: str
    basis: str


async def try_pack(visit: Visit, pack: LoadedPack) -> Response:
    """The page with what the file would change."""
    sent = await filled_in(visit, visit.premises.shelf)
    try:
        file = sent.files[0] if sent.files else None
        if file is None or file.incoming is None:
            fault = "请选择文件" if file is None else file.fault
            return await show_policy(visit, pack, _WRONG, errors={"file": fault})
        if file.incoming.size > FILE_BYTES:
            return await show_policy(visit, pack, _WRONG, errors={"file": "文件过大，不超过1MB"})
        file.incoming.finish()
        content = file.incoming.path.read_bytes()
    finally:
        sent.drop()
    try:
        tried = await asyncio.to_thread(_loaded, content)
    except FileError as error:
        return await show_policy(visit, pack, _WRONG, faults=error.faults, name=file.name)
    settings, now = visit.premises.settings, visit.now.at
    effects = await effects_of(visit.premises.ledger, tried, now, settings.zone, visit.viewer.units)
    return await show_policy(visit, pack, trial=_trial(pack.policy, tried, effects), name=file.name)


def _loaded(content: bytes) -> Policy:
    """The pack that a file makes, read where no other file lies beside it. Raises FileError."""
    try:
        document = load_yaml(content)
    except YamlError as error:
        raise FileError(FileFault("", error.line, "", error.reason)) from error
    base = document.data.get("extends") if isinstance(document.data, dict) else None
    if base is not None and base not in shipped_packs():
        known = "、".join(shipped_packs())
        reason = f"只能写内置规则包的名称（{known}）；扩展自有文件的，请运维用 rectify policy diff 比较"
        raise FileError(FileFault("", document.line(("extends",)), "extends", reason))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "policy.yaml"
        path.write_bytes(content)
        return load_policy(path)


def _trial(before: Policy, after: Policy, effects: Effects) -> dict[str, Any]:
    checks = sorted(effects.by_check.items())
    return {
        "ref": after.ref,
        "title": after.title,
        "changes": _change_lines(differences(before, after)),
        "open": effects.opened_under.total(),
        "under": sorted(effects.opened_under.items()),
        "differ": sum(one.earlier + one.later for _, one in checks),
        "earlier": sum(one.earlier for _, one in checks),
        "later": sum(one.later for _, one in checks),
        "overdue_at_once": sum(one.overdue_at_once for _, one in checks),
        "no_longer_overdue": sum(one.no_longer_overdue for _, one in checks),
        "by_check": [(code, after.rule(code).name, one) for code, one in checks],
    }


def _change_lines(changes: Sequence[PackChange]) -> list[ChangeLine]:
    return [
        ChangeLine(
            f"{one.subject} {one.label}".strip(),
            CHANGES[one.kind],
            _words(one.before),
            _words(one.after),
            one.after.basis if one.after else "",
        )
        for one in changes
    ]


def _words(value: Value | None) -> str:
    if value is None:
        return "无"
    return f"{value.words}（{SURE[value.sure]}）" if value.sure else value.words
