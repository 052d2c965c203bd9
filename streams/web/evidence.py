"""Files that come with a claim: scanned where there is a scanner, kept by their hash, known to belong to the ticket."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from starlette.responses import FileResponse, Response

from streams.log_events import event_log
from streams.store.store import Upload
from streams.web.forms.reading import FILES, FileSent, SentForm
from streams.web.forms.scanning import Infected, Unscanned, scan
from streams.web.premises import Premises

BUDGET_BYTES: Final = 200 * 1024 * 1024  # of all files of a ticket
KINDS_SAID: Final = "照片（JPG、PNG、WebP、HEIC）、PDF、Word（.docx）、Excel（.xlsx）"
_SIZE_UNITS: Final = ("B", "KB", "MB")

_ATTACHMENT: Final = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store"}

log = event_log(__name__)


async def attachment(premises: Premises, ticket_id: str, digest: str) -> Response | None:
    """A file of the ticket, never as a page of ours; None where it has no such file."""
    for one in await premises.store.uploads_of(ticket_id):
        if one.sha256 == digest and (path := premises.shelf.find(digest)) is not None:
            return FileResponse(
                path,
                media_type=one.type,
                filename=one.name,
                content_disposition_type="attachment",
                headers=_ATTACHMENT,
            )
    return None


async def take(
    premises: Premises, via: str, ticket_id: str, sent: SentForm, at: datetime
) -> tuple[list[Upload], list[str]]:
    """The files of a claim, those that came with an earlier try of it among them, and what is wrong with others.

    `via`: by which way they come, as the command says it.
    """
    known = await premises.store.uploads_of(ticket_id)
    taken = [one for one in known if one.sha256 in sent.every("kept") and one.via == via]
    faults = [file.fault for file in sent.files if file.fault]
    left = BUDGET_BYTES - sum(one.bytes for one in known)
    new: list[Upload] = []
    for file in sent.files:
        if file.incoming is None:
            continue
        left -= file.incoming.size
        fault = await _fault(premises, file, left)
        stored = None if fault else await asyncio.to_thread(premises.shelf.keep, file.incoming)
        if stored is None:
            file.incoming.drop()
            faults.append(fault or f"“{file.name}”不是可用的附件：只收{KINDS_SAID}")
            continue
        new.append(Upload(ticket_id, stored.sha256, via, file.name, stored.kind.type, stored.bytes, at))
    if new:
        await premises.store.add_uploads(new)
    every = {one.sha256: one for one in (*taken, *new)}
    if len(every) > FILES:
        faults.append(f"附件最多{FILES}个")
    return list(every.values())[:FILES], faults


async def _fault(premises: Premises, file: FileSent, left: int) -> str:
    assert file.incoming is not None  # noqa: S101 - asked by `take`
    if left < 0:
        return "本整改单的附件总量已满（200MB），请通过来信落款的联系方式报送"
    if not premises.settings.pages_clamd:
        return ""
    try:
        await scan(premises.settings.pages_clamd, file.incoming.path)
    except Infected:
        return f"“{file.name}”未通过病毒检查，没有接收"
    except Unscanned as error:
        log.warning("upload_not_scanned", error=str(error))
        return f"“{file.name}”暂时无法进行病毒检查，请稍后再传"
    return ""


def as_evidence(files: Sequence[Upload]) -> list[dict[str, object]]:
    """As the command and its event have them: facts, never bytes."""
    return [{"name": one.name, "sha256": one.sha256, "bytes": one.bytes, "type": one.type} for one in files]


def size_words(size: int) -> str:
    """`3.4 MB`."""
    amount = float(size)
    for unit in _SIZE_UNITS:
        if amount < 1024 or unit == _SIZE_UNITS[-1]:  # noqa: PLR2004 - of a kilobyte
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError
