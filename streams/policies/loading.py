"""Reads a pack. What is wrong is said with file, line, path and what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from schemas.policy import Policy
from streams.marked_yaml import MarkedYaml, YamlError, load_yaml

_DEFAULT = Path(__file__).with_name("default.yaml")
_BY_ENTRY = (
    "limits",
    "sending",
    "derived",
    "guarded",
)  # merged entry by entry; an entry is replaced whole, with its basis
_Loc = tuple[int | str, ...]
_OWN = ("pack", "version", "title")  # never inherited: tickets say by them which rules they were opened under


class Problem(NamedTuple):
    """One thing wrong with a pack."""

    file: str
    line: int
    path: str
    reason: str

    def __str__(self) -> str:
        """`pack.yaml:12: checks.link.dead.severity: ...`, as editors understand it."""
        return f"{self.file}:{self.line}: {self.path or '(file)'}: {self.reason}"


class PolicyError(ValueError):
    """A pack that cannot be used; `problems` lists all that is wrong with it."""

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems; the text is one line for each."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load_policy(path: Path | None = None) -> Policy:
    """The built-in default pack, or a file that extends it (`extends: default`, only what differs) or stands alone.

    Raises:
        PolicyError: the file cannot be read, is not YAML, or is not a pack.

    """
    return _default() if path is None else _checked(str(path), _read(path), _default_data())


@cache
def _default() -> Policy:
    return _checked(_DEFAULT.name, _read(_DEFAULT), {})


@cache
def _default_data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = _read(_DEFAULT).data
    return data


def _read(path: Path) -> MarkedYaml:
    try:
        document = load_yaml(path.read_bytes())
    except OSError as error:
        raise PolicyError(Problem(str(path), 0, "", f"cannot be read ({error.strerror})")) from error
    except YamlError as error:
        raise PolicyError(Problem(str(path), error.line, "", error.reason)) from error
    if not isinstance(document.data, dict):
        raise PolicyError(Problem(str(path), 1, "", "a pack is expected: `pack:`, `version:`, `checks:` and so on"))
    return document


def _checked(file: str, document: MarkedYaml, default: Mapping[str, Any]) -> Policy:
    own = document.data
    base = default if own.get("extends", "default") == "default" else None
    if base is None:
        found = f"expected `default`, the built-in pack, not {own['extends']!r}"
        raise PolicyError(Problem(file, document.line(("extends",)), "extends", found))
    if default and own.get("pack") == default["pack"]:
        taken = "this is the built-in pack's name; give yours a name of its own"
        raise PolicyError(Problem(file, document.line(("pack",)), "pack", taken))
    try:
        return Policy.model_validate(_merged(base, own))
    except ValidationError as error:
        raise PolicyError(*_problems(file, document, error)) from error


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = {key: value for key, value in base.items() if key not in _OWN} | dict(own)
    for key in ("checks", *_BY_ENTRY):
        ours, theirs = own.get(key), base.get(key)
        if isinstance(ours, dict) and theirs is not None:
            merged[key] = {**theirs, **ours}
    checks = own.get("checks")
    for code, rule in checks.items() if isinstance(checks, dict) else ():
        if isinstance(rule, dict) and code in base.get("checks", {}):
            merged["checks"][code] = {**base["checks"][code], **rule}
    return merged


def _problems(file: str, document: MarkedYaml, error: ValidationError) -> Iterator[Problem]:
    reasons: dict[_Loc, list[str]] = {}
    for item in error.errors(include_url=False):
        # pydantic ends a path with steps of its own (which member of a union failed) that are not in the file.
        known = [end for end in range(len(item["loc"]) + 1) if item["loc"][:end] in document.lines]
        path: _Loc = item["loc"][: max(known)]
        match item["type"]:
            case "extra_forbidden":
                reason = f"unknown key; expected one of {', '.join(_model_at(item['loc']).model_fields)}"
            case "missing":
                path, reason = item["loc"], "this key is missing"
            case "value_error":
                reason = str(item["ctx"]["error"])
            case _:
                reason = f"{item['msg']}, not {item['input']!r}"
        reasons.setdefault(path, []).append(reason)
    for path, said in sorted(reasons.items(), key=lambda item: document.line(item[0])):
        yield Problem(file, document.line(path), ".".join(map(str, path)), "; or: ".join(said))


def _model_at(loc: _Loc) -> type[BaseModel]:
    """The model whose keys are expected where the path ends."""
    model: type[BaseModel] = Policy
    for step in loc:
        field = model.model_fields.get(str(step))
        model = (_model_in(field.annotation) if field else None) or model
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
