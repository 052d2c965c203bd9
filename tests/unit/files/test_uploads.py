"""Uploaded files: what they are, and where they lie."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from streams.files.uploads.kinds import DOCX, HEIC, JPEG, PDF, PNG, WEBP, XLSX, FileKind, kind_of
from streams.files.uploads.shelf import Shelf, TooLarge


def document(*names: str, size: int = 10) -> bytes:
    """An Office document with these parts, each of which says that it unpacks to so many bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"\0" * 10)
        for part in archive.infolist():
            part.file_size = size  # in the directory, which is written at the end
    return out.getvalue()


TYPES = "[Content_Types].xml"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xd8\xff\xe0" + b"x" * 100, JPEG),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, PNG),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", WEBP),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", HEIC),
        (b"%PDF-1.7\n", PDF),
        (document(TYPES, "word/document.xml"), DOCX),
        (document(TYPES, "xl/workbook.xml"), XLSX),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<!doctype html><script>alert(1)</script>", None),
        (b"\x00\x00\x00\x18ftypisom", None),
        (b"GIF89a", None),
        (b"MZ\x90\x00", None),
        (b"", None),
        (b"PK\x03\x04" + b"x" * 50, None),
        (document("a.txt"), None),
        (document(TYPES, "word/document.xml", "word/vbaProject.bin"), None),
        (document(TYPES, "word/document.xml", size=300_000_000), None),
    ],
)
def test_told_by_the_first_bytes(tmp_path: Path, content: bytes, kind: FileKind | None) -> None:
    """Never by its name; a document that unpacks to hundreds of megabytes, or has macros, is none."""
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    assert kind_of(path) == kind


def test_kept_by_its_hash(tmp_path: Path) -> None:
    """The same bytes twice are one file; nothing else is left."""
    shelf, content = Shelf(tmp_path / "files"), b"%PDF-1.7 " + b"x" * 1_000
    digest = sha256(content).hexdigest()
    for _ in range(2):
        incoming = shelf.receive(10_000)
        incoming.write(content[:500])
        incoming.write(content[500:])
        stored = shelf.keep(incoming)
        assert stored is not None
        assert (stored.sha256, stored.bytes, stored.kind) == (digest, len(content), PDF)
    found = shelf.find(digest)
    assert found is not None
    assert found.read_bytes() == content
    assert [path for path in shelf.folder.rglob("*") if path.is_file()] == [found]
    shelf.forget(digest)
    assert shelf.find(digest) is None


def test_too_large_is_told_while_it_comes(tmp_path: Path) -> None:
    """Not when all of it lies there."""
    incoming = Shelf(tmp_path).receive(100)
    incoming.write(b"x" * 100)
    with pytest.raises(TooLarge):
        incoming.write(b"x")
    incoming.drop()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "G" * 64, "0" * 64 + "/x", "A" * 64])
def test_nothing_but_a_hash_is_looked_for(tmp_path: Path, name: str) -> None:
    """Whatever somebody puts into the address."""
    assert Shelf(tmp_path).find(name) is None
