"""Coverage: which places of an asset a run's `locators` reach (rule C-20).

C-20  A locator that ends in `*` covers every place that begins with what stands before it; any other, also one that
      ends in `/`, names one place. A place that is only reached by such a prefix is not named: what other producers
      have found there stays open (C-3).
Places are compared as fingerprints compare them (D-1). A prefix that reaches into a page's fragment is that one page,
because fragments are no part of a place: it must not grow into more than the producer has looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from schemas.run import Run
from streams.rules.fingerprint import normalised


class Coverage(NamedTuple):
    """A run's locators, read once for all problems of the asset."""

    named: frozenset[str]
    stems: tuple[str, ...]

    def names(self, locator: str) -> bool:
        """Whether exactly this place is listed."""
        return normalised(locator) in self.named

    def reaches(self, locator: str) -> bool:
        """Whether this place is listed, or lies under a prefix."""
        place = normalised(locator)
        return place in self.named or place.startswith(self.stems)


def coverage(locators: Iterable[str]) -> Coverage:
    """What these locators cover."""
    named, stems = set(), set()
    for locator in locators:
        stem = locator.removesuffix("*")
        place = normalised(stem)
        if stem == locator or place.count("#") < stem.count("#"):
            named.add(place)
        else:
            stems.add(place)
    return Coverage(frozenset(named), tuple(sorted(stems)))


def covers(run: Run, places: Coverage | None, check: str, locator: str) -> bool:
    """Whether the run has looked for this check at this place; `places`: its locators, if it names any."""
    if check not in run.checks:
        return False
    if places is None:
        return run.status == "complete"
    return places.reaches(locator)
