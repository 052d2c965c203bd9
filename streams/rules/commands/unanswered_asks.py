"""Asks that nobody answers (rule K-44).

K-44 An ask is to be answered within the pack's `limits.asks` (two working days, in working time from when it came);
     after that it is said once (`ask_unanswered`) and the supervising unit is told again. It stays open.
"""

from __future__ import annotations

from schemas.vocabulary import ASK_LABELS
from streams.rules.state.changes import Changes
from streams.rules.state.outcomes import AskOutcome
from streams.rules.state.records import Ticket
from streams.rules.tickets.asks import tell_supervisor


def review(changes: Changes, ticket: Ticket) -> AskOutcome:
    """Looks at the ticket's asks whose moment has come; the answer names the outcome."""
    due = [one for one in changes.asks.of(ticket.pk) if one.review_at is not None and one.review_at <= changes.at]
    for one in due:
        changes.asks.put(one._replace(review_at=None, unanswered_at=changes.at))
        changes.event(
            "ask_unanswered",
            "K-44",
            one.kind,
            f"{one.by} 于 {changes.day_of(one.asked_at)} 提出的申请（{ASK_LABELS[one.kind]}）尚未答复",
            ticket,
            dedup_key=one.ask_id,
            ask_id=one.ask_id,
            kind=one.kind,
            asked_at=changes.stamp(one.asked_at),
        )
        tell_supervisor(changes, ticket, one, "ask_unanswered")
    return "unanswered" if due else "over"
