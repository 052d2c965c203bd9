"""Assets by whatever people call them: id, number in the national register, name, address of one of their pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from pydantic import ValidationError

from schemas.registry import Asset
from streams.services.connections import kafka_config, topics_of
from streams.services.listening import open_reader
from streams.settings.model import Settings

_KEY: Final = "asset:"


class _Site(NamedTuple):
    host: str
    path: str
    asset_id: str


class KnownAssets:
    """The registered assets, for looking them up."""

    def __init__(self, assets: Iterable[Asset]) -> None:
        self._assets = {asset.asset_id: asset for asset in assets}
        self._names: dict[str, set[str]] = {}
        self._sites: list[_Site] = []
        for asset in self._assets.values():
            for name in (asset.name, asset.code):
                if name:
                    self._names.setdefault(_plain(name), set()).add(asset.asset_id)
            if asset.url and (site := _split(asset.url)) is not None:
                self._sites.append(_Site(site[0], _folder(site[1]), asset.asset_id))

    def __getitem__(self, asset_id: str) -> Asset | None:
        """The asset of this id, if it is registered."""
        return self._assets.get(asset_id)

    def find(self, word: str) -> str | None:
        """The id of the one asset that is called so, or that this address belongs to; None: none, or not one alone."""
        if word in self._assets:
            return word
        named = self._names.get(_plain(word), set())
        if named:
            return next(iter(named)) if len(named) == 1 else None
        return self.owner(word)

    def owner(self, address: str) -> str | None:
        """The asset with the longest registered address above this one; None: none, or two with the same."""
        page = _split(address)
        if page is None:
            return None
        above = [site for site in self._sites if site.host == page[0] and f"{page[1]}/".startswith(site.path)]
        longest = max((len(site.path) for site in above), default=0)
        best = {site.asset_id for site in above if len(site.path) == longest}
        return best.pop() if len(best) == 1 else None


def below(address: str, site: str | None) -> bool:
    """Whether a page belongs to the site: the same host, and a path below the site's."""
    page, above = _split(address), _split(site or "")
    if page is None or above is None or ".." in page[1].split("/"):
        return False
    return page[0] == above[0] and f"{page[1]}/".startswith(_folder(above[1]))


async def known_assets(settings: Settings) -> KnownAssets:
    """As the registry's topic has them now. Raises Failure: no broker, no topic."""
    found: dict[str, Asset] = {}
    async with open_reader(kafka_config(settings), [topics_of(settings).registry], from_beginning=True) as reader:
        async for record in reader.to_the_end():
            key = (record.key or b"").decode("utf-8", "replace")
            if not key.startswith(_KEY):
                continue
            found.pop(key, None)
            try:
                if record.value is not None:
                    found[key] = Asset.model_validate_json(record.value)
            except ValidationError:  # what this release cannot read is as good as not there (O-14)
                continue
    return KnownAssets(found.values())


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _split(address: str) -> tuple[str, str] | None:
    """Host with its port, and the path; None: no web address."""
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}" if "." in text and " " not in text else "")
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return None
    if not host or parts.scheme not in ("http", "https"):
        return None
    standard = port in (None, {"http": 80, "https": 443}[parts.scheme])
    return (host if standard else f"{host}:{port}"), parts.path or "/"


def _folder(path: str) -> str:
    """Of the address of a site: `/kjj` is a folder, `/kjj/index.html` stands in one."""
    head, _, last = path.rpartition("/")
    return f"{head}/" if "." in last else f"{path.rstrip('/')}/"
