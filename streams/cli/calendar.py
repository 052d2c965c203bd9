"""`rectify calendar`: which days are worked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer

from schemas.calendar import CalendarDay, CalendarYear
from streams.cli.terminal.consent import YesFlag, ask
from streams.cli.terminal.output import JsonFlag, complain, print_json, say
from streams.cli.terminal.session import domain_now, run
from streams.files.calendar.formats import parse_calendar
from streams.files.policy.loading import load_policy
from streams.presentation.dates import between, listed_day
from streams.rules.state.workdays import Calendar
from streams.services.brokers import publish_registry
from streams.services.calendar import known_calendar, proposed, year_of
from streams.services.failure import Failure
from streams.settings.model import Settings

NAMED: Final = 10  # events that are passed over by name

app = typer.Typer(no_args_is_help=True, help="工作日历 · Days off and make-up working days.")


@app.command(epilog="示例 Example: rectify calendar show 2026")
def show(
    year: Annotated[int | None, typer.Argument(help="默认今年 · default: this year", show_default=False)] = None,
    as_json: JsonFlag = False,
) -> None:
    """显示一年的放假和调休。 Show a year's days off and make-up working days, as deadlines are counted with them."""
    settings = Settings.load()
    now = domain_now(settings)
    wanted = now.year if year is None else year
    try:
        found = year_of(_calendar(settings), wanted, load_policy(settings.policy), now, settings.zone)
    except Failure as fault:
        raise typer.BadParameter(str(fault), param_hint="YEAR") from None
    if as_json:
        listed = [{"date": day, "off": off} for day, off in found.days.items()]
        shown = {"year": wanted, "published": found.published, "workdays": found.workdays, "days": listed}
        print_json({**shown, "next_working_moment": found.at_work})
        return
    say(f"{wanted} 年，工作日 {found.workdays} 天 · {found.workdays} working days", "bold")
    if not found.published:
        say("该年安排未公布，按周一至周五推算 · not published: guessed as Monday to Friday, deadlines are provisional")
    for first, last, off in _ranges(found.days):
        span = between(listed_day(first), listed_day(last))
        say(f"{'放假 off ' if off else '上班 work'}  {span}", "" if off else "yellow")
    if wanted == now.year:
        text = (
            "现在是工作时间 · working hours now"
            if found.at_work <= now
            else f"下一工作时刻 · at work again  {found.at_work:%m-%d %H:%M}"
        )
        hours = load_policy(settings.policy).working_hours
        say(f"{text}（{between(f'{hours.start:%H:%M}', f'{hours.end:%H:%M}')}）")


@app.command("import", epilog="示例 Example: rectify calendar import 2027.json")
def take_in(
    file: Annotated[
        Path, typer.Argument(help=".json（holiday-cn、holidayAPI 或本系统格式）、.yaml、.ics", show_default=False)
    ],
    year: Annotated[
        int | None, typer.Option(help="文件含多个年份时取哪一年 · which year, of a file that holds several")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看差异，不发布 · show the difference only")] = False,
    yes: YesFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """导入一年的放假安排：显示差异，确认后发布，节点立即采用。 Publish a year's arrangement; workers follow at once.

    暂定时限随之重算。
    Provisional deadlines of open tickets are counted anew.
    """
    settings = Settings.load()
    if file.stat().st_size > settings.max_file_bytes:
        msg = f"{file}: larger than {settings.max_file_bytes} bytes (RECTIFY_MAX_FILE_BYTES)"
        raise Failure(msg)
    read = parse_calendar(file.read_bytes(), file.name, wanted=year, zone=settings.zone)
    arrangement, added, changes = proposed(_calendar(settings), read.year)
    if not as_json:
        _show(arrangement, changes, added, read.passed_over)
    if not dry_run:
        if not yes:
            ask("发布？ · Publish?", as_json=as_json)
        record = orjson.dumps(arrangement.model_dump(mode="json"))
        run(publish_registry(settings, {f"calendar:{arrangement.year}": record}))
    if as_json:
        changed = [{"date": day, "off": off} for day, off in changes.items()]
        by_law = [{"date": day.date, "name": day.name} for day in added]
        print_json(
            {
                "year": arrangement.year,
                "published": not dry_run,
                "changes": changed,
                "added": by_law,
                "passed_over": read.passed_over,
            }
        )
        return
    say("未发布 · not published (--dry-run)" if dry_run else "已发布 · published")


def _show(
    year: CalendarYear, changes: Mapping[date, bool], added: Sequence[CalendarDay], passed_over: Sequence[str]
) -> None:
    say(f"{year.year} 年 {year.source}：{len(changes)} 天与现行日历不同 · days that change")
    for day, off in changes.items():
        say(f"  {listed_day(day)}  {'上班 → 放假' if off else '放假 → 上班'}")
    if all(day.off for day in year.days):
        say(
            "没有调休上班日，是否在另一文件？ · no make-up working day is named; does another file hold them?", "yellow"
        )
    if added:
        days = "、".join(f"{day.date} {day.name}" for day in added)
        say(f"文件未提及，依法补为放假 · not in the file, off by law: {days}", "yellow")
    if passed_over:
        more = f"（共 {len(passed_over)} 项）" if len(passed_over) > NAMED else ""
        names = "、".join(passed_over[:NAMED])
        say(f"未写明放假或上班，不计 · say neither day off nor working day, not counted: {names}{more}", "yellow")


def _calendar(settings: Settings) -> Calendar:
    """The calendar that the workers count with; without a database the built-in one."""
    calendar, fault = run(known_calendar(settings))
    if fault is not None:
        complain(f"使用内置日历 · the built-in calendar is shown: {fault}", "yellow")
    return calendar


def _ranges(days: Mapping[date, bool]) -> Iterator[tuple[date, date, bool]]:
    """Runs of neighbouring days of one kind: first, last, off."""
    run_of: list[date] = []
    for day, off in days.items():
        if run_of and (day - run_of[-1] != timedelta(days=1) or days[run_of[-1]] is not off):
            yield run_of[0], run_of[-1], days[run_of[0]]
            run_of = []
        run_of.append(day)
    if run_of:
        yield run_of[0], run_of[-1], days[run_of[0]]
