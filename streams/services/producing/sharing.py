"""A report about several sites (`rectify produce --assets auto`): whose each finding and each page is.

F-16  With `--assets auto` a finding belongs to the asset with the longest registered address above its page (`url` of
      its evidence, otherwise its place), a page that was looked at likewise, and each asset gets a run of its own.
      None of these runs is of a whole asset, whatever the tool is: it names the places. What is below no registered
      address is left out and counted; a row that cannot be read is everybody's, and no run is complete. Of a report
      that says that its start page did not answer nothing is published: whose page that is nobody has said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from streams.files.mappings.reading import ReportReading
from streams.services.producing.assets import KnownAssets

NOBODY_S: Final = "-"  # in the place of an asset, until it is known whose a finding is
STRANGE: Final = "不在名录所登记的网址之下 · below no registered address"


def shared(reading: ReportReading, assets: KnownAssets) -> dict[str, ReportReading]:
    """The parts of a report by asset; what is nobody's is left out of each, and counted in the first.

    None of a report whose start page did not answer: whose that is is not said.
    """
    if reading.down:
        return {}
    messages: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    strange = 0
    for message in reading.messages:
        owner = _owner(message, assets)
        if owner is None:
            strange += 1
        else:
            messages[owner].append({**message, "asset_id": owner})
    covered, missed = _by_owner(reading.covered, assets), _by_owner(reading.missed, assets)
    parts = {
        owner: replace(
            reading,
            messages=tuple(messages[owner]),
            covered=tuple(covered[owner]),
            missed=tuple(missed[owner]),
            left_out={},
        )
        for owner in sorted({*messages, *covered})
    }
    for owner in [*parts][:1]:
        parts[owner] = replace(parts[owner], left_out=Counter(reading.left_out) + Counter({STRANGE: strange}))
    return parts


def _owner(message: dict[str, Any], assets: KnownAssets) -> str | None:
    if message["asset_id"] != NOBODY_S:
        return str(message["asset_id"])
    if message["type"] != "finding":
        return None
    return assets.owner(str(message.get("evidence", {}).get("url") or message.get("locator") or ""))


def _by_owner(places: Iterable[str], assets: KnownAssets) -> defaultdict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for place in places:
        owner = assets.owner(place)
        if owner is not None:
            found[owner].append(place)
    return found
