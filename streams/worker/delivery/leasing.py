"""What one round of the dispatcher takes up: due notices for this worker alone, and what their plan rests on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import orjson

from schemas.addresses import inbox
from schemas.channels import CHANNELS, NoticeChannel
from schemas.policy import Policy
from streams.ledger import Transaction
from streams.rules.notices.silence_mails import SILENT
from streams.rules.sending.quiet import start_of_day
from streams.rules.sending.sending import Situation
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import Now, Registry
from streams.worker.delivery.journal import Leased

TOLD: Final = frozenset({"sending", "accepted", "delivered", "undelivered", "uncertain"})  # somebody, or it was tried
PICKED: Final = 32  # due notices read in a round at least: several may share a letter, or be held


async def lease(
    tx: Transaction,
    channel: NoticeChannel,
    known: Registry,
    now: Now,
    until: datetime,
    free: int,
    only: Collection[str] | None,
) -> Leased | None:
    """Due notices with all that their letters need, of `only` these if given; None: nothing is due.

    `until`: in real time, when another worker may take them up; `free`: how many letters may go; `known`: the registry
    as it was last read.
    """
    due = await tx.notices.due(now.at, now.real, max(PICKED, 2 * free), channel, only)
    if not due.notices:
        return None
    return Leased(due, now, await tx.registry.load(known.zone, known), until)


async def situation(
    tx: Transaction, channel: NoticeChannel, leased: Leased, policy: Policy, *, configured: bool
) -> Situation:
    """What the plan rests on beside the notices. `configured`: the channel is set up."""
    today: dict[str, int] = {}
    if CHANNELS[channel].daily_cap is not None:
        midnight = start_of_day(leased.now.at, leased.registry.zone)
        today = await tx.notices.sent_since(
            channel, {inbox(channel, notice.address) for notice in leased.due.notices}, midnight
        )
    return Situation(
        at=leased.now.at,
        tickets=leased.due.tickets,
        registry=leased.registry,
        sending=policy.sending,
        configured=configured,
        today=today,
        warned=leased.due.warned,
        reminders=policy.reminders,
        untold=await _untold(tx, leased.due.notices),
        asked={ask.ticket_pk for ask in leased.due.asks},
        rhythms=await tx.rhythms.of(_sources(leased.due.notices)),
    )


def _sources(notices: Sequence[Notice]) -> set[str]:
    """The producers that these notices call silent."""
    return {orjson.loads(one.subject_json)["source"] for one in notices if one.kind == SILENT and one.subject_json}


async def _untold(tx: Transaction, notices: Sequence[Notice]) -> frozenset[int]:
    """The tickets of these closings of which nobody has been told yet (N-66)."""
    closings = {notice.ticket_pk for notice in notices if notice.kind == "closed"}
    if not closings:
        return frozenset()
    _, known = await tx.deliveries.told_about(closings)
    told = {pk for pk, notices in known.items() if any(one.state in TOLD and one.kind != "closed" for one in notices)}
    return frozenset(closings - told)
