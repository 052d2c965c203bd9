"""Coverage: which places of an asset a run's `locators` reach (rules C-20, C-51).

C-20  A locator that ends in `*` covers every place that begins with what stands before it; any other, also one that
      ends in `/`, names one place. A place that is only reached by such a prefix is not named: what other producers
      have found there stays open (C-3).
C-51 What a run has `missed`, written as `locators`, it has not covered, whatever else it says of it.
Places are compared as fingerprints compare them (D-1). A prefix that ends in what is no part of a place (a fragment, a
session id, a parameter that the pack ignores) is that one place: it must not grow into more than the producer has
looked at.

A run may name 500 checks and 10,000 places, and is compared with every problem of its asset: so checks and places are
sets, and prefixes are found by halving.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from schemas.run import Run

_END: Final = "\ue000"  # stands for what may follow a prefix; nobody has it in an address
_CODED: Final = "%EE%80%80"
_SITE: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#\\]*")


class Coverage(NamedTuple):
    """A run's locators, as places."""

    named: frozenset[str]
    stems: tuple[str, ...]  # in order, none begins with another

    def reaches(self, place: str) -> bool:
        """Whether this place is listed, or lies under a prefix."""
        if place in self.named:
            return True
        # Only the last stem that does not come after it can be its beginning, since no stem begins with another.
        at = bisect_right(self.stems, place)
        return at > 0 and place.startswith(self.stems[at - 1])


def coverage(locators: Iterable[str], place: Callable[[str], str]) -> Coverage:
    """What these locators cover; `place` says how a locator is compared."""
    named, stems = set(), set()
    for locator in locators:
        if not locator.endswith("*"):
            named.add(place(locator))
        elif (stem := _stem(locator[:-1].rstrip(), place)) is not None:
            stems.add(stem)
        else:
            named.add(place(locator[:-1]))
    widest: list[str] = []
    for stem in sorted(stems):
        if not widest or not stem.startswith(widest[-1]):
            widest.append(stem)
    return Coverage(frozenset(named), tuple(widest))


def _stem(prefix: str, place: Callable[[str], str]) -> str | None:
    """With what the places begin that begin with this; None where what follows is no part of a place."""
    if _SITE.fullmatch(prefix):
        return place(prefix)
    below = place(prefix + _END)
    for end in (_END, _CODED):
        if below.endswith(end):
            return below[: -len(end)]
    return None


class ParsedRun(NamedTuple):
    """A run's message, and what it has looked at; read once a decision (lookups.py)."""

    run: Run
    checks: frozenset[str]
    places: Coverage | None  # its locators, if it names any
    missed: Coverage | None  # what it has not looked at, if it names any
    place: Callable[[str], str]  # a locator as a place

    def covers(self, check: str, locator: str) -> bool:
        """Whether the run has looked for this check at this place."""
        if check not in self.checks or self._missed(locator):
            return False
        if self.places is None:
            return self.run.status == "complete"
        return self.places.reaches(self.place(locator))

    def names(self, locator: str) -> bool:
        """Whether exactly this place is listed."""
        return self.places is not None and self.place(locator) in self.places.named and not self._missed(locator)

    def _missed(self, locator: str) -> bool:
        return self.missed is not None and self.missed.reaches(self.place(locator))
