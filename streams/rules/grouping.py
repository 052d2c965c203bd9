"""One cause, one ticket (rules G-1 to G-3).

G-1  Problems of one asset and check with the same `cause` share one open ticket.
G-2  Without a `cause`, the same broken target (`evidence.target`) is one; the inferred cause is `target:<url>`.
G-3  Without either, one run that finds more than 50 problems of the check on the asset makes one ticket of those
     that it opened and nobody has touched; the inferred cause is `run:<run_id>` (explosion.py).
A problem never changes its ticket otherwise, except by command.
"""

from __future__ import annotations

from hashlib import blake2b

from schemas.finding import Finding


def cause_of(finding: Finding) -> str | None:
    """The named or inferred cause (G-1, G-2), or None when the problem stands alone."""
    if finding.cause is not None:
        return finding.cause
    target = finding.evidence.get("target")
    return f"target:{target}" if isinstance(target, str) and target else None


def group_key(asset_id: str, check: str, cause: str) -> bytes:
    """16 bytes that open tickets of one cause share; unique among open tickets."""
    return blake2b(f"{asset_id}\x1f{check}\x1f{cause}".encode(), digest_size=16).digest()
