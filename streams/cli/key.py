"""`rectify key`: keys with which programs come to the pages' address: to hand findings in, to read, to act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli.terminal.command_options import ByOption
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import run
from streams.clock import system_time
from streams.presentation.dates import local
from streams.presentation.links import feed_links
from streams.services.api_keys import KeyRole, Scope, WantedKey
from streams.settings.model import Settings

if TYPE_CHECKING:
    from streams.store.api_keys import ApiKey

app = typer.Typer(no_args_is_help=True, help="程序密钥 · Keys of programs: make, list, revoke.")

_SCOPE_WORDS = {"intake": "报送", "read": "查询", "act": "办理", "feed": "订阅"}
_ROLE_WORDS = {"handler": "经办", "supervisor": "主管"}


@app.command(epilog="示例 Example: rectify key create kjj-crawler --scope intake --source kjj-crawler")
def create(
    name: Annotated[str, typer.Argument(help="名称，如程序或单位 · what people call it", show_default=False)],
    scope: Annotated[
        list[Scope],
        typer.Option(
            help="可多次：intake 报送、read 查询、act 办理；feed 订阅须单独建 · may be given often; feed stands alone",
            show_default=False,
        ),
    ],
    source: Annotated[
        list[str] | None, typer.Option(help="intake：只可用此来源报送，可多次 · the producers that it speaks for")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="只限此单位及其下级 · of this unit and what is below it alone")
    ] = None,
    role: Annotated[
        KeyRole | None, typer.Option(help="act：handler 经办、supervisor 主管 · as what it decides")
    ] = None,
    by: ByOption = None,
    as_json: JsonFlag = False,
) -> None:
    """新建密钥，只显示一次。 Make a key; it is shown once, only its SHA-256 is kept.

    程序以 `Authorization: Bearer rk_...` 携带，不要写进网址；订阅（feed）显示的是两个网址。
    Programs send it in the header Authorization, never in an address; of a feed its two addresses are shown.
    """
    from streams.cli.terminal.session import login
    from streams.services.api_keys import create as make

    wanted = WantedKey(name.strip(), tuple(one for one in Scope if one in scope), tuple(source or ()), unit, role)
    if not wanted.name.isprintable() or not wanted.name:
        msg = "名称为空或含控制字符 · the name is empty, or has control characters"
        raise typer.BadParameter(msg, param_hint="NAME")
    settings = Settings.load()
    made = run(make(settings, wanted, by or login(), system_time()))
    links = feed_links(settings.pages_url, made.token) if Scope.FEED in made.key.scopes else []
    if as_json:
        print_json({**_document(made.key), "token": made.token, **({"links": links} if links else {})})
        return
    for line in links or [made.token]:
        say(line, "bold")
    if links and not settings.pages_url:
        say("前面加上网页地址 · put the pages' address before it; RECTIFY_PAGES_URL does so")
    say(f"密钥 {made.key.key_id}（{name}）已建，只显示这一次 · made; it is not shown again")


@app.command("list", epilog="示例 Example: rectify key list")
def show(as_json: JsonFlag = False) -> None:
    """列出密钥及最近使用。 List the keys: what they may do, and when they were last used."""
    from streams.services.api_keys import listed

    settings = Settings.load()
    keys = run(listed(settings))
    if as_json:
        print_json([_document(key) for key in keys])
        return
    rows = (
        (
            key.key_id,
            key.name,
            "、".join(_SCOPE_WORDS[scope] for scope in key.scopes),
            "、".join(key.sources),
            f"{key.unit_id}（{_ROLE_WORDS[key.role]}）" if key.role else key.unit_id,
            local(key.made_at, settings.zone),
            local(key.used_at, settings.zone) if key.used_at else "未用过",
            "已吊销" if key.revoked_at else "有效",
        )
        for key in keys
    )
    columns = ("=密钥", "名称", "用途", "来源", "单位", "=建立", "=最近使用", "=状态")
    if not print_table(table(*columns, leave_out=("=建立", "来源")), rows):
        say("没有密钥 · no keys")


@app.command(epilog="示例 Example: rectify key revoke kjj-crawler")
def revoke(
    key: Annotated[str, typer.Argument(help="密钥编号或名称 · id or name", show_default=False)],
    as_json: JsonFlag = False,
) -> None:
    """吊销密钥，5 秒内失效。 Revoke a key: within 5 seconds nobody takes it any more."""
    from streams.services.api_keys import revoke as take_back

    found = run(take_back(Settings.load(), key, system_time()))
    if as_json:
        print_json(_document(found))
        return
    say(f"密钥 {found.key_id}（{found.name}）已吊销 · revoked")


def _document(key: ApiKey) -> dict[str, Any]:
    """All of it but the hash of its secret."""
    return {name: value for name, value in key._asdict().items() if name != "digest"}
