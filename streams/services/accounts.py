"""Accounts of the desk: made, found by name and password, let in by a link that is good once.

W-5  A password has 12 characters or more and is kept as its argon2id hash. After five failures in a row a name is not
     let in by password for 15 minutes. Whether there is an account of a name cannot be told from answer or time.
     No account gets a name that looks like that of another.
W-6  A link that sets a password is good for 24 hours, one that logs in for 10 minutes and from the machine itself;
     both once, by pressing a button: looking at it spends nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final, Literal

from schemas.registry import Unit
from streams.services.failure import Failure
from streams.services.names import unit_named
from streams.services.passwords import Passwords
from streams.services.second_factor import step_of
from streams.services.viewers import Role
from streams.store.accounts import PageAccount
from streams.store.logins import LinkKind, LoginLink
from streams.store.store import Store

NAME: Final = 64  # characters
FAILURES: Final = 5
LOCKED: Final = timedelta(minutes=15)
GOOD_FOR: Final[Mapping[LinkKind, timedelta]] = {"login": timedelta(minutes=10), "password": timedelta(hours=24)}
FIRST: Final = "admin"
_BYTES: Final = 32
_UNSEEN: Final = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Printable to Python, and seen by nobody."""
_LIKE: Final = str.maketrans("авсеіјорѕхуһԁԛԝкмтнαορνικυτ", "abceijopsxyhdqwkmthaopvikut")
"""Letters of other alphabets that look like ours."""


def account_name(text: str) -> str:
    """The one spelling of a name; raises Failure where it is none."""
    name = unicodedata.normalize("NFKC", text).strip()
    if not name or len(name) > NAME or not name.isprintable() or _UNSEEN.search(name):
        msg = f"账号名称为 1 至 {NAME} 个可见字符 · a name has 1 to {NAME} printable characters"
        raise Failure(msg)
    return name


async def add_account(
    store: Store, name: str, role: Role, unit: str | None, units: Mapping[str, Unit], at: datetime
) -> PageAccount:
    """A new account without a password; `unit`: id or name, None: every unit. Raises Failure."""
    unit_id = unit_named({one.unit_id: one.name for one in units.values()}, unit) or ""
    if unit_id and unit_id not in units:
        msg = f"没有单位 {unit} · no such unit; `rectify registry list --kind unit` lists them"
        raise Failure(msg)
    account = PageAccount(account_name(name), role, unit_id, "", at)
    for one in await store.accounts.all():
        if one.name != account.name and _looks(one.name) == _looks(account.name):
            msg = f"账号 {account.name} 与已有的 {one.name} 易混淆，请换一个 · looks like the account {one.name}"
            raise Failure(msg)
    if not await store.accounts.add(account):
        msg = f"账号 {account.name} 已存在 · there is an account of this name"
        raise Failure(msg)
    return account


def _looks(name: str) -> str:
    return name.casefold().translate(_LIKE)


async def account_of(store: Store, name: str) -> PageAccount:
    """The account of a name; raises Failure."""
    found = await store.accounts.named(account_name(name))
    if found is None:
        msg = f"没有账号 {name} · no such account; `rectify account list` lists them"
        raise Failure(msg)
    return found


async def first_account(store: Store, at: datetime) -> PageAccount:
    """The first of those who administer everything and are not disabled; made, if there is nobody."""
    for one in await store.accounts.all():
        if one.role == "admin" and not one.unit_id and one.disabled_at is None:
            return one
    made = PageAccount(FIRST, "admin", "", "", at)
    if not await store.accounts.add(made):
        msg = f"账号 {FIRST} 已停用或不是管理员 · {FIRST} is disabled or no administrator: rectify account add"
        raise Failure(msg)
    return made


async def new_link(store: Store, account: PageAccount, kind: LinkKind, at: datetime) -> str:
    """The secret of a link; raises Failure where the account is disabled."""
    if account.disabled_at is not None:
        msg = f"账号 {account.name} 已停用 · is disabled"
        raise Failure(msg)
    secret = token_urlsafe(_BYTES)
    await store.logins.add_link(LoginLink(digest_of(secret), account.name, kind, at + GOOD_FOR[kind]), at)
    return secret


async def link_of(store: Store, secret: str, at: datetime) -> LoginLink | None:
    """What a secret opens, if it still does."""
    return await store.logins.link(digest_of(secret), at)


async def by_password(
    store: Store, passwords: Passwords, name: str, password: str, at: datetime, code: str | None = None
) -> PageAccount | Literal["wrong", "locked"]:
    """Who comes with a name and a password (W-5), and a code where the account needs one (W-9).

    A try counts before it is made: several at once are several. Without a code (None) none is asked for.
    """
    key = unicodedata.normalize("NFKC", name).strip()[:NAME]
    if await store.logins.count_failure(key, FAILURES, at, at - LOCKED) > FAILURES:
        return "locked"
    account = await store.accounts.named(key)
    usable = account is not None and account.disabled_at is None
    if not await passwords.match(account.password if account is not None and usable else "", password):
        return "wrong"
    assert account is not None  # noqa: S101 - it has a password
    if code is not None and account.factor:
        step = step_of(account.factor, code, at)
        if step is None or not await store.accounts.use_step(account.name, step):
            return "wrong"
    await store.logins.forget_failures(key)
    return account


def digest_of(secret: str) -> str:
    """What is kept of a secret that a browser or a link carries."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
