"""`rectify notice preview`: what would be sent about a ticket, as a page for the browser. Nothing is recorded."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from notifiers.protocol import Recipient
from schemas.policy import Policy
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import run
from streams.clock import parse_clock
from streams.files.policy.loading import load_policy
from streams.ledger import Ledger
from streams.ledger.reading.queries import OPEN, TicketFilter, list_tickets, problems_of
from streams.presentation.letters.letter import KINDS, Letter, LetterItem
from streams.presentation.letters.page import page, shown
from streams.rules.notices.notices import recipients
from streams.rules.state.snapshot import Now, Registry
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.services.samples import sample
from streams.services.tickets import Found, find_in
from streams.settings.model import Settings
from streams.worker.delivery.compose import letter_item, reason

app = typer.Typer()

DIGEST: Final = "digest"
DIGEST_TICKETS: Final = 100
_NOBODY: Final = Recipient("（无联系人）", "nobody@unit.example", "duty")


class Previewed(StrEnum):
    """What `--kind` takes: the kinds of letters, then what a letter may be about, or how many tickets."""

    OPENED = "opened"
    REMINDER = "reminder"
    URGE = "urge"
    SUPERVISE = "supervise"
    BULLETIN = "bulletin"
    CLOSED = "closed"
    SENT_BACK = "sent_back"
    REOPENED = "reopened"
    REASSIGNED = "reassigned"
    RECHECK_UNANSWERED = "recheck_unanswered"
    RUN_HELD = "run_held"
    ZHAOCUO = "zhaocuo"
    COMMENT = "comment"
    GUARDED = "guarded"
    PROVISIONAL = "provisional"
    DIGEST = "digest"
    WARNED = "warned"


@app.command("preview", epilog="示例 Example: rectify notice preview --sample --kind zhaocuo --out preview.html")
def preview(
    ticket: Annotated[str | None, typer.Argument(help="整改单号 · a ticket", show_default=False)] = None,
    kind: Annotated[
        str,
        typer.Option(help=f"哪种通知 · which notice: {'、'.join(Previewed)}；或规则包的步骤 · or a step of the pack"),
    ] = Previewed.OPENED.value,
    out: Annotated[
        Path | None, typer.Option(help="写入文件，默认标准输出 · where the page goes; default: standard output")
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
    if kind not in [*Previewed, *policy.steps]:
        msg = f"没有这种通知 · no such notice: {kind}; {', '.join([*Previewed, *policy.steps])}"
        raise typer.BadParameter(msg)
    if ticket is None:
        letter = sample(kind, policy)
    elif kind in (*KINDS, *policy.steps, DIGEST):
        letter = run(_of_ticket(settings, ticket, kind))
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


async def _of_ticket(settings: Settings, wanted: str, kind: str) -> Letter:
    policy = load_policy(settings.policy)
    now = parse_clock(settings.clock).now()
    async with reading_ledger(settings) as ledger:
        found = await find_in(ledger, wanted)
        async with ledger.transaction() as tx:
            registry = await tx.load_registry(settings.zone)
        chosen = await _unit_tickets(ledger, found) if kind == DIGEST else [found]
        items = [await _item(ledger, one, kind, registry, policy, now) for one in chosen]
    return Letter(_recipient(found, kind, registry, policy), tuple(items), now.at, settings.zone)


async def _unit_tickets(ledger: Ledger, found: Found) -> list[Found]:
    """All that is open at the ticket's unit, as its morning's mail would tell it."""
    wanted = TicketFilter(unit_id=found.ticket.unit_id, statuses=OPEN)
    rows = await list_tickets(ledger, wanted, limit=DIGEST_TICKETS) if found.ticket.unit_id else []
    others = [Found(*row) for row in rows if row[0].pk != found.ticket.pk]
    return [found, *others]


async def _item(ledger: Ledger, one: Found, kind: str, registry: Registry, policy: Policy, now: Now) -> LetterItem:
    told = kind if kind != DIGEST else "urge" if one.ticket.due_at < now.at else "reminder"
    problems = [problem for problem in await problems_of(ledger, one.ticket.pk) if problem.current]
    async with ledger.transaction() as tx:
        why = await reason(tx, one.ticket.pk, told)
    return letter_item(told, one.ticket, one.asset, problems, registry, policy, now, why)


def _recipient(found: Found, kind: str, registry: Registry, policy: Policy) -> Recipient:
    """The first whom the ladder's step of this kind would tell."""
    step = policy.step_of(kind) or policy.ladder[0]
    if found.ticket.unit_id is None:
        return _NOBODY
    people = recipients(registry, found.ticket.unit_id, step.to)
    addressed = ((contact, contact.address("email")) for _, contact in people)
    return next((Recipient(who.name, address, who.role) for who, address in addressed if address), _NOBODY)
