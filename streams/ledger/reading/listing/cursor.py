"""A place in a list, between two rows: what stands before or after it does not move it."""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Final, NamedTuple, get_args

from streams.ledger.reading.listing.filter import Order

_ORDERS: Final[tuple[Order, ...]] = get_args(Order)
_FORM: Final = struct.Struct(">BBBqq")
_MARK: Final = 6  # bytes, of what is checked
_LENGTH: Final = -(-(_FORM.size + _MARK) // 3) * 4
_VERSION: Final = b"rectify-list-1"


class Cursor(NamedTuple):
    """The list goes on after this row; `back`: it ends before it."""

    order: Order
    part: int  # of the order
    at: int  # microseconds since 1970: what the row is ordered by
    pk: int
    back: bool = False


class BadCursor(ValueError):
    """It is none of ours, or belongs to another order."""


def written(cursor: Cursor) -> str:
    """As it stands in an address."""
    body = _FORM.pack(_ORDERS.index(cursor.order), cursor.part, cursor.back, cursor.at, cursor.pk)
    return urlsafe_b64encode(body + _mark(body)).decode().rstrip("=")


def read(text: str, order: Order) -> Cursor:
    """Raises BadCursor."""
    try:
        raw = urlsafe_b64decode(text.ljust(_LENGTH, "=").encode("ascii"))
    except ValueError as error:
        raise BadCursor from error
    body, mark = raw[:-_MARK], raw[-_MARK:]
    if len(body) != _FORM.size or mark != _mark(body):
        raise BadCursor
    number, part, back, at, pk = _FORM.unpack(body)
    if number >= len(_ORDERS) or _ORDERS[number] != order or part > 1:
        raise BadCursor
    return Cursor(order, part, at, pk, bool(back))


def _mark(body: bytes) -> bytes:
    return blake2b(body, digest_size=_MARK, person=_VERSION).digest()
