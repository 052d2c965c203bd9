"""The six notices as data, and who is behind each finding: asset, owner, supervisor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from streams.demo.fates import Fate
from streams.demo.storyboard import FATES
from streams.presentation.bulletins.words import MESSAGE_KINDS

_ENDINGS: Final = ("门户网站", "网站", "官网")
_PLACES: Final = {kind: MESSAGE_KINDS[kind] for kind in ("message", "comment")}
"""What has a number of its own, and no address."""


@dataclass(frozen=True, slots=True)
class PublishedNotice:
    """A published notice 通报."""

    notice_id: str
    title: str
    issuer: dict[str, str]
    period: dict[str, str]
    report_back: str | None  # the day by which it wants an answer
    items: tuple[Item, ...]
    registered: tuple[dict[str, Any], ...]  # assets that the notice describes, with or without a finding


@dataclass(frozen=True, slots=True)
class Item:
    """One finding of a notice, with its fate."""

    notice_id: str
    number: int
    found: dict[str, Any]
    fate: Fate

    @property
    def asset_id(self) -> str:
        """The asset, as in the registry."""
        return self.fate.asset_id

    @property
    def check(self) -> str:
        """What was looked for."""
        return str(self.found["check"])

    @property
    def key(self) -> tuple[str, str]:
        """Asset and check: of each there is one finding in the notices."""
        return self.asset_id, self.check

    @property
    def kind(self) -> str:
        """`website` or `account`; where the notice does not say, messages belong to a website."""
        return str(self.found.get("kind", "website" if self.check.startswith("message.") else "account"))

    @property
    def asset_name(self) -> str:
        """As published; a finding that names no asset is about one of its unit."""
        if "asset" in self.found:
            return str(self.found["asset"])
        return f"{self.found['unit']}{'网站' if self.kind == 'website' else '政务新媒体'}"

    @property
    def unit_name(self) -> str:
        """As published; otherwise whoever owns the asset."""
        if "unit" in self.found:
            return str(self.found["unit"])
        if self.kind == "account":
            return f"{self.asset_name}主办单位"
        return next(self.asset_name.removesuffix(end) for end in _ENDINGS if self.asset_name.endswith(end))

    @property
    def locator(self) -> str:
        """Where on the asset; messages and comments have a number."""
        place = _PLACES.get(self.check.partition(".")[0])
        return str(self.found.get("locator", f"{place}{self.number:02}" if place else ""))


@cache
def notices() -> tuple[PublishedNotice, ...]:
    """All of them, in the order of the file."""
    text = Path(__file__).with_name("notices.yaml").read_text(encoding="utf-8")
    return tuple(_notice(document) for document in yaml.safe_load(text)["notices"])


def items() -> Iterator[Item]:
    """Every finding of every notice."""
    return (item for notice in notices() for item in notice.items)


def expected() -> Iterator[Item]:
    """Every finding, and the vetoes that findings amount to: each has a ticket."""
    for item in items():
        yield item
        for code, fate in item.fate.adds_up.items():
            yield replace(item, found={**item.found, "check": code}, fate=fate)


def _notice(document: dict[str, Any]) -> PublishedNotice:
    notice_id, fates = document["id"], FATES[document["id"]]
    assets = {asset["asset_id"]: asset for asset in document.get("assets", ())}
    found: Sequence[dict[str, Any]] = [
        _named(facts, assets[facts["asset_id"]], document) if "asset_id" in facts else facts
        for facts in document["findings"]
    ]
    return PublishedNotice(
        notice_id,
        document["title"],
        document["issuer"],
        {end: str(day) for end, day in document["period"].items()},
        str(document["report_back"]["by"]) if "report_back" in document else None,
        tuple(Item(notice_id, n, facts, fate) for n, (facts, fate) in enumerate(zip(found, fates, strict=True), 1)),
        tuple(assets.values()),
    )


def _named(facts: dict[str, Any], asset: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A finding that names its asset by id, with the asset's own words; such an asset is the issuer's."""
    return {"asset": asset["name"], "unit": document["issuer"]["name"], "kind": asset["kind"], **facts}
