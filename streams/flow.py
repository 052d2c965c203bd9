"""The pipeline, in order. Read this first.

    finding -> dedup -> ticket -> deadline -> escalation -> notice -> recheck -> closing
     检出       查重     整改单    时限         升级          通知      复查       销号

A worker is a handful of loops around one pure function:

    intake     a whole poll of Kafka -> read -> load -> decide -> ONE transaction -> acknowledge     worker/intake/
    due watch  what has come due: tickets, runs, counts -> decide -> one transaction                worker/due_watch.py
    relay      outbox -> Kafka, acknowledged -> deleted                                            worker/relay.py
    dispatch   due notices -> `sending` recorded -> mail or SMS -> receipt                         worker/delivery/
    webhooks   what supervisors get -> attempt recorded -> POST -> gone, or tried again             worker/delivery/

`decide(snapshot, messages, now, policy, topics) -> Result` (rules/decide.py) knows no Kafka, no SQL, no clock. What a
batch touches is said by `Needs`, loaded as a `Snapshot`, and saved as a `ChangeSet` (rules/state/snapshot.py).

The table below is the order in which a finding meets the rules; the same order is in rules/findings/dedup.py.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final, NamedTuple

from streams.rules.closing import closing, rechecks
from streams.rules.deadlines import deadlines, ladder
from streams.rules.escalation import escalation
from streams.rules.evidence import runs
from streams.rules.findings import dedup, suspicion
from streams.rules.intake import fingerprint, intake
from streams.rules.notices import notices, warning
from streams.rules.scoring import derived
from streams.rules.tickets import explosion, grouping, tickets


class Stage(NamedTuple):
    """One stage: what it decides, and where its rules are."""

    name: str
    label: str
    question: str
    rules: ModuleType


PIPELINE: Final[tuple[Stage, ...]] = (
    Stage("intake", "接收", "Is it a message, and which one?", intake),
    Stage("fingerprint", "指纹", "Which problem is it?", fingerprint),
    Stage("dedup", "查重", "Is the problem new, known, gone, or judged by a person?", dedup),
    Stage("warning", "预警", "Is it before the line, to be told and not to be opened?", warning),
    Stage("suspicion", "疑似", "May it be a bad moment that needs confirmation?", suspicion),
    Stage("grouping", "归并", "Does it share its cause with an open ticket?", grouping),
    Stage("explosion", "成批", "Has one run found so many that they are one ticket?", explosion),
    Stage("ticket", "整改单", "Open, join, count, or reopen?", tickets),
    Stage("deadline", "时限", "Until when, and by which rule?", deadlines),
    Stage("ladder", "阶梯", "When is who to be told?", ladder),
    Stage("escalation", "升级", "What is due now?", escalation),
    Stage("notice", "通知", "Who is told, over which channel?", notices),
    Stage("run", "巡检", "May this run's silence be judged yet?", runs),
    Stage("recheck", "复查", "Is it still there?", rechecks),
    Stage("closing", "销号", "Is there proof that it is gone?", closing),
    Stage("derived", "累计", "What do an asset's open problems add up to?", derived),
)
