"""`rectify db move`: from SQLite to PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.terminal.output import JsonFlag, bar, print_json, print_table, say, table
from streams.cli.terminal.session import run
from streams.discretion import hide_url, keep
from streams.settings.model import Settings


def move(
    url: Annotated[str, typer.Argument(help="空的 PostgreSQL 库 · an empty database", show_default=False)],
    as_json: JsonFlag = False,
) -> None:
    """把 SQLite 台账整体搬到 PostgreSQL，逐表核对。 Move a SQLite ledger to PostgreSQL, and compare each table.

    先停下全部节点和网页。中断后重新运行即可；搬完以前，目标库不会被当作台账使用。
    Stop every worker and the pages first. All of it arrives or nothing: interrupted, it is run again.
    """
    from streams.ledger.moving.move import Watcher
    from streams.services.moving import move_installation

    keep(url)
    settings = Settings.load()
    with bar("搬迁 moving") as progress:
        task = progress.add_task("", total=None, done=0)

        def passed(more: int) -> None:
            progress.update(task, advance=more, done=int(progress.tasks[0].completed) + more)

        watcher = Watcher(lambda total: progress.update(task, total=total), passed)
        arrived = run(move_installation(settings, url, watcher))
    if as_json:
        tables = [one._asdict() for one in arrived.tables]
        keys = [str(path) for path in arrived.keys]
        print_json({"database": hide_url(url), "tables": tables, "keys": keys, "files": str(arrived.files)})
        return
    made = table("表 table", ">行 rows", "摘要 digest")
    named = ((f"{one.schema}.{one.table}", one.rows, one.digest) for one in arrived.tables if one.rows)
    print_table(made, named)
    say(f"{hide_url(url)}: 已搬完，逐表一致 · moved, every table is the same")
    say("请设置 RECTIFY_DATABASE_URL 后启动节点 · set RECTIFY_DATABASE_URL to it and start the workers")
    for path in arrived.keys:
        say(f"{path}: 网页密钥已复制 · the pages' key was copied here")
    if arrived.files.is_dir():
        many = "多个网页进程须共用，用 RECTIFY_PAGES_FILES 指定 · several web processes share it: RECTIFY_PAGES_FILES"
        say(f"{arrived.files}: 附件仍在此处 · uploaded files stay here; {many}")
