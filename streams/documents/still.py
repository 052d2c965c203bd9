"""The same bytes for the same content: what a zip and its properties say of when they were made is fixed."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Final

_WHEN: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_STAMPS: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def still(document: bytes) -> bytes:
    """A .docx or .xlsx without the moment of its making."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(document)) as given,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as taken,
    ):
        for name in given.namelist():
            content = given.read(name)
            if name == "docProps/core.xml":
                content = _STAMPS.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", content)
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            taken.writestr(entry, content)
    return made.getvalue()
