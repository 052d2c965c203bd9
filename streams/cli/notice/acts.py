"""`rectify notice resend` and `suppress`: what people decide about a notice."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from streams.cli.notice.lists import NoticeArgument
from streams.cli.terminal.command_options import ByOption, NeedsReason, TimeoutOption, WaitFlag, act, act_on_many
from streams.cli.terminal.output import JsonFlag, say
from streams.cli.terminal.session import reading
from streams.services.notices import asset_of, find, suppressed
from streams.settings.model import Settings

app = typer.Typer()

OneOfThem = Annotated[
    str | None, typer.Argument(help="通知编号，可只写开头 · notice id or its unique beginning", show_default=False)
]


@app.command("resend", epilog="示例 Example: rectify notice resend 3f9a12c4 --reason 邮箱已更正")
def resend(
    reason: NeedsReason,
    notice: OneOfThem = None,
    again: Annotated[
        bool, typer.Option("--again", help="已发出的也再发一次 · although it has arrived, or may have")
    ] = False,
    all_suppressed: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="因此代码未发的全部，如 channel_not_configured · all of open tickets that were not sent for this code",
        ),
    ] = None,
    by: ByOption = None,
    wait: WaitFlag = True,
    timeout: TimeoutOption = 30.0,
    as_json: JsonFlag = False,
) -> None:
    """补发：同样的内容另发一条，发给名录中现在的联系人。 Send the same once more, as a new notice."""
    if (notice is None) == (all_suppressed is None):
        msg = "name a notice, or --all-suppressed CODE"
        raise typer.BadParameter(msg, param_hint="NOTICE")
    if all_suppressed is not None:
        _all(all_suppressed, by, reason, as_json=as_json)
        return
    code = "again" if again else None
    _act(notice or "", by, wait, timeout, as_json, action="resend_notice", reason=reason, reason_code=code)


def _all(code: str, by: str | None, reason: str, *, as_json: bool) -> None:
    """A command for each; one that is given again has the same id, and acts no second time."""
    settings = Settings.load()
    found = reading(settings, lambda ledger: suppressed(ledger, code))
    if not found:
        say(f"没有因 {code} 未发的通知 · nothing was suppressed as {code}", "dim")
        return
    act_on_many(
        settings, by,
        [
            {
                "action": "resend_notice", "notice_id": row.notice.notice_id, "asset_id": asset_of(row),
                "reason": reason, "command_id": f"resend-{row.notice.notice_id}",
            }
            for row in found
        ],
        as_json=as_json,
    )  # fmt: skip


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
    found = reading(settings, lambda ledger: find(ledger, notice))
    act(
        settings, by, timeout if wait else None, as_json=as_json,
        notice_id=found.notice.notice_id, asset_id=asset_of(found), **fields,
    )  # fmt: skip
