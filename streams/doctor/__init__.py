"""`rectify doctor`: looks at everything a worker needs, changes and sends nothing, and says what to do."""

from __future__ import annotations

from streams.doctor.examination import examine
from streams.doctor.line import CheckLine

__all__ = ["CheckLine", "examine"]
