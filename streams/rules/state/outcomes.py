"""What becomes of a message or of due work: closed lists, which are the label `outcome` of `rectify_messages_total`.

Each function that takes one in returns its word; `LABELS` has all, with the prefixes that decide.py puts before them.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

FindingOutcome = Literal[
    "opened",  # a new ticket
    "joined",  # a new problem in the open ticket of its cause
    "repeated",  # known and open: counted
    "returned",  # gone or judged, and back in a ticket that is still open
    "reopened",  # back, and its closed ticket with it
    "recorded",  # older than what is known, or known to be gone: kept and nothing more
    "quiet",  # a verdict holds: counted, nobody is told
    "suspected",  # it waits for a confirmation
    "warned",  # before the line
]
RunOutcome = Literal[
    "waiting",  # its findings may still arrive
    "failed",  # it says itself that it did not end well
    "repeated",  # its end was known
    "settled",  # judged: what it did not report is proved gone
    "held",  # it would close too much
    "incomplete",  # fewer findings arrived than it has counted
    "nothing",  # nothing to judge any more
]
RecheckOutcome = (
    FindingOutcome
    | Literal[
        "present",  # still there
        "noted",  # absent, and more than this one is needed as proof
        "gone",  # a problem is proved gone, others of its ticket are open
        "closed",  # a ticket was closed by it
        "unverifiable",  # a person has to look
        "ignored",  # it proves nothing
    ]
)
CommandOutcome = Literal[
    "done",  # carried out
    "refused",  # answered by `command_refused`
    "repeated",  # its id has acted before
]
RequestOutcome = Literal[
    "repeated",  # asked once more
    "unanswered",  # nobody answers
    "seen",  # a run has reported the problem meanwhile
    "over",  # nobody waits for it any more
]
AskOutcome = Literal[
    "unanswered",  # nobody has answered it in time
    "over",  # it was answered, or its ticket has ended
]
ProducerOutcome = Literal[
    "silent",  # it ran regularly, and does not any more
    "back",  # it has run meanwhile
]
WeekOutcome = Literal[
    "told",  # a supervising unit is told of its week
    "over",  # it supervises nobody any more, or the pack has no weekly mail
    "nothing",  # another worker was first
]
OtherOutcome = Literal[
    "registered",  # a registry entry was taken in
    "issued",  # a bulletin was taken in
    "reviewed",  # a ticket that was due
    "refreshed",  # a ticket was published once more
    "published_since",  # a ticket was to be published for its counters, and has been
    "counted",  # an asset's problems were added up
    "derived",  # and a problem of their sum opened or gone
    "handed_over",  # a ticket has followed its unit
    "introduced",  # a ticket's unit is known by now, and is told
    "orphaned",  # a ticket's unit is gone
    "carried",  # a problem has its new fingerprint
    "merged",  # and is one with another
    "nothing_to_carry",  # it has changed meanwhile
    "refused",  # a dead letter
    "replayed",  # read before, nothing done
]
LABELS: Final[frozenset[str]] = frozenset(
    (
        *get_args(FindingOutcome),
        *(f"run_{word}" for word in get_args(RunOutcome)),
        *(f"recheck_{word}" for part in get_args(RecheckOutcome) for word in get_args(part)),
        *(f"command_{word}" for word in get_args(CommandOutcome)),
        *(f"request_{word}" for word in get_args(RequestOutcome)),
        *(f"ask_{word}" for word in get_args(AskOutcome)),
        *(f"producer_{word}" for word in get_args(ProducerOutcome)),
        *(f"week_{word}" for word in get_args(WeekOutcome)),
        *get_args(OtherOutcome),
    )
)
