"""Ticket numbers that can be read out on the telephone. Pure.

N-64  Beside the full number a letter has a short one, the day and the first four signs (`260303-A453`); whoever is told
      it finds the ticket by it, and is asked for more where there are several.
"""

import re
from typing import Final

_FULL: Final = re.compile(r"[A-Z]{2}(\d{6}-[0-9A-F]{4})[0-9A-F]{8}")
_SHORT: Final = re.compile(r"\d{6}-?[0-9A-F]{0,12}", re.IGNORECASE)
_LETTERS: Final = "ZG"


def short_number(ticket_id: str) -> str:
    """`260303-A453` of `ZG260303-A453A481AA8E`; another number as it is."""
    found = _FULL.fullmatch(ticket_id)
    return found[1] if found else ticket_id


def beginning(said: str) -> str:
    """How the full number begins, of what somebody has read out."""
    text = said.strip().upper()
    return f"{_LETTERS}{text}" if _SHORT.fullmatch(text) else text
