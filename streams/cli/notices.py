"""`rectify notice`: what people are told, before it is sent and when it comes back."""

from __future__ import annotations

import typer

from streams.cli import notice_bounce, notice_preview

app = typer.Typer(no_args_is_help=True, help="通知 · Notices: look at them beforehand, take bounces in.")
app.command("preview", epilog="示例 Example: rectify notice preview --sample --kind zhaocuo --out preview.html")(
    notice_preview.preview
)
app.command("bounce", epilog="示例 Example: rectify notice bounce - < mail.eml")(notice_bounce.bounce)
