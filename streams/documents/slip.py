"""A ticket on paper as a Word document: 整改通知单, 督办单."""

from __future__ import annotations

import io
from collections.abc import Sequence

from notifiers.text import harmless
from streams.documents.paper import Paper
from streams.documents.still import still
from streams.presentation.slip import SlipRow


def slip_document(title: str, rows: Sequence[SlipRow]) -> bytes:
    """The .docx: one table, with room to write where nothing stands; the same bytes each time."""
    paper = Paper()
    paper.title(title)
    paper.form([(row.label, [harmless(line) for line in row.lines]) for row in rows])
    made = io.BytesIO()
    paper.document.save(made)
    return still(made.getvalue())
