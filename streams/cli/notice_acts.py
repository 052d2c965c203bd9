"""`rectify notice resend` and `suppress`: what people decide about a notice."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from streams.cli.acting import ByOption, NeedsReason, TimeoutOption, WaitFlag, act
from streams.cli.ledgers import reading_ledger
from streams.cli.notice_lists import NoticeArgument, find_notice
from streams.cli.output import JsonFlag
from streams.cli.session import run
from streams.ledger.queries_notices import NoticeRow
from streams.settings import Settings

app = typer.Typer()


@app.command("resend", epilog="示例 Example: rectify notice resend 3f9a12c4 --reason 邮箱已更正")
def resend(
    notice: NoticeArgument,
    reason: NeedsReason,
    again: Annotated[
        bool, typer.Option("--again", help="已发出的也再发一次 · although it has arrived, or may have")
    ] = False,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """补发：同样的内容另发一条，发给名录中现在的联系人。 Send the same once more, as a new notice."""
    code = "again" if again else None
    _act(notice, by, wait, timeout, as_json, action="resend_notice", reason=reason, reason_code=code)


@app.command("suppress", epilog="示例 Example: rectify notice suppress 3f9a12c4 --reason 已电话告知")
def suppress(
    notice: NoticeArgument,
    reason: NeedsReason,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """停发：待发的通知不再发送。 Stop a notice that is still pending."""
    _act(notice, by, wait, timeout, as_json, action="suppress_notice", reason=reason)


def _act(notice: str, by: str | None, wait: bool, timeout: float, as_json: bool, **fields: Any) -> None:
    settings = Settings.load()

    async def find() -> NoticeRow:
        async with reading_ledger(settings) as ledger:
            return await find_notice(ledger, notice)

    found = run(find())
    act(
        settings, by, timeout if wait else None, as_json=as_json,
        notice_id=found.notice.notice_id, asset_id=found.asset.asset_id, **fields,
    )  # fmt: skip
