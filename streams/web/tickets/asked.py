"""What an address asks of the list: its query string is the whole state, and nothing of it is kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import urlencode

from schemas.policy import Policy
from schemas.vocabulary import ASSET_KIND_LABELS, SEVERITY_LABELS, STATUS_LABELS
from streams.presentation.labels import PLATFORM
from streams.presentation.ticket_list.chips import FILTERS, chip_words
from streams.presentation.ticket_list.columns import COLUMNS, STANDARD
from streams.rules.state.snapshot import Registry
from streams.services.ticket_query import COLOURS, DECIDED, BadQuery, TicketQuery, read_query, rungs_of
from streams.services.viewers import Viewer

SHOWN: Final = tuple(name for name in STANDARD if name != "code")  # it stands below the asset
SELECTED: Final = 200  # options of a list to choose from; more are typed
_PLACE: Final = ("after", "done")
Pairs = tuple[tuple[str, str], ...]


class Chip(NamedTuple):
    """A filter in words, and the query without it."""

    words: str
    without: str


@dataclass(frozen=True, slots=True)
class Asked:
    """An address of the list, read. `faults`: a sentence for each name that cannot be understood; then no `query`."""

    pairs: Pairs  # without a place in the list
    query: TicketQuery | None
    columns: tuple[str, ...]
    labels: Mapping[str, Mapping[str, str]]  # of coded values, by name
    faults: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What was given, for its field."""
        return ",".join(value for one, value in self.pairs if one == name)

    def has(self, name: str, value: str) -> bool:
        """Whether a list of values has this one."""
        return value in self.value(name).split(",")

    def address(self, **changed: str) -> str:
        """The query string with these instead; empty ones are left out."""
        kept = [(name, value) for name, value in self.pairs if name not in changed]
        return urlencode([*kept, *((name, value) for name, value in changed.items() if value)])

    @property
    def chips(self) -> list[Chip]:
        """Every filter that is set."""
        names = dict.fromkeys(name for name, _ in self.pairs if name in FILTERS)
        return [Chip(chip_words(name, self.value(name), self.labels), self.address(**{name: ""})) for name in names]

    @property
    def cleared(self) -> str:
        """The query string without any filter: order, columns and length stay."""
        return urlencode([one for one in self.pairs if one[0] not in FILTERS])


def read_asked(params: Iterable[tuple[str, str]], policy: Policy, registry: Registry, viewer: Viewer) -> Asked:
    """Reads an address; what is wrong with it stands in `faults`."""
    given = [(name, value.strip()) for name, value in params if value.strip() and name != "done"]
    pairs = tuple(one for one in given if one[0] not in _PLACE)
    columns = [name for key, value in given if key == "columns" for name in value.split(",")]
    labels = labels_of(policy, registry, viewer)
    shown = tuple(name for name in dict.fromkeys(columns) if name in COLUMNS) or SHOWN
    try:
        query = read_query((one for one in given if one[0] != "columns"), policy, registry.zone)
    except BadQuery as error:
        return Asked(pairs, None, shown, labels, error.faults)
    return Asked(pairs, query, shown, labels)


def labels_of(policy: Policy, registry: Registry, viewer: Viewer) -> dict[str, Mapping[str, str]]:
    """The words of everything that can be chosen; units are those that the viewer sees."""
    return {
        "unit": {one.unit_id: one.name for one in registry.units.values() if viewer.sees(one.unit_id)},
        "kind": ASSET_KIND_LABELS,
        "platform": PLATFORM,
        "check": {code: rule.name for code, rule in policy.checks.items()},
        "status": STATUS_LABELS,
        "light": {str(name): words for name, words in COLOURS.items()},
        "rung": rungs_of(policy),
        "decide": {str(kind): words for kind, words in DECIDED.items()},
        "severity": SEVERITY_LABELS,
    }


def options(labels: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Code and word of each, by the word; none where they are too many to choose from."""
    return sorted(labels.items(), key=lambda one: one[1]) if len(labels) <= SELECTED else ()
