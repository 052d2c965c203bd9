"""`rectify webhook`: what waits and what was given up, in words and as JSON; and having it posted again."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from streams.cli.terminal.root import app
from streams.ledger import open_ledger
from streams.rules.notices.webhooks import NewPost

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)


def test_what_was_given_up_is_posted_again(sqlite_database: str, tmp_path: Path) -> None:
    """Each webhook of the file with its queue, and one that is in no file any more; another name is refused."""

    async def record() -> None:
        ledger = await open_ledger(sqlite_database, owner="worker-1")
        try:
            async with ledger.transaction() as tx:
                await tx.webhooks.add([NewPost(name, one, "{}") for name in ("szfb", "gone") for one in "ab"], AT)
                (post,) = [one for one in await tx.webhooks.due(AT) if one.webhook == "szfb"]
                await tx.webhooks.give_up(post, "rejected:400")
        finally:
            await ledger.close()

    asyncio.run(record())
    file = tmp_path / "webhooks.yaml"
    file.write_text('szfb: {unit: szfb, url: "https://oa.example/in", secret: "env:SZFB"}\n', "utf-8")
    given = {"RECTIFY_DATABASE_URL": sqlite_database, "RECTIFY_WEBHOOKS": str(file)}

    def rectify(*words: str) -> Any:
        return CliRunner().invoke(app, ["webhook", *words], env=given)

    def queues() -> dict[str, tuple[int, int]]:
        return {
            one["webhook"]: (one["waiting"], one["given_up"]) for one in json.loads(rectify("list", "--json").stdout)
        }

    assert queues() == {"gone": (2, 0), "szfb": (1, 1)}
    said = rectify("list").stdout
    assert "rejected:400" in said
    assert "已撤下" in said
    assert json.loads(rectify("retry", "szfb", "--json").stdout) == {"webhook": "szfb", "put_back": 1}
    assert queues() == {"gone": (2, 0), "szfb": (2, 0)}
    assert "no webhook of this name" in rectify("retry", "gone").stderr
