"""A pack over the pack that it extends: what it repeats replaces, and every value remembers file and line.

P-1  A pack repeats only what differs. Checks are merged key by key, their variants by `when` (new ones go before),
     limits, sending, commands, guarded terms and derived counts entry by entry; any other value is replaced whole,
     with its basis. `null` takes away a veto, a deduction, a guarded amount, a longest extension, a discriminator, or
     a derived count; a variant goes with `deadline: null`, all variants with `[]`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from streams.files.yaml import MarkedYaml, Path

_HEAD: Final = ("pack", "version", "title", "extends", "in_force", "source")  # each pack's own, never inherited
_BY_ENTRY: Final = ("limits", "places", "sending", "derived", "guarded", "commands")


class Mark(NamedTuple):
    """Where a value stands."""

    file: str
    line: int


class Node(NamedTuple):
    """A value of a pack: `content` is a mapping or a list of nodes, or a plain value."""

    mark: Mark
    content: Any


def grown(document: MarkedYaml, file: str) -> Node:
    """The nodes of a document."""

    def grow(data: object, path: Path) -> Node:
        mark = Mark(file, document.line(path))
        if isinstance(data, dict):
            return Node(mark, {key: grow(value, (*path, key)) for key, value in data.items()})
        if isinstance(data, list):
            return Node(mark, [grow(value, (*path, index)) for index, value in enumerate(data)])
        return Node(mark, data)

    return grow(document.data, ())


def plain(node: Node) -> Any:
    """The data without its marks."""
    if isinstance(node.content, dict):
        return {key: plain(child) for key, child in node.content.items()}
    if isinstance(node.content, list):
        return [plain(child) for child in node.content]
    return node.content


def marks(node: Node) -> dict[Path, Mark]:
    """Where each value stands, by its path."""
    return dict(_marks(node, ()))


def merged(base: Node, own: Node) -> Node:
    """A pack over the one that it extends (P-1)."""
    kept = {key: node for key, node in base.content.items() if key not in _HEAD}
    return _by_key(Node(base.mark, kept), own, _section)


def _marks(node: Node, path: Path) -> Iterator[tuple[Path, Mark]]:
    yield path, node.mark
    children: Any = ()
    if isinstance(node.content, dict):
        children = node.content.items()
    elif isinstance(node.content, list):
        children = enumerate(node.content)
    for key, child in children:
        yield from _marks(child, (*path, key))


def _by_key(base: Node, own: Node, over: Callable[[Hashable, Node, Node], Node | None]) -> Node:
    """Own keys over those of the base; `over` says how one replaces the other, None = it is gone."""
    content = dict(base.content)
    for key, node in own.content.items():
        result = over(key, content[key], node) if key in content else node
        if result is None:
            del content[key]
        else:
            content[key] = result
    return Node(own.mark, content)


def _section(key: Hashable, base: Node, own: Node) -> Node:
    if not isinstance(base.content, dict) or not isinstance(own.content, dict):
        return own
    if key == "checks":
        return _by_key(base, own, lambda _, before, after: _rule(before, after))
    if key == "default_check":
        return _rule(base, own)
    if key in _BY_ENTRY:
        removable = key == "derived"
        return _by_key(base, own, lambda _, __, after: None if removable and after.content is None else after)
    return own


def _rule(base: Node, own: Node) -> Node:
    if not isinstance(base.content, dict) or not isinstance(own.content, dict):
        return own
    return _by_key(base, own, lambda key, before, after: _variants(before, after) if key == "variants" else after)


def _variants(base: Node, own: Node) -> Node:
    """Those with the same `when` are merged in their places, new ones come first; none at all takes all away."""
    if not isinstance(own.content, list) or not own.content:
        return own
    repeated = [(_when(node), node) for node in own.content]
    content = []
    for variant in base.content:
        when = _when(variant)
        again = [node for wanted, node in repeated if wanted is not None and wanted == when]
        result = _by_key(variant, again[-1], lambda _, __, after: after) if again else variant
        if result.content["deadline"].content is not None:
            content.append(result)
    known = [_when(variant) for variant in base.content]
    return Node(own.mark, [node for when, node in repeated if when is None or when not in known] + content)


def _when(variant: Node) -> Mapping[str, Any] | None:
    when = variant.content.get("when") if isinstance(variant.content, dict) else None
    return None if when is None else plain(when)
