"""`rectify doctor` about what stands outside: the office's login service, and the addresses that are posted to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from streams.doctor.outward import login_lines, webhook_lines
from streams.ledger import Ledger, open_ledger
from streams.rules.notices.webhooks import NewPost
from streams.settings.model import Settings
from tests.support.login_service import CLIENT_ID, login_provider
from tests.support.world import local

AT = local("2026-03-02 10:00")
FILE = 'szfb: {unit: szfb, url: "https://oa.example/in", secret: "env:SZFB"}\n'


async def test_the_login_service() -> None:
    """Nothing where none is set; it answers; it is away, or another one than it says."""
    assert await login_lines(Settings.load()) == []
    async with login_provider() as provider:
        settings = Settings.load(
            pages_oidc_issuer=provider.issuer, pages_oidc_client_id=CLIENT_ID, pages_url="https://zg.example"
        )
        (well,) = await login_lines(settings)
        assert (well.what, well.level) == ("login", "ok")
        assert provider.asked == ["describe", "keys"]
        provider.described = {"issuer": "https://other.example"}
        (other,) = await login_lines(settings)
        assert "another issuer" in other.text
        provider.is_away = True
        (away,) = await login_lines(settings)
        assert (away.level, "RECTIFY_PAGES_OIDC_ISSUER" in away.advice) == ("error", True)


async def test_webhooks(sqlite_database: str, tmp_path: Path) -> None:
    """All is well; something waits for more than an hour; it was given up; what is in no file any more."""
    file = tmp_path / "webhooks.yaml"
    file.write_text(FILE, "utf-8")
    settings = Settings.load(database_url=sqlite_database, webhooks=file)
    ledger = await open_ledger(sqlite_database, owner="worker-1")
    try:
        assert [line.level for line in await webhook_lines(settings, AT)] == ["ok"]
        await owed(ledger, "szfb")
        assert [line.level for line in await webhook_lines(settings, AT + timedelta(minutes=59))] == ["ok"]
        (late,) = await webhook_lines(settings, AT + timedelta(minutes=61))
        assert (late.level, "szfb：2 条自 2026-03-02 10:00" in late.text) == ("warning", True)
        async with ledger.transaction() as tx:
            (post,) = await tx.webhooks.due(AT)
            await tx.webhooks.give_up(post, "rejected:400")
        await owed(ledger, "gone")
        gone, given_up = await webhook_lines(settings, AT)
        assert (gone.level, "仍欠 2 条" in gone.text) == ("warning", True)
        assert (given_up.level, "rejected:400" in given_up.text) == ("error", True)
        assert "rectify webhook retry szfb" in given_up.advice
        assert await webhook_lines(Settings.load(database_url=sqlite_database), AT) == []
    finally:
        await ledger.close()


async def owed(ledger: Ledger, webhook: str) -> None:
    """Two posts are recorded."""
    async with ledger.transaction() as tx:
        await tx.webhooks.add([NewPost(webhook, one, "{}") for one in "ab"], AT)
