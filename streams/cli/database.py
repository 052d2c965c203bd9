"""`rectify db`: the ledger's version."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from streams.cli.database_adopt import adopt_cluster
from streams.cli.ledgers import reading_ledger
from streams.cli.output import JsonFlag, print_json, say
from streams.cli.session import domain_now, run
from streams.clock import system_time
from streams.discretion import hide_url
from streams.ledger import check, upgrade
from streams.ledger.backup import back_up
from streams.ledger.inspection import read_through
from streams.ledger.invariants import violations
from streams.ledger.pruning import Pruned
from streams.ledger.retention import prune
from streams.rules.invariants import WHAT_TO_DO
from streams.settings import Settings

STANDINGS: Final = timedelta(days=8)  # the longest window that a pack may ask for, and a day

app = typer.Typer(no_args_is_help=True, help="数据库 · The ledger's version.")


@app.command("upgrade", epilog="示例 Example: rectify db upgrade")
def bring_up_to_date(as_json: JsonFlag = False) -> None:
    """建立或升级数据库。 Create the database, or bring it to this program's version; safe to repeat."""
    url = Settings.load().database_url.get_secret_value()
    run(upgrade(url))
    if as_json:
        print_json({"database": hide_url(url), "ok": True})
    else:
        say(f"{hide_url(url)}: 已是最新版本 · up to date")


@app.command("check", epilog="示例 Example: rectify db check && rectify worker")
def look(
    full: Annotated[
        bool, typer.Option("--full", help="从头到尾读一遍文件（SQLite） · read a SQLite file from end to end")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """检查数据库版本，台账是否自洽。 Exit 0 when this program can work with the database, 1 and a sentence otherwise.

    Tickets and problems that contradict each other are listed with what to do; a worker can work beside them.
    """
    url = Settings.load().database_url.get_secret_value()
    run(check(url))
    if full:
        run(read_through(url))
    broken = run(violations(url))
    if as_json:
        print_json({"database": hide_url(url), "ok": True, "violations": [one._asdict() for one in broken]})
        return
    say(f"{hide_url(url)}: 版本相符 · fits this program")
    for one in broken:
        say(f"{one.of}: {one.name}: {WHAT_TO_DO[one.name]}")


@app.command("backup", epilog="示例 Example: rectify db backup /backup/ledger-$(date +%F).db")
def copy(
    file: Annotated[Path, typer.Argument(help="写到哪里，不得已存在 · where to; must not exist", show_default=False)],
    as_json: JsonFlag = False,
) -> None:
    """在线备份 SQLite，工作节点照常运行。 Copy a SQLite database while a worker runs, and check the copy.

    PostgreSQL: pg_dump. How to restore: docs/operations.md.
    """
    size = run(back_up(Settings.load().database_url.get_secret_value(), file))
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        say(f"{file}: 备份完好 · copied and checked, {size} bytes")


@app.command("prune", epilog="示例 Example: rectify db prune  # once a day, from cron")
def forget(as_json: JsonFlag = False) -> None:
    """按留存期清理已销号整改单的个人信息和历史，统计不变。 Forget personal details and history of closed tickets.

    After RECTIFY_KEEP_PERSONAL_DAYS and RECTIFY_KEEP_HISTORY_DAYS; in small steps, workers go on meanwhile.
    """
    settings = Settings.load()
    now = domain_now(settings)
    personal, history = (now - timedelta(days=n) for n in (settings.keep_personal_days, settings.keep_history_days))

    async def work() -> Pruned:
        async with reading_ledger(settings) as ledger:
            real = system_time() - timedelta(days=settings.keep_personal_days)
            return await prune(ledger, personal, history, real, standings=now - STANDINGS)

    done = run(work())
    if as_json:
        print_json({"personal_before": personal, "history_before": history, **asdict(done)})
        return
    people = f"通知 notices {done.notices}，问题 problems {done.problems}，短信号码 numbers {done.numbers}"
    say(f"个人信息 · personal details, closed before {personal:%Y-%m-%d}: {people}")
    say(f"历史 · history, closed before {history:%Y-%m-%d}: {done.history} 条 entries，整改单 tickets {done.tickets}")


app.command("adopt-cluster", epilog="示例 Example: rectify db adopt-cluster --from beginning")(adopt_cluster)
