"""What PostgreSQL and the way to it say, as our errors; which of it may pass by itself, and which never will."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from streams.ledger.engines.encryption import advice
from streams.ledger.errors import AlreadyThere, Conflict, LedgerError, LedgerUnavailable, TooSlow, ValueRefused

_IN_THE_WAY: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
_OUT_OF_REACH: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, crashed, not yet up
    asyncpg.InsufficientResourcesError,  # too many connections, disk full
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,  # the connection is closed
    asyncpg.InternalClientError,  # or about to be: the server's last word came while nothing was asked
    OSError,
    TimeoutError,
)


_OF_A_VALUE: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


@contextmanager
def translated(within: float | None = None) -> Iterator[None]:
    """While something is asked, `within` so many seconds."""
    try:
        yield
    except asyncpg.QueryCanceledError as error:
        if within is not None:
            raise TooSlow(str(error)) from error
        raise LedgerUnavailable(str(error)) from error
    except asyncpg.UniqueViolationError as error:
        raise AlreadyThere(str(error)) from error
    except _IN_THE_WAY as error:
        raise Conflict(str(error)) from error
    except _OUT_OF_REACH as error:
        raise LedgerUnavailable(str(error) or type(error).__name__) from error
    except _OF_A_VALUE as error:
        raise ValueRefused(str(error)) from error
    except asyncpg.PostgresError as error:
        raise LedgerError(str(error)) from error


@contextmanager
def reached() -> Iterator[None]:
    """While connecting: says what to do where it fails for its encryption (rule O-5), or for what the URL says."""
    try:
        yield
    except _IN_THE_WAY as error:
        raise Conflict(str(error)) from error
    except asyncpg.ClientConfigurationError as error:
        msg = f"cannot use the database's URL: {error}"
        raise LedgerError(msg) from error
    except (*_OUT_OF_REACH, asyncpg.PostgresError) as error:
        msg = f"{str(error) or type(error).__name__}{advice(error)}"
        raise LedgerUnavailable(msg) from error
    except ValueError as error:
        msg = f"cannot use the database's URL: {error}"
        raise LedgerError(msg) from error
