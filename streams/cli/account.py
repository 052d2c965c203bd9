"""`rectify account`: who may come to the desk."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import login, run
from streams.clock import system_time
from streams.presentation.dates import local
from streams.services.failure import Failure
from streams.services.viewers import ROLE_LABELS, Role
from streams.settings.model import Settings
from streams.store.accounts import PageAccount
from streams.store.store import Store

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="账号 · Who may come to the desk.")

NameArgument = Annotated[str, typer.Argument(help="账号名称 · the account", show_default=False)]
StdinFlag = Annotated[
    bool, typer.Option("--password-stdin", help="从标准输入读取密码 · read the password from the standard input")
]


@app.command(epilog="示例 Example: rectify account add 王敏 --role supervisor --unit gov")
def add(
    name: NameArgument,
    role: Annotated[
        Role,
        typer.Option(
            help="查阅 reader、经办 handler、督办 supervisor、登记 registrar、管理员 admin · what the account may do",
            show_default=False,
        ),
    ],
    unit: Annotated[
        str | None,
        typer.Option(help="单位编号或名称，含下级；不填为全部 · a unit and all below it; without one, everything"),
    ] = None,
    password_stdin: StdinFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """新建账号，显示设置密码的链接（24小时、一次有效）。 Make an account; prints a link that sets its password.

    链接由本人打开；与统一登录对接时不必设置密码。
    Give the link to its owner. Behind a proxy that logs people in no password is needed.
    """
    from streams.services.accounts import add_account
    from streams.services.ledgers import reading_ledger
    from streams.services.registry import units_of

    settings = Settings.load()

    async def work(store: Store) -> PageAccount:
        async with reading_ledger(settings) as ledger:
            units = await units_of(ledger)
        return await add_account(store, name, role, unit, units, system_time())

    made = _with_store(settings, work, "added")
    _give_password(settings, made, from_stdin=password_stdin, as_json=as_json)


@app.command("list", epilog="示例 Example: rectify account list")
def show(as_json: JsonFlag = False) -> None:
    """列出账号。 List the accounts."""
    settings = Settings.load()
    found = _with_store(settings, lambda store: store.accounts.all())
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "role": one.role,
                    "unit_id": one.unit_id or None,
                    "password": bool(one.password),
                    "made_at": one.made_at,
                    "disabled_at": one.disabled_at,
                }
                for one in found
            ]
        )
        return
    made = table("账号 name", "角色 role", "单位 unit", "密码 password", "=建于 since", "=停用于 disabled")
    zone = settings.zone
    print_table(
        made,
        (
            (
                one.name,
                ROLE_LABELS[_role(one)],
                one.unit_id or "全部",
                "已设" if one.password else "未设",
                local(one.made_at, zone),
                local(one.disabled_at, zone),
            )
            for one in found
        ),
    )


@app.command(epilog="示例 Example: rectify account disable 王敏")
def disable(name: NameArgument, as_json: JsonFlag = False) -> None:
    """停用账号，立即结束其登录。 Disable an account: its sessions end at once."""
    from streams.services.accounts import account_of

    async def work(store: Store) -> PageAccount:
        account = await account_of(store, name)
        await store.accounts.disable(account.name, system_time())
        return account

    done = _with_store(Settings.load(), work, "disabled")
    if as_json:
        print_json({"disabled": done.name})
    else:
        say(f"已停用 · disabled: {done.name}")


@app.command(epilog="示例 Example: rectify account password 王敏")
def password(name: NameArgument, password_stdin: StdinFlag = False, as_json: JsonFlag = False) -> None:
    """重新设置密码：显示链接（24小时、一次有效）。 A new password: prints a link that sets it."""
    from streams.services.accounts import account_of

    settings = Settings.load()
    account = _with_store(settings, lambda store: account_of(store, name))
    _give_password(settings, account, from_stdin=password_stdin, as_json=as_json)


@app.command("login-link", epilog="示例 Example: rectify account login-link")
def login_link(
    name: Annotated[
        str | None,
        typer.Argument(help="账号名称，默认为管理员 · the account; default: the administrator", show_default=False),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """显示本机登录链接（10分钟、一次有效）。 Print a link that logs in from this machine, once, within 10 minutes.

    没有管理员时自动建立 admin。 Where nobody administers everything, the account admin is made.
    """
    from streams.services.accounts import account_of, first_account

    settings = Settings.load()

    async def work(store: Store) -> PageAccount:
        return await (account_of(store, name) if name else first_account(store, system_time()))

    account = _with_store(settings, work)
    link = run(local_link(settings, account.name))
    if as_json:
        print_json({"account": account.name, "link": link})
    else:
        say(f"{account.name}（10分钟内在本机打开，仅一次 · from this machine, within 10 minutes, once）")
        say(link)


async def local_link(settings: Settings, name: str | None = None, port: int | None = None) -> str:
    """A link that logs in from this machine; without a name, the administrator."""
    from streams.services.accounts import account_of, first_account, new_link
    from streams.services.stores import pages_store

    async with pages_store(settings) as store:
        now = system_time()
        account = await (account_of(store, name) if name else first_account(store, now))
        secret = await new_link(store, account, "login", now)
    return f"http://127.0.0.1:{port or settings.pages_port}/login?token={secret}"


def _give_password(settings: Settings, account: PageAccount, *, from_stdin: bool, as_json: bool) -> None:
    if from_stdin:
        _set_password(settings, account)
        link = None
    else:
        secret = _with_store(settings, lambda store: _link(store, account), "password_link", account)
        root = settings.desk_url or f"http://127.0.0.1:{settings.pages_port}"
        link = f"{root}/login?token={secret}"
    if as_json:
        print_json({"account": account.name, "link": link})
        return
    if link is None:
        say(f"密码已设置 · the password of {account.name} is set")
        return
    say(f"{account.name} 设置密码的链接（24小时、一次有效 · sets the password, within 24 hours, once）")
    say(link)


async def _link(store: Store, account: PageAccount) -> str:
    from streams.services.accounts import new_link

    return await new_link(store, account, "password", system_time())


def _set_password(settings: Settings, account: PageAccount) -> None:
    from streams.services.passwords import Passwords, password_fault

    typed = sys.stdin.readline().rstrip("\r\n")
    if fault := password_fault(typed, account.name):
        raise Failure(f"{fault} · the password is too short, too plain, or has the name in it")

    async def work(store: Store) -> PageAccount:
        await store.accounts.set_password(account.name, await Passwords().hashed(typed))
        await store.sessions.end_others(account.name, "")
        return account

    _with_store(settings, work, "password_set")


def _role(account: PageAccount) -> Role:
    return next(one for one in ROLE_LABELS if one == account.role)


def _with_store(
    settings: Settings, work: Callable[[Store], Awaitable[T]], audited: str = "", account: PageAccount | None = None
) -> T:
    """What `work` returns; with `audited`, an entry of the audit about the account that it is, or was given."""
    from streams.services.stores import pages_store
    from streams.store.audit import AuditEntry

    async def whole() -> T:
        async with pages_store(settings) as store:
            done = await work(store)
            about = done if isinstance(done, PageAccount) else account
            if audited and about is not None:
                entry = AuditEntry(system_time(), f"cli:{login()}", "account", about.name, audited, "")
                await store.audit.add(entry)
            return done

    return run(whole())
