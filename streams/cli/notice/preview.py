"""`rectify notice preview`: what would be sent about a ticket, as a page for the browser. Nothing is recorded."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import reading
from streams.clock import parse_clock
from streams.files.policy.loading import load_policy
from streams.presentation.letters.letter import KINDS, READERS
from streams.presentation.letters.page import page, shown
from streams.services.failure import Failure
from streams.services.previews import DIGEST, of_ticket
from streams.services.samples import VARIANTS, sample
from streams.settings.model import Settings

app = typer.Typer()

PREVIEWED: Final = (*KINDS, *VARIANTS)
"""What `--kind` takes: the kinds of letters, then what a letter may be about, or how many tickets."""


@app.command("preview", epilog="示例 Example: rectify notice preview --sample --kind zhaocuo --out preview.html")
def preview(
    ticket: Annotated[str | None, typer.Argument(help="整改单号 · a ticket", show_default=False)] = None,
    kind: Annotated[
        str,
        typer.Option(help=f"哪种通知 · which notice: {'、'.join(PREVIEWED)}；或规则包的步骤 · or a step of the pack"),
    ] = KINDS[0],
    out: Annotated[
        Path | None, typer.Option(help="写入文件，默认标准输出 · where the page goes; default: standard output")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(help=f"给谁 · to whom: {'、'.join(READERS)}；默认该通知的第一收件人 · default: whom it goes to"),
    ] = None,
    use_sample: Annotated[bool, typer.Option("--sample", help="用样例 · invented, no ledger needed")] = False,
    as_json: JsonFlag = False,
) -> None:
    """预览通知：邮件、短信、日历，供浏览器查看。 Show a notice as it would be sent, as a page for the browser."""
    settings = Settings.load()
    if (ticket is None) != use_sample:
        msg = "请给出整改单号，或 --sample · name a ticket, or --sample; one of them"
        raise typer.BadParameter(msg)
    policy = load_policy(settings.policy)
    if kind not in [*PREVIEWED, *policy.steps]:
        msg = f"没有这种通知 · no such notice: {kind}; {', '.join([*PREVIEWED, *policy.steps])}"
        raise typer.BadParameter(msg)
    reader = next((one for one in READERS if one == to), None)
    if to is not None and reader is None:
        msg = f"没有这种收件人 · no such reader: {to}; {', '.join(READERS)}"
        raise typer.BadParameter(msg)
    if ticket is None:
        letter = sample(kind, policy, reader)
    elif kind in (*KINDS, *policy.steps, DIGEST):
        now = parse_clock(settings.clock).now()
        letter = reading(
            settings,
            lambda ledger: of_ticket(ledger, ticket, kind, policy, now, settings.zone, settings.office, reader),
        )
    else:
        msg = f"{kind} 只有样例 · {kind} is shown with --sample only; a ticket shows by itself what it is"
        raise Failure(msg)
    it = shown(letter, settings.smtp_sender)
    if out is not None:
        out.write_text(page(it), encoding="utf-8")
    if as_json:
        print_json(asdict(it))
    elif out is None:
        typer.echo(page(it), nl=False)
    else:
        say(f"已写入 · written: {out}")
