"""What an uploaded file is: by its first bytes, never by its name or by what the browser says.

U-5  Evidence may be a picture (JPEG, PNG, WebP, HEIC), a PDF, or a Word or Excel document (.docx, .xlsx); nothing that
     a browser would run (SVG, HTML), and no archive. It goes out as an attachment, its bytes unchanged.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final, NamedTuple

HEAD: Final = 64  # bytes that suffice
UNPACKED_BYTES: Final = 256 * 1024 * 1024  # what the parts of a document say to unpack to, at most
_PARTS: Final = 2_000
_RATIO: Final = 200  # to how much more a document may unpack
_HEIC: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


class FileKind(NamedTuple):
    """A kind of file."""

    type: str  # as it is served
    ending: str


JPEG: Final = FileKind("image/jpeg", ".jpg")
PNG: Final = FileKind("image/png", ".png")
WEBP: Final = FileKind("image/webp", ".webp")
HEIC: Final = FileKind("image/heic", ".heic")
PDF: Final = FileKind("application/pdf", ".pdf")
DOCX: Final = FileKind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx")
XLSX: Final = FileKind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx")
KINDS: Final = (JPEG, PNG, WEBP, HEIC, PDF, DOCX, XLSX)
ACCEPTED: Final = "image/*,.pdf,.docx,.xlsx"  # of a form's field: without image/* some phones open no pictures


def kind_of(path: Path) -> FileKind | None:
    """The kind of a file, None for one that is not taken. Documents are looked into, and not unpacked."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return HEIC
    if head.startswith(b"%PDF-"):
        return PDF
    return _document(path) if head.startswith(b"PK\x03\x04") else None


def _document(path: Path) -> FileKind | None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return None
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _PARTS or unpacked > min(UNPACKED_BYTES, _RATIO * max(path.stat().st_size, 65_536)):
        return None
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None
