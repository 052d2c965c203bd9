"""`rectify db`: the ledger's version."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from streams.cli.database.adopt import adopt_cluster
from streams.cli.database.move import move
from streams.cli.database.rekey import rekey
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, run
from streams.clock import system_time
from streams.discretion import hide_url
from streams.ledger import check, open_ledger, upgrade
from streams.ledger.batch.pruning import Pruned
from streams.ledger.batch.set_aside import SetAside
from streams.ledger.migrations.revisions import newest
from streams.ledger.reading.inspection import read_through
from streams.ledger.reading.invariants import violations
from streams.ledger.upkeep.retention import prune
from streams.presentation.dates import local
from streams.rules.state.snapshot import Now
from streams.rules.tickets.invariants import WHAT_TO_DO
from streams.services.backup import back_up_all
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.services.pages_upkeep import Forgotten, forget_on_pages
from streams.settings.model import Settings

STANDINGS: Final = timedelta(days=8)  # the longest window that a pack may ask for, and a day

app = typer.Typer(no_args_is_help=True, help="数据库 · The ledger's version.")


@app.command("upgrade", epilog="示例 Example: rectify db upgrade")
def bring_up_to_date(as_json: JsonFlag = False) -> None:
    """建立或升级数据库。 Create the database, or bring it to this program's version; safe to repeat."""
    url = Settings.load().database_url.get_secret_value()
    before, now = run(upgrade(url)), newest()
    if as_json:
        print_json({"database": hide_url(url), "ok": True, "before": before, "now": now})
        return
    upgraded = f"已从版本 {before} 升级到 {now} · upgraded from version {before} to {now}"
    words = f"数据库已建立，版本 {now} · made, version {now}" if before is None else upgraded
    say(f"{hide_url(url)}: {'已是最新版本 · up to date' if before == now else words}")


@app.command("check", epilog="示例 Example: rectify db check && rectify worker")
def look(
    full: Annotated[
        bool, typer.Option("--full", help="从头到尾读一遍文件（SQLite） · read a SQLite file from end to end")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """检查数据库版本，台账是否自洽。 Exit 0 when this program can work with the database, 1 and a sentence otherwise.

    列出彼此矛盾的整改单和问题及处理办法。
    Tickets and problems that contradict each other are listed with what to do; a worker can work beside them.
    """
    url = Settings.load().database_url.get_secret_value()
    run(check(url))
    if full:
        run(read_through(url))
    broken, aside = run(violations(url)), run(_all_set_aside(url))
    if as_json:
        said = {"violations": [one._asdict() for one in broken], "set_aside": [note._asdict() for note in aside]}
        print_json({"database": hide_url(url), "ok": True, **said})
        return
    say(f"{hide_url(url)}: 版本相符 · fits this program")
    _list(aside)
    for one in broken:
        say(f"{one.of}: {one.name}: {WHAT_TO_DO[one.name]}")


@app.command("retry", epilog="示例 Example: rectify db retry 3 4; rectify db retry --all")
def try_again(
    numbers: Annotated[
        list[int] | None, typer.Argument(help="db check 所列编号 · as listed by db check", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="全部 · all that is set aside")] = False,
    as_json: JsonFlag = False,
) -> None:
    """重新处理被搁置的单据。 Have what was set aside tried again by the workers: after a release that mends the fault.

    处理成功的自动从 `db check` 的清单中消失。 What works leaves the list of `db check` by itself. With `--all`, workers
    that ended because too many messages failed in a row may go on, too.
    """
    if bool(numbers) is everything:
        msg = "编号与 --all 二选一 · name numbers, or --all"
        raise typer.BadParameter(msg)
    settings = Settings.load()
    put_back, unknown = run(_retry(settings, numbers))
    if as_json:
        print_json({"put_back": put_back, "unknown": unknown})
    else:
        say(f"将重新处理 · will be tried again: {len(put_back)}")
    if unknown:
        msg = f"没有这个编号 · nothing of this number is set aside: {', '.join(map(str, unknown))}"
        raise Failure(msg)


async def _retry(settings: Settings, numbers: list[int] | None) -> tuple[list[int], list[int]]:
    """The numbers that were put back, and those that nobody knows; None: all there are."""
    async with reading_ledger(settings) as ledger, ledger.transaction() as tx:
        now = Now(domain_now(settings), system_time())
        if numbers is None:
            await tx.set_aside.forget_in_a_row()
        wanted = [note.number for note in await tx.set_aside.all()] if numbers is None else list(dict.fromkeys(numbers))
        put_back = [number for number in wanted if await tx.set_aside.put_back(number, now)]
        return put_back, [number for number in wanted if number not in put_back]


async def _all_set_aside(url: str) -> list[SetAside]:
    ledger = await open_ledger(url)
    try:
        async with ledger.transaction() as tx:
            return await tx.set_aside.all()
    finally:
        await ledger.close()


def _list(aside: list[SetAside]) -> None:
    """What is set aside, and what to do about it."""
    if aside:
        made = table(">编号 no", "=种类 kind", "单据 row", "=搁置于 since", ">次数 times", "缺陷 fault")
        zone = Settings.load().zone
        print_table(
            made,
            ((n.number, n.kind, n.name, local(n.at, zone), n.attempts, n.fault) for n in aside),
        )
        say("被搁置，修复后重试 · set aside; after a release that mends it: rectify db retry --all")


@app.command("backup", epilog="示例 Example: rectify db backup /backup/ledger-$(date +%F).db")
def copy(
    file: Annotated[Path, typer.Argument(help="写到哪里，不得已存在 · where to; must not exist", show_default=False)],
    as_json: JsonFlag = False,
) -> None:
    """在线备份 SQLite，工作节点照常运行。 Copy a SQLite database while a worker runs, and check the copy.

    网页自己的库和上传的附件一并备份（附件在旁边的 files 文件夹，只补缺少的）；PostgreSQL 请用 pg_dump，恢复办法见文档。
    With the pages' own store and the uploaded files, in a folder `files` beside it that gets what it lacks. PostgreSQL:
    pg_dump. How to restore: docs/operations.md.
    """
    made = run(back_up_all(Settings.load(), file))
    if as_json:
        pages = {str(one.file): one.bytes for one in made.databases[1:]}
        uploads = {"folder": str(made.uploads_folder), **made.uploads._asdict()}
        print_json({"file": str(file), "bytes": made.databases[0].bytes, "pages": pages, "uploads": uploads})
    else:
        for one in made.databases:
            say(f"{one.file}: 备份完好 · copied and checked, {one.bytes} bytes")
        if made.uploads_folder.is_dir():
            say(f"{made.uploads_folder}: 新增附件 · more uploaded files: {made.uploads.files}")
    if made.uploads.damaged:
        msg = f"附件已损坏，未备份 · uploaded files whose bytes have changed: {', '.join(made.uploads.damaged)}"
        raise Failure(msg)


@app.command("prune", epilog="示例 Example: rectify db prune  # once a day, from cron")
def forget(as_json: JsonFlag = False) -> None:
    """按留存期清理已销号整改单的个人信息和历史，统计不变。 Forget personal details and history of closed tickets.

    按保留期限分小步清理，工作节点照常运行；督查台操作记录按 RECTIFY_KEEP_AUDIT_DAYS。
    After RECTIFY_KEEP_PERSONAL_DAYS and RECTIFY_KEEP_HISTORY_DAYS, what people did at the desk after
    RECTIFY_KEEP_AUDIT_DAYS; in small steps, workers go on meanwhile.
    """
    settings = Settings.load()
    now = domain_now(settings)
    personal, history = (now - timedelta(days=n) for n in (settings.keep_personal_days, settings.keep_history_days))

    async def work() -> tuple[Pruned, Forgotten]:
        async with reading_ledger(settings) as ledger:
            real = system_time() - timedelta(days=settings.keep_personal_days)
            done = await prune(ledger, personal, history, real, standings=now - STANDINGS)
            audited = system_time() - timedelta(days=settings.keep_audit_days)
            return done, await forget_on_pages(settings, ledger, personal, audited)

    done, on_pages = run(work())
    if as_json:
        print_json({"personal_before": personal, "history_before": history, **asdict(done), **asdict(on_pages)})
        return
    people = f"通知 notices {done.notices}，问题 problems {done.problems}，短信号码 numbers {done.numbers}"
    say(f"个人信息 · personal details, closed before {personal:%Y-%m-%d}: {people}")
    on_page = f"整改单 tickets {on_pages.page_tickets}，附件 files {on_pages.files}，操作记录 audit {on_pages.audit}"
    say(f"网页 · pages: {on_page}")
    say(f"历史 · history, closed before {history:%Y-%m-%d}: {done.history} 条 entries，整改单 tickets {done.tickets}")


app.command("rekey", epilog="示例 Example: rectify db rekey --dry-run")(rekey)
app.command("adopt-cluster", epilog="示例 Example: rectify db adopt-cluster --from beginning")(adopt_cluster)
app.command("move", epilog="示例 Example: rectify db move postgresql://rectify:***@db/rectify")(move)
