"""What can go wrong in the ledger.

LedgerError              a sentence for the operator; trying again does not help
├── Superseded           the offset is not where this worker left it: another one has taken over; drop the batch
├── Conflict             another transaction was in the way; do the whole transaction again, at once
└── LedgerUnavailable    the database cannot be reached; do the whole transaction again, after a pause
"""

from __future__ import annotations

from typing import ClassVar


class LedgerError(Exception):
    """The ledger cannot do what was asked; `retriable` says whether the same transaction may be tried again."""

    retriable: ClassVar[bool] = False


class Superseded(LedgerError):
    """Another worker has moved the offset: this one no longer owns the partition."""


class Conflict(LedgerError):
    """Unique violation, deadlock, serialization failure or a busy database; nothing was saved."""

    retriable: ClassVar[bool] = True


class LedgerUnavailable(LedgerError):
    """The connection was lost or refused. Whether a commit on its way took place is told by the stored offset."""

    retriable: ClassVar[bool] = True
