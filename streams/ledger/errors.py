"""What can go wrong in the ledger.

LedgerError              a sentence for the operator; trying again does not help
├── CopyError            a backup cannot be written; the database is well
├── Superseded           the offset is not where this worker left it: another one has taken over; drop the batch
├── TooSlow              the database did not find it in the time that people are kept waiting; less is to be asked
├── Refused              the database does not take a value: a fault of ours in one row of what was to be saved
├── Conflict             another transaction was in the way; do the whole transaction again, at once
│   └── Taken            by a value that must be unique; one that is taken time and again is a fault of ours too
└── LedgerUnavailable    the database cannot be reached; do the whole transaction again, after a pause
    └── Ended            it has ended the transaction, in which too long was computed between two statements
"""

from __future__ import annotations

from typing import ClassVar


class LedgerError(Exception):
    """The ledger cannot do what was asked; `retriable` says whether the same transaction may be tried again."""

    retriable: ClassVar[bool] = False


class CopyError(LedgerError):
    """A copy cannot be made, for a reason that is not the database's: its text stands for itself."""


class Superseded(LedgerError):
    """Another worker has moved the offset: this one no longer owns the partition."""


class TooSlow(LedgerError):
    """The database did not find the rows in the time given; asked more narrowly, it may."""


class ValueRefused(LedgerError):
    """A value that does not fit its column; nothing was saved."""


class Conflict(LedgerError):
    """Unique violation, deadlock, serialization failure or a busy database; nothing was saved."""

    retriable: ClassVar[bool] = True


class AlreadyThere(Conflict):
    """Unique violation."""


class LedgerUnavailable(LedgerError):
    """The connection was lost or refused. Whether a commit on its way took place is told by the stored offset."""

    retriable: ClassVar[bool] = True


class TransactionEnded(LedgerUnavailable):
    """The server gave up waiting for the next statement; the same transaction with less in it may hold."""
