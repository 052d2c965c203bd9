"""`rectify notice`: what people are told: before it is sent, what became of it, once more, and when it comes back."""

from __future__ import annotations

import typer

from streams.cli import notice_acts, notice_bounce, notice_lists, notice_preview

app = typer.Typer(no_args_is_help=True, help="通知 · Notices: what became of them, beforehand, once more.")
app.command("list", epilog="示例 Example: rectify notice list --state uncertain --since 2026-03-02")(
    notice_lists.show_list
)
app.command("show", epilog="示例 Example: rectify notice show 3f9a12c4")(notice_lists.show)
app.command("resend", epilog="示例 Example: rectify notice resend 3f9a12c4 --reason 邮箱已更正")(notice_acts.resend)
app.command("suppress", epilog="示例 Example: rectify notice suppress 3f9a12c4 --reason 已电话告知")(
    notice_acts.suppress
)
app.command("preview", epilog="示例 Example: rectify notice preview --sample --kind zhaocuo --out preview.html")(
    notice_preview.preview
)
app.command("bounce", epilog="示例 Example: rectify notice bounce - < mail.eml")(notice_bounce.bounce)
