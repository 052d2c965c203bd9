"""One cause, one ticket (rules G-1 to G-6, C-40).

G-1  Problems of one asset and check with the same `cause` share one open ticket.
G-2  Without a `cause`, the same broken target (`evidence.target`) is one; the inferred cause is `target:<url>`, which
     is compared as places are (D-1), as is one that a producer names, or a `template:<path>`.
G-4  What else can be seen is the check's `group_by`, evidence fields of which the first given counts:
     `template:<path>`.
G-5  A check with `grouped: false` (messages, comments, derived vetoes) shares a ticket only by a named `cause`: each
     has a clock of its own, and it never explodes.
G-3  Without either, one run that finds more than 50 problems of the check on the asset makes one ticket of those
     that it opened and nobody has touched; the inferred cause is `run:<run_id>` (explosion.py, with G-6).
C-40 A ticket that is open again is its cause's ticket again, which new problems of the cause join, unless another
     open ticket has taken the cause meanwhile.
A problem never changes its ticket otherwise, except by command.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from schemas.check_rule import CheckRule
from schemas.finding import Finding
from streams.rules.state.places import STANDARD, PlaceNormalizer
from streams.rules.state.records import Ticket

if TYPE_CHECKING:
    from streams.rules.state.changes import Changes


def cause_of(rule: CheckRule, finding: Finding, places: PlaceNormalizer = STANDARD) -> str | None:
    """The named or inferred cause (G-1, G-2, G-4, G-5) in one spelling, or None when the problem stands alone."""
    if finding.cause is not None:
        return places.cause(finding.cause)
    if not rule.grouped:
        return None
    for name in rule.group_by:
        value = finding.evidence.get(name)
        if isinstance(value, str) and value:
            return f"{name}:{places.one(value)}"
    return None


def group_key(asset_id: str, check: str, cause: str) -> bytes:
    """16 bytes that open tickets of one cause share; unique among open tickets."""
    return blake2b(f"{asset_id}\x1f{check}\x1f{cause}".encode(), digest_size=16).digest()


@lru_cache(maxsize=4_096)  # asked for once a finding; a batch has few assets and checks
def explosion_key(asset_id: str, check: str) -> bytes:
    """The group of an asset's exploding check (G-3)."""
    return group_key(asset_id, check, "\x1frun")


def former_group(asset_id: str, ticket: Ticket) -> bytes | None:
    """The group that a closed or dismissed ticket had while it was open; None where it stood for no cause."""
    if ticket.closed_at is None or ticket.cause is None or ticket.merged_into is not None:
        return None
    if ticket.cause.startswith("run:"):
        return explosion_key(asset_id, ticket.check)
    return group_key(asset_id, ticket.check, STANDARD.cause(ticket.cause))  # it may have closed before D-14


def regained(changes: Changes, ticket: Ticket) -> bytes | None:
    """The group of a ticket that is about to be open again (C-40); the snapshot knows who has it now."""
    group = former_group(changes.asset_of(ticket).asset_id, ticket)
    if group is None or group in changes.groups:
        return None
    changes.groups[group] = ticket.pk
    return group
