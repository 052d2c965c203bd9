"""What people call a check or a unit: by its code or id, or by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schemas.policy import Policy
from streams.services.failure import Failure


def check_named(policy: Policy, wanted: str | None) -> str | None:
    """The check's code for a code or a name of the pack; what the pack does not know stays: producers have their own.

    Raises Failure where several checks have that name.
    """
    if wanted is None or wanted in policy.checks:
        return wanted
    named = [code for code, rule in policy.checks.items() if rule.name == wanted]
    if len(named) > 1:
        raise Failure(f"检查项 {wanted} 不唯一 · several checks are called so: {'、'.join(named)}")
    return named[0] if named else wanted


def unit_named(names: Mapping[str, str], wanted: str | None) -> str | None:
    """The unit's id for an id or a name (`names`: id -> name); an id that is not registered may have tickets.

    Raises Failure where several are called so.
    """
    if wanted is None or wanted in names:
        return wanted
    named = [unit_id for unit_id, name in names.items() if name == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        raise Failure(f"单位 {wanted} 不唯一 · several units are called so: {'、'.join(named)}")
    return wanted


def was_somebody(names: Mapping[str, str], wanted: str | None, found: Sequence[object]) -> None:
    """Raises Failure where the unit is not registered, and nothing was found that is still, or already, its own."""
    if wanted is not None and not found and wanted not in names and wanted not in names.values():
        raise Failure(f"没有单位 {wanted} · no such unit; `rectify registry list --kind unit` lists them")
