"""`/registry/export.xlsx`: the viewer's part of the registry as a workbook that an import takes again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from starlette.responses import Response

from streams.files.registry.export import write_workbook
from streams.services.registry import everything
from streams.web.desk.visits import Visit

FILE_NAME: Final = "registry.xlsx"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OWNED_BY: Final = {"unit": "unit_id", "asset": "unit_id"}


async def export(visit: Visit) -> Response:
    """Units with their contacts, and assets; guarded periods for those who may import them again."""
    records = await everything(visit.premises.ledger)
    own = {kind: [one for one in records[kind] if visit.viewer.sees(one.get(name))] for kind, name in _OWNED_BY.items()}
    if visit.viewer.units is None:
        own["guarded"] = records["guarded"]
    content = await asyncio.to_thread(_written, own)
    await visit.record("export", "registry", str(sum(map(len, own.values()))))
    headers = {
        "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
        "Cache-Control": "private, no-store",
    }
    return Response(content, headers=headers, media_type=_XLSX)


def _written(records: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        write_workbook(path, records)
        return path.read_bytes()
