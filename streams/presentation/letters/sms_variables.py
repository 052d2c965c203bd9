"""What an approved template may say: short named variables, from a letter. Pure (rule N-42)."""

from notifiers.sms.templates import DIGEST, _fit
from streams.presentation import labels
from streams.presentation.dates import plain_day
from streams.presentation.letters.digest import digest
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.view import view


def variables(letter: Letter) -> tuple[str, dict[str, str]]:
    """The kind of template that a letter needs, and every variable's value, in full."""
    views = [view(item, letter.at, letter.zone) for item in letter.items]
    if not views:
        return "", {}
    said = digest(views)
    first = said.rows[0]
    several = len(views) > 1
    today = letter.at.astimezone(letter.zone).date()
    due = first.due.at
    values = {
        "to": letter.recipient.name,
        "kind": said.kinds[0][0],
        "unit": first.unit,
        "asset": first.asset,
        "problem": first.problem,
        "ticket": first.ticket_id,
        "count": str(said.count),
        "overdue": str(said.overdue),
        "date": plain_day(due.astimezone(letter.zone).date(), today) if due else labels.NO_DUE,
        "due": first.due.short,
        "left": first.due.left,
        "number": first.number,
        "office": letter.letterhead.name,
        "phone": letter.letterhead.phone,
        "code": letter.code,
    }
    return DIGEST if several else first.kind, {name: _fit(value) for name, value in values.items()}
