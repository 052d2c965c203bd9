"""`/policy`: every value of the pack in force, with its basis and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import Any, Final, NamedTuple

from starlette.responses import Response

from notifiers.text import clean
from schemas.check_rule import CheckRule
from schemas.vocabulary import SEVERITY_LABELS
from streams.files.policy.loading import FOLDER, LoadedPack, shipped_packs
from streams.presentation.labels import SURE, SURE_MEANS
from streams.presentation.policy.reading import (
    Value,
    read_check,
    read_derived,
    read_ladder,
    read_limits,
    read_places,
    read_policy,
)
from streams.presentation.policy.words import amount_words
from streams.web.desk.visits import Visit

NO_RULE: Final = "-"
"""How sure it is, of a choice of design that needs no source."""
_TEXT: Final = 100  # characters of what is looked for
_YAML: Final = "application/yaml; charset=utf-8"


class ValueLine(NamedTuple):
    """A value in words."""

    subject: str
    label: str
    words: str
    sure: str
    basis: str
    stands: str  # file and line


class CheckSheet(NamedTuple):
    """A check with all its values."""

    code: str
    name: str
    severity: str
    deadline: str
    sure: str
    lines: Sequence[ValueLine]


async def show_policy(visit: Visit, pack: LoadedPack, status: int = 200, **more: Any) -> Response:
    """The page; `more`: what a file that was tried would change, or what is wrong with it."""
    policy, query = pack.policy, visit.request.query_params
    every = [_line(pack, value) for value in read_policy(policy)]
    counts = Counter(line.sure or NO_RULE for line in every)
    text, sure = clean(query.get("q", ""))[:_TEXT], query.get("sure", "")
    wanted = sure if sure in (*SURE, NO_RULE) else ""
    found = [line for line in every if _fits(line, text, wanted)] if text or wanted else None
    context: dict[str, Any] = {
        "policy": policy,
        "chain": [one.ref for one in pack.chain],
        "sure": SURE,
        "means": SURE_MEANS,
        "counts": counts,
        "no_rule": NO_RULE,
        "text": text,
        "wanted": wanted,
        "found": found,
        "checks": [_sheet(pack, code, rule) for code, rule in sorted(policy.checks.items())],
        "sections": [
            ("累计得出的单项否决", _lines(pack, read_derived(policy))),
            ("阶梯", _lines(pack, read_ladder(policy))),
            ("限额和其他", _lines(pack, [*read_places(policy), *read_limits(policy), next(read_policy(policy))])),
        ],
        "may_try": visit.viewer.may("register"),
        "trial": None,
        "faults": (),
        "name": "",
        "errors": {},
    }
    return visit.page("policy/policy.html", status, **{**context, **more})


def pack_file(chosen: Path | str | None) -> Response:
    """The pack in force as its own file, to be changed and tried."""
    name = str(chosen or "default")
    path = FOLDER / f"{name}.yaml" if name in shipped_packs() else Path(name)
    headers = {"Content-Disposition": 'attachment; filename="policy.yaml"', "Cache-Control": "private, no-store"}
    return Response(path.read_bytes(), headers=headers, media_type=_YAML)


def _fits(line: ValueLine, text: str, sure: str) -> bool:
    said = f"{line.subject} {line.label} {line.words} {line.basis}".casefold()
    return text.casefold() in said and (not sure or (line.sure or NO_RULE) == sure)


def _sheet(pack: LoadedPack, code: str, rule: CheckRule) -> CheckSheet:
    return CheckSheet(
        code,
        rule.name,
        SEVERITY_LABELS[rule.severity],
        amount_words(rule.deadline),
        rule.deadline.sure,
        [_line(pack, value)._replace(subject=value.case) for value in read_check(code, rule)],
    )


def _lines(pack: LoadedPack, values: Iterable[Value]) -> list[ValueLine]:
    return [_line(pack, value) for value in values]


def _line(pack: LoadedPack, value: Value) -> ValueLine:
    mark = pack.marks.get(value.at)  # none where no pack of the chain says it
    stands = f"{PurePath(mark.file).name}:{mark.line}" if mark else ""
    return ValueLine(value.subject, value.label, value.words, value.sure or "", value.basis, stands)
