"""One cause, one ticket (rules G-1 to G-6).

G-1  Problems of one asset and check with the same `cause` share one open ticket.
G-2  Without a `cause`, the same broken target (`evidence.target`) is one; the inferred cause is `target:<url>`.
G-4  What else can be seen is the check's `group_by`, evidence fields of which the first given counts:
     `template:<path>`.
G-5  A check with `grouped: false` (messages, comments, derived vetoes) shares a ticket only by a named `cause`: each
     has a clock of its own, and it never explodes.
G-3  Without either, one run that finds more than 50 problems of the check on the asset makes one ticket of those
     that it opened and nobody has touched; the inferred cause is `run:<run_id>` (explosion.py, with G-6).
A problem never changes its ticket otherwise, except by command.
"""

from __future__ import annotations

from hashlib import blake2b

from schemas.check_rule import CheckRule
from schemas.finding import Finding


def cause_of(rule: CheckRule, finding: Finding) -> str | None:
    """The named or inferred cause (G-1, G-2, G-4, G-5), or None when the problem stands alone."""
    if finding.cause is not None or not rule.grouped:
        return finding.cause
    for name in rule.group_by:
        value = finding.evidence.get(name)
        if isinstance(value, str) and value:
            return f"{name}:{value}"
    return None


def group_key(asset_id: str, check: str, cause: str) -> bytes:
    """16 bytes that open tickets of one cause share; unique among open tickets."""
    return blake2b(f"{asset_id}\x1f{check}\x1f{cause}".encode(), digest_size=16).digest()
