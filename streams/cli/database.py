"""`rectify db`: the ledger's version."""

from __future__ import annotations

import typer

from streams.cli.output import JsonFlag, print_json, say
from streams.cli.session import run
from streams.ledger import check, upgrade
from streams.settings import Settings, hide_password

app = typer.Typer(no_args_is_help=True, help="数据库 · The ledger's version.")


@app.command("upgrade", epilog="示例 Example: rectify db upgrade")
def bring_up_to_date(as_json: JsonFlag = False) -> None:
    """建立或升级数据库。 Create the database, or bring it to this program's version; safe to repeat."""
    url = Settings.load().database_url.get_secret_value()
    run(upgrade(url))
    _report(url, "已是最新版本 · up to date", as_json=as_json)


@app.command("check", epilog="示例 Example: rectify db check && rectify worker")
def look(as_json: JsonFlag = False) -> None:
    """检查数据库版本。 Exit 0 when this program can work with the database, 1 and a sentence when it cannot."""
    url = Settings.load().database_url.get_secret_value()
    run(check(url))
    _report(url, "版本相符 · fits this program", as_json=as_json)


def _report(url: str, words: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"database": hide_password(url), "ok": True})
    else:
        say(f"{hide_password(url)}: {words}")
