"""What a group reads of an escalation: a title and one line a ticket, as plain text. Pure (rule N-46)."""

from notifiers.text import shorten
from streams.presentation.letters.digest import digest
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.view import ItemView, view

ROWS = 10
_NAME = 20


def card(letter: Letter) -> tuple[str, tuple[str, ...]]:
    """Title and lines, the most urgent ticket first."""
    views = [view(item, letter.at, letter.zone) for item in letter.items]
    said = digest(views)
    rows, several = said.rows, len(said.kinds) > 1
    kind = "、".join(f"{word}{count}件" for word, count in said.kinds) if several else said.kinds[0][0]
    sign = letter.letterhead.sign
    title = f"{sign}{kind}：{len(views)}件整改单" if len(views) > 1 and not several else f"{sign}{kind}"
    lines = [_line(row, with_kind=several) for row in rows[:ROWS]]
    if len(views) > ROWS:
        lines.append(f"其余{len(views) - ROWS}件从略")
    return title, tuple(lines)


def _line(row: ItemView, *, with_kind: bool) -> str:
    kind = f"{row.kind_label}：" if with_kind else ""
    left = f"，{row.due.left}" if row.due.left else ""
    unit, asset, problem = (shorten(name, _NAME) for name in (row.unit, row.asset, row.problem))
    return f"{kind}{unit}“{asset}”{problem}，时限{row.due.short}{left}，整改单{row.ticket_id}"
