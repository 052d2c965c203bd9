"""What becomes of asks 申请 with their ticket (rules K-41, K-43, N-70).

K-41 A command that does what a unit asks for grants its open ask: `extend` an extension, `reassign` what is not its
     own, `dismiss` a false alarm. The event carries `answers`. A command that names an ask (`answers`) which is not the
     open one is refused, so that of two answers one counts.
K-43 A ticket that ends, however it does, ends its asks (`ask_ended`); merged into another one it ends them too, and
     split it keeps them. One that another unit gets ends those of the unit that had it; where a unit has taken its
     place (A-11), or nobody had it (A-2), they go along. What has ended stays so, also when the ticket opens again.
N-70 The duty contacts of the supervising unit are told by mail of each ask (`asked`), those of the unit that asked of
     the answer (`answered`), by day and gathered like openings (N-3). What is answered before its mail goes is no
     longer told; an answer that leaves its reader nothing to do has neither link nor calendar entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.ladder import ANSWERED
from schemas.vocabulary import ASK_LABELS
from streams.rules.notices.producer_mails import tell_operators
from streams.rules.state.records import Ask, Ticket

if TYPE_CHECKING:
    from streams.rules.state.changes import Changes


def granted(changes: Changes, ticket: Ticket, kind: str) -> dict[str, Any]:
    """K-41: the open ask of this kind is over, and whoever asked is told; what the event of the answer says of it."""
    ask = changes.asks.get(ticket.pk, kind)
    if ask is None:
        return {}
    answer(changes, ticket, ask)
    return {"answers": ask.ask_id}


def answer(changes: Changes, ticket: Ticket, ask: Ask) -> None:
    """The ask is over, and whoever asked is told (N-70)."""
    changes.asks.drop(ask)
    if ask.unit_id is not None:
        tell_operators(changes, ticket, ANSWERED, [ask.unit_id], ask.ask_id)


def tell_supervisor(changes: Changes, ticket: Ticket, ask: Ask, kind: str) -> None:
    """Whoever is to answer is told (N-70)."""
    unit = changes.registry.units.get(ask.unit_id or "")
    if unit is not None and unit.supervisor_id is not None:
        tell_operators(changes, ticket, kind, [unit.supervisor_id], ask.ask_id)


def end(changes: Changes, ticket: Ticket, reason: str) -> None:
    """K-43: `ticket` as it now stands."""
    for ask in changes.asks.of(ticket.pk):
        changes.asks.drop(ask)
        words = f"{_WHY[reason]}，{ASK_LABELS[ask.kind]}的申请不再答复"
        changes.event(
            "ask_ended", "K-43", reason, words, ticket, dedup_key=ask.ask_id, ask_id=ask.ask_id, kind=ask.kind
        )


_WHY = {
    "ticket_closed": "整改单已销号",
    "ticket_dismissed": "整改单已撤销",
    "merged": "整改单已并入另一单",
    "reassigned": "整改单已转给另一单位",
}


def follow(changes: Changes, ticket: Ticket, *, same_asker: bool) -> None:
    """K-43: another unit has the ticket now, in the place of the former one or after it."""
    if not same_asker:
        end(changes, ticket, "reassigned")
        return
    for ask in changes.asks.of(ticket.pk):
        changes.asks.put(ask._replace(unit_id=ticket.unit_id))
