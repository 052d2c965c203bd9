"""Also due 附列其他在办: what else is pressing, in a mail that goes out anyway; pure (rule N-27).

N-27  A mail that reminds, urges or warns has further rows: what else of the contact's units is overdue, or due within
      the policy's days; most urgent first, 50 rows in all, with their counts and the first date in the subject. It is
      never a mail of its own: a morning stays one mail, and whoever gets none is told by the ladder when it is time.
      A mail of which anything is exempt (N-4) keeps to what is urgent. The rows are those of when it is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from schemas.addresses import inbox
from schemas.policy import Policy
from streams.rules.notices.warning import WARNED
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import Registry


def takes_along(notices: Iterable[Notice], policy: Policy) -> bool:
    """Whether a letter of these notices has further rows: those of the steps that tell the owner's duty contacts."""
    known = list(notices)
    return (
        policy.sending.overview.on
        and all(notice.channel == "email" and not notice.exempt for notice in known)
        and any(notice.kind == WARNED or _is_pressing(notice.kind, policy) for notice in known)
    )


def _is_pressing(kind: str, policy: Policy) -> bool:
    step = policy.steps.get(kind)
    return step is not None and step is not policy.ladder[0] and "duty" in step.to


def units_by_inbox(registry: Registry) -> Mapping[str, tuple[str, ...]]:
    """The units of which a mailbox is a contact's (N-52)."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for unit in registry.units.values():
        addresses = filter(None, (contact.address("email") for contact in unit.contacts))
        for one in dict.fromkeys(inbox("email", address) for address in addresses):
            found[one].append(unit.unit_id)
    return {one: tuple(units) for one, units in found.items()}
