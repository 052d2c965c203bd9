"""Overview 在办一览: what else is pressing, in a mail that goes out anyway; pure (rule N-27).

N-27  A mail that reminds, urges or warns has further rows: what else of the contact's units is overdue, or due within
      the policy's days; most urgent first, 50 rows in all, with their counts and the first date in the subject. It is
      never a mail of its own: a morning stays one mail, and whoever gets none is told by the ladder when it is time.
      A mail of which anything is exempt (N-4) keeps to what is urgent. The rows are those of when it is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from schemas.limits import Sending
from streams.rules.docket import Registry
from streams.rules.records import Notice
from streams.rules.warning import WARNED

_KINDS: Final = frozenset({"reminder", "urge", WARNED})


def takes_along(notices: Iterable[Notice], sending: Sending) -> bool:
    """Whether a letter of these notices has further rows."""
    known = list(notices)
    return (
        sending.overview.on
        and all(notice.channel == "email" and not notice.exempt for notice in known)
        and any(notice.kind in _KINDS for notice in known)
    )


def units_by_address(registry: Registry) -> Mapping[str, tuple[str, ...]]:
    """The units of which an e-mail address is a contact's."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for unit in registry.units.values():
        for address in dict.fromkeys(contact.address("email") for contact in unit.contacts):
            if address is not None:
                found[address].append(unit.unit_id)
    return {address: tuple(units) for address, units in found.items()}
