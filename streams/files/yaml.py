"""YAML as people write it: `off`, `22:00`, `007` are text (YAML 1.2), doubled keys are refused, lines are known.

What is too deep or too long is refused before it is built (O-4).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import yaml

Path = tuple[Hashable, ...]
_MOST_VALUES = 100_000  # aliases included: a file for people is far smaller
_DEEPEST = 100  # levels; the parser's own recursion ends the process at some ten thousand


class YamlError(ValueError):
    """Text that is not YAML, or has a key twice; `line` counts from 1, 0 = unknown."""

    def __init__(self, line: int, reason: str) -> None:
        """Say where and why."""
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


class MarkedYaml(NamedTuple):
    """The data, and the line (from 1) on which each value or key stands."""

    data: Any
    lines: Mapping[Path, int]

    def line(self, path: Path) -> int:
        """The line of this path, or of the nearest value around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1


class _Loader(yaml.CSafeLoader):
    """Takes for more than text only what looks like it to everybody."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(0|[1-9][0-9]*)\.[0-9]+", "-+0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def load_yaml(text: str | bytes) -> MarkedYaml:
    """Read one document. Raises YamlError."""
    try:
        _bounded(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            lines: dict[Path, int] = {}
            if node is not None:
                _mark(loader, node, (), node.start_mark.line + 1, lines)
            return MarkedYaml(None if node is None else loader.construct_document(node), lines)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = len(text.splitlines())  # an end that is missing is noticed after it
        raise YamlError(min(mark.line + 1, last) if mark else 0, error.problem or "not YAML") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise YamlError(0, f"not YAML text in UTF-8 ({error})") from error
    except RecursionError as error:
        raise YamlError(0, "nested too deeply") from error


def _bounded(text: str | bytes) -> None:
    """Looks at the text as a stream: neither so deep nor so long that reading it would cost the process its memory."""
    loader = _Loader(text)
    depth = values = 0
    try:
        while (event := loader.get_event()) is not None:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            values += isinstance(event, yaml.NodeEvent)
            if depth > _DEEPEST:
                raise YamlError(_line(event), "nested too deeply")
            if values > 2 * _MOST_VALUES:  # keys are counted here too
                raise YamlError(_line(event), f"more than {_MOST_VALUES} values")
    finally:
        loader.dispose()


def _line(event: yaml.Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.line + 1


def _mark(loader: _Loader, node: yaml.Node, path: Path, line: int, lines: dict[Path, int]) -> None:
    lines[path] = line
    if len(lines) > _MOST_VALUES:
        raise YamlError(line, f"more than {_MOST_VALUES} values")
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _mark(loader, item, (*path, index), item.start_mark.line + 1, lines)
    elif isinstance(node, yaml.MappingNode):
        for key_node, value in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise YamlError(key_line, "a key must be a plain word")
            key = loader.construct_object(key_node)
            if (*path, key) in lines:
                raise YamlError(key_line, f"the key {key!r} stands here twice")
            _mark(loader, value, (*path, key), key_line, lines)
