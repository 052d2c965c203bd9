"""What a bulletin's figures are written as; each format loads what only it needs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any


class DraftFormat(StrEnum):
    """What a draft is written as."""

    DOCX = "docx"
    XLSX = "xlsx"
    HTML = "html"
    JSON = "json"


def made_of(kind: DraftFormat, found: Mapping[str, Any], template: Path | None = None) -> bytes:
    """The file. Raises Failure for a template that is wrong."""
    match kind:
        case DraftFormat.DOCX:
            from streams.documents.word import word_document

            return word_document(found, template)
        case DraftFormat.XLSX:
            from streams.documents.workbook import workbook

            return workbook(found)
        case DraftFormat.HTML:
            from streams.documents.page import html_page

            return html_page(found)
        case DraftFormat.JSON:
            import orjson

            return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
