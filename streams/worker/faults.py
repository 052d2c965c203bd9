"""Whose fault is it: the world's, which is waited for; everybody's, which ends the process; or a single row's.

O-14 What fails for one row alone while it is loaded, decided, saved or sent (a message, a ticket, a run, a notice, a
     registry record) is set aside, and the rest goes on. Failures of database, disk and memory are nobody's row. Many
     that fail in a row, with nothing decided in between, are not odd ones but a fault of ours in all: nothing more is
     set aside then.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from traceback import extract_tb
from typing import Final

from streams.kafka.identity import AnotherLogError
from streams.ledger import AlreadyThere, LedgerError, TransactionEnded, ValueRefused
from streams.rules.state.bounds import TooMuch

FROM_ONE: Final = 50
"""In a row from one source (of messages: the producer; of due work: the asset). A producer that has gone mad sends a
few dozen odd ones before somebody stops it; a faulty release would not stop at fifty."""
FROM_SEVERAL: Final = 10
"""In a row from several sources: that two producers go mad in the same way at the same time is rare."""
TAKEN: Final = 20
"""Times that a unique value may be taken before it is the row's fault: another worker that took it is seen the next
time, or the time after."""
ENDED: Final = 3
"""Times that PostgreSQL may end the transaction of a single row: a machine that stood still does it once."""
STANDS_SECONDS: Final = 30.0
"""Before due work is tried again of which everything fails."""

_SHORT: Final = 200  # characters


def of_a_row(error: Exception) -> bool:
    """Whether one of the rows at hand may be to blame, so that it is worth finding out which."""
    cause = root(error)
    if isinstance(cause, LedgerError):
        return isinstance(cause, ValueRefused | AlreadyThere | TransactionEnded)
    return not isinstance(cause, MemoryError | OSError | AnotherLogError)


def root(error: BaseException) -> BaseException:
    """What has gone wrong in the first place."""
    while isinstance(error.__cause__, Exception) and not isinstance(error, LedgerError):
        error = error.__cause__
    return error


def told(error: BaseException) -> str:
    """A fault in few words and with nothing of the row in them: what kind, and where in the program."""
    cause = root(error)
    if isinstance(cause, TooMuch):
        return str(cause)
    frames = extract_tb(cause.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    return f"{type(cause).__name__}{place}"[:_SHORT]


def of_all(in_a_row: Sequence[str]) -> bool:
    """Whether so many have failed in a row, each of this source, that it is no fault of theirs."""
    return len(in_a_row) > (FROM_ONE if len(set(in_a_row)) <= 1 else FROM_SEVERAL)
