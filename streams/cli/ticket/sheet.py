"""The ticket on the terminal: a sheet that is read from top to bottom."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.channels import CHANNEL_LABELS
from schemas.policy import Policy
from streams.cli.terminal.output import print_table, say, table
from streams.presentation.dates import local
from streams.presentation.labels import NOTICE, labelled
from streams.presentation.letters.kinds import called
from streams.presentation.masking import masked
from streams.presentation.ticket.dossier import Dossier
from streams.presentation.ticket.sheet import header, problem_lines
from streams.presentation.ticket.story import story


def print_sheet(dossier: Dossier, policy: Policy, now: datetime) -> None:
    """Print header, deadline, problems, history and notices."""
    zone = now.tzinfo
    assert isinstance(zone, ZoneInfo)  # noqa: S101 - `domain_now` is in the unit's zone
    say(f"{dossier.ticket.ticket_id}  {policy.rule(dossier.ticket.check).name}  {dossier.asset.name}", "bold")
    for label, text in header(dossier, policy, now, zone):
        say(f"{label}  {text}")
    _section(f"问题 Problems {dossier.ticket.open_problem_count}/{dossier.ticket.problem_count}")
    for problem in dossier.problems:
        for line in problem_lines(problem, dossier, policy, zone):
            say(line)
    more = dossier.ticket.problem_count - len(dossier.problems)
    if more > 0:
        say(f"  ……另有 {more} 处 · {more} more: rectify ticket problems {dossier.ticket.ticket_id}", "dim")
    _section("经过 Story")
    for told in story(dossier, policy, zone):
        say(f"  {local(told.at, zone)}  {told.text}{f'  [{told.rule}]' if told.rule else ''}")
    _section("通知 Notices")
    rows = (
        (
            f"  {local(notice.updated_at, zone)}",
            called(notice.kind, policy),
            labelled(CHANNEL_LABELS, notice.channel),
            masked(notice),
            labelled(NOTICE, notice.state),
            notice.code,
        )
        for notice in dossier.notices
    )
    if not print_table(table("=  时间", "通知", "渠道", "收件人", "状态", "代码", leave_out=("代码", "渠道")), rows):
        say("  无 · none")
    say(f"  为何发了、为何没发 · who was told, and why not: rectify ticket why {dossier.ticket.ticket_id}", "dim")


def _section(title: str) -> None:
    say(f"\n{title}", "bold")
