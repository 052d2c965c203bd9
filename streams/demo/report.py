"""What is printed at the end: tickets, what supervisors saw, short messages, the dead letter, figures, the check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.cells import set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from schemas.policy import Policy
from schemas.vocabulary import RUNG_LABELS, STATUS_LABELS
from streams.demo.fates import ZONE
from streams.demo.outcome import Account, FindingOutcome
from streams.demo.performance import Played
from streams.demo.scenario import END, START
from streams.demo.story import LABEL, stamp, unsigned
from streams.local.mail_catcher import CaughtMail
from streams.local.sms_gateway import ShownSms
from streams.presentation.dates import listed_due
from streams.presentation.labels import ended_by

_RATIOS: Final = {"资产 asset": 3, "检查 check": 2, "结局 ending": 4}  # what gives way on a narrow terminal


@dataclass(frozen=True, slots=True)
class DemoReport:
    """Everything that a performance leaves to be told."""

    account: Account
    verdicts: list[FindingOutcome]
    beside: list[str]  # what is wrong beside the tickets
    escalations: Mapping[str, Sequence[Mapping[str, Any]]]
    mails: list[CaughtMail]
    short_messages: list[ShownSms]
    policy: Policy
    names: Mapping[str, str]  # of the assets, by id
    played: Played

    @property
    def as_expected(self) -> bool:
        """Whether everything went as the notices say."""
        return not self.beside and not any(verdict.differences for verdict in self.verdicts)

    @property
    def rows(self) -> list[tuple[str, str, str, str, str, str, bool]]:
        """A row for each finding: asset, check, due, status, highest rung, how it ended, and whether as expected."""
        return [self._row(verdict) for verdict in self.verdicts]

    def _row(self, verdict: FindingOutcome) -> tuple[str, str, str, str, str, str, bool]:
        item, ticket = verdict.item, verdict.ticket or {}
        reason = ticket.get("close_reason") or ""
        days = {step.partition(" ")[0]: step.partition(" ")[2] for step in verdict.path}
        ending = f"{days.get('closed', '')} {ended_by(reason)}" if reason else "至今未改，仍在册 still open"
        extra = [
            word for word, step in (("重新打开 reopened", "reopened"), ("延期 extended", "extended")) if step in days
        ]
        return (
            item.asset_name,
            self.policy.rule(item.check).name,
            listed_due(datetime.fromisoformat(ticket["due_at"]), END, ZONE) if ticket else "",
            STATUS_LABELS.get(ticket.get("status", ""), "没有立单"),
            RUNG_LABELS.get(ticket.get("rung") or "", ""),
            "；".join([*extra, ending]),
            not verdict.differences,
        )

    @property
    def figures(self) -> list[tuple[str, str]]:
        """From findings to mails."""
        tickets = self.account.ledger.values()
        notices = [notice for notices in self.account.notices.values() for notice in notices]
        by_mail = [notice for notice in notices if notice.channel == "email"]
        letters = len(self.account.dead_letters)
        took = sum(notice.state in ("accepted", "delivered") for notice in by_mail)
        saved = f"，合并省去 {took - len(self.mails)} 封 ({1 - len(self.mails) / took:.0%} saved)" if took else ""
        return [
            ("检出 findings", f"{sum(ticket.occurrences for ticket in tickets)}（另有 {letters} 条死信 dead letter）"),
            ("问题 problems", f"{sum(ticket.problem_count for ticket in tickets)}（查重后 after dedup）"),
            ("整改单 tickets", f"{len(tickets)}"),
            ("通知 notices", f"{len(notices)}：邮件 {len(by_mail)}，短信 {len(notices) - len(by_mail)}"),
            ("邮件 mails", f"{len(self.mails)} 封，含 {took} 条通知{saved}"),
            ("短信 short messages", f"{len(self.short_messages)} 条"),
            ("网页办理 by link", f"{len(self.played.visits)} 次：{self._by_title()}"),
            ("历时 time", f"{(END - START).days} 天，演了 {_seconds(self.played)}"),
        ]

    def _by_title(self) -> str:
        counted = Counter(visit.title for visit in self.played.visits)
        return "、".join(f"{title} {many}" for title, many in counted.items())


def _seconds(played: Played) -> str:
    waited = f"，其中时钟等待 worker {played.waited:.0f} 秒 · the clock waited" if played.waited >= 1 else ""
    return f"{played.seconds:.0f} 秒 · {played.seconds:.0f} s{waited}"


def print_report(console: Console, report: DemoReport, folder: Path) -> None:
    """Everything, the check last."""
    console.rule("[bold]结局 How it ended")
    console.print(_tickets(report))
    _supervisors(console, report)
    console.print("\n[bold]短信 Short messages[/]")
    for sms in report.short_messages:
        line = f"  {stamp(sms.at)}  {sms.number}  {unsigned(sms.text)}"
        console.print(line, style="dim", markup=False, no_wrap=True, overflow="ellipsis")
    console.print("\n[bold]死信 Dead letter[/] · rectify.dead-letters")
    for letter in report.account.dead_letters:
        console.print(f"  {escape(letter.headers['rectify-error-detail'])}")
        console.print(f"  {escape(letter.value.decode(errors='replace'))}", style="dim")
    console.print("\n[bold]数字 Figures[/]")
    for label, text in report.figures:
        console.print(f"  {set_cell_size(label, LABEL)}  {text}", markup=False)
    console.print(
        f"\n邮件、短信、升级消息都在 · everything can be opened: [bold]{escape(str(folder / 'index.html'))}[/]"
    )
    _check(console, report)


def _tickets(report: DemoReport) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0), expand=True)
    for title in ("", "资产 asset", "检查 check", "时限 due", "状态", "升级", "结局 ending"):
        table.add_column(title, no_wrap=True, overflow="ellipsis", ratio=_RATIOS.get(title))
    for *cells, good in report.rows:
        table.add_row("[green]✓[/]" if good else "[red]✗[/]", *map(escape, cells))
    return table


def _supervisors(console: Console, report: DemoReport) -> None:
    console.print("\n[bold]主管单位看到的 What supervisors saw[/]")
    for rung, messages in report.escalations.items():
        console.print(f"  rectify.escalations.{rung} {RUNG_LABELS.get(rung, '')}：{len(messages)} 条")
        by_supervisor: dict[str, Counter[str]] = {}
        for message in messages:
            supervisor = (message["unit"] or {}).get("supervisor_id", "unassigned")
            by_supervisor.setdefault(supervisor, Counter())[message["asset"]["name"]] += 1
        for supervisor, assets in by_supervisor.items():
            console.print(f"    {supervisor}：{escape('、'.join(assets))}", style="dim")


def _check(console: Console, report: DemoReport) -> None:
    good = sum(not verdict.differences for verdict in report.verdicts)
    for verdict in report.verdicts:
        for difference in verdict.differences:
            console.print(f"[red]✗ {escape(verdict.item.asset_name)} {verdict.item.check}：{escape(difference)}[/]")
    for wrong in report.beside:
        console.print(f"[red]✗ {escape(wrong)}[/]")
    text = f"核对 check：{good}/{len(report.verdicts)} 张整改单与通报一致 · went as their notices say"
    console.print(f"[bold green]✓ {text}[/]" if report.as_expected else f"[bold red]✗ {text}[/]")
