"""Reads a pack and those that it extends. What is wrong is said with file, line, path and what was expected.

P-2  A pack extends a shipped pack by its name (`default`, if it names none) or a file by its path, seen from its own
     folder; that one may extend another. A circle, a missing file and a name that is taken are refused; so is an option
     that there is no longer, with what holds instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from schemas.policy import Policy
from streams.files.config_file import FILE_BYTES
from streams.files.faults import FileError, FileFault
from streams.files.policy.merging import Mark, Node, grown, marks, merged, plain
from streams.files.yaml import YamlError, load_yaml

FOLDER: Final = Path(__file__).parents[2] / "policies"
_DEFAULT: Final = "default"
_SUFFIX: Final = ".yaml"
_Loc = tuple[int | str, ...]
_RETIRED: Final = {  # by the key that named it
    "verify": "one observation of absence closes a problem; whose unasked answers count is `trusted`",
    "shorten": "what is open when a guarded period begins keeps its deadline; `guarded` is for what is seen in it",
    "ladder": "guarded tickets climb the pack's own `ladder`; for clock hours it has `hourly_at`, `hourly_channels`",
    "recheck_before_due": "runs look again, and a unit's claim asks for a recheck",
    "transfer": "a ticket that is handed on keeps its deadline; a person may extend it",
}


class LoadedPack(NamedTuple):
    """A pack, by which others it came about, and where each of its values stands."""

    policy: Policy
    chain: tuple[Policy, ...]  # from the root, itself last
    marks: Mapping[tuple[Any, ...], Mark]


class _Layer(NamedTuple):
    root: Node
    chain: tuple[Policy, ...]


def shipped_packs() -> tuple[str, ...]:
    """The names of the packs that come with the program, the national default first."""
    names = sorted(path.stem for path in FOLDER.glob(f"*{_SUFFIX}"))
    return (_DEFAULT, *(name for name in names if name != _DEFAULT))


def load_policy(chosen: Path | str | None = None) -> Policy:
    """The national default pack, another shipped one by its name, or a file that extends one of them.

    Raises:
        FileError: the file cannot be read, is not YAML, or is not a pack.

    """
    return _layer(chosen).chain[-1]


def load_pack(chosen: Path | str | None = None) -> LoadedPack:
    """The same, with all that `policy show` tells of it. Raises FileError."""
    layer = _layer(chosen)
    return LoadedPack(layer.chain[-1], layer.chain, MappingProxyType(marks(layer.root)))


def _layer(chosen: Path | str | None) -> _Layer:
    name = _DEFAULT if chosen is None else str(chosen)
    if name in shipped_packs():
        return _shipped(name)
    path = Path(name)
    if path.name == name and not path.suffix and not path.exists():
        raise FileError(FileFault(name, 0, "", f"no such file, and no built-in pack: {_offered()}"))
    return _loaded(path, name, ())


@cache
def _shipped(name: str) -> _Layer:
    path = FOLDER / f"{name}{_SUFFIX}"
    return _loaded(path, path.name, ())


def _loaded(path: Path, file: str, below: tuple[tuple[Path, str], ...]) -> _Layer:
    """The pack in a file; `below` are the files, and how they are called, that extend it."""
    own = _read(path, file)
    base = _base(path, file, own, (*below, (path.resolve(), file)))
    _check_name(path, file, own, base)
    root = merged(base.root, own) if base else own
    try:
        policy = Policy.model_validate(plain(root))
    except ValidationError as error:
        raise FileError(*_faults(marks(root), error)) from error
    return _Layer(root, (*(base.chain if base else ()), policy))


def _read(path: Path, file: str) -> Node:
    try:
        if path.stat().st_size > FILE_BYTES:
            raise FileError(FileFault(file, 0, "", f"larger than {FILE_BYTES} bytes"))
        document = load_yaml(path.read_bytes())
    except OSError as error:
        raise FileError(FileFault(file, 0, "", f"cannot be read ({error.strerror})")) from error
    except YamlError as error:
        raise FileError(FileFault(file, error.line, "", error.reason)) from error
    if not isinstance(document.data, dict):
        raise FileError(FileFault(file, 1, "", "a pack is expected: `pack:`, `version:`, `checks:` and so on"))
    return grown(document, file)


def _base(path: Path, file: str, own: Node, below: tuple[tuple[Path, str], ...]) -> _Layer | None:
    """The pack that this one extends; None for the national default."""
    wanted = own.content.get("extends")
    name = _DEFAULT if wanted is None or wanted.content is None else plain(wanted)
    if path == FOLDER / f"{_DEFAULT}{_SUFFIX}":
        return None
    if name in shipped_packs():
        return _shipped(name)
    line = own.mark.line if wanted is None else wanted.mark.line
    known = f"expected {_offered()}, or a path seen from this file's folder"
    if not isinstance(name, str):
        raise FileError(FileFault(file, line, "extends", f"{known}, not {name!r}"))
    found = path.parent / name
    if not _is_file(found):
        raise FileError(FileFault(file, line, "extends", f"{known}; there is no file {found}"))
    round_trip = [called for place, called in below]
    if found.resolve() in [place for place, _ in below]:
        circle = " → ".join([*round_trip, str(found)])
        raise FileError(FileFault(file, line, "extends", f"packs that extend each other in a circle: {circle}"))
    return _loaded(found, str(found), below)


def _is_file(path: Path) -> bool:
    """Whether it is there; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:  # too long, or a folder that may not be looked into
        return False


def _check_name(path: Path, file: str, own: Node, base: _Layer | None) -> None:
    """A ticket says by it under which rules it was opened."""
    given = own.content.get("pack")
    if given is None:
        return
    name = given.content
    taken = ""
    if name in shipped_packs() and path != FOLDER / f"{name}{_SUFFIX}":
        taken = "this is the name of a built-in pack"
    elif base is not None and name in [policy.pack for policy in base.chain]:
        taken = "this is the name of a pack that it extends"
    if taken:
        raise FileError(FileFault(file, given.mark.line, "pack", f"{taken}; give yours a name of its own"))


def _offered() -> str:
    return f"one of the built-in packs {', '.join(shipped_packs())}"


def _faults(stands: Mapping[tuple[Any, ...], Mark], error: ValidationError) -> Iterator[FileFault]:
    reasons: dict[_Loc, list[str]] = {}
    for item in error.errors(include_url=False):
        # pydantic ends a path with steps of its own (which member of a union failed) that are not in the file.
        path: _Loc = _nearest(stands, item["loc"])
        match item["type"]:
            case "extra_forbidden" if (holds := _RETIRED.get(str(path[-1]))) is not None:
                reason = f"there is no such option any more: {holds}"
            case "extra_forbidden":
                reason = f"unknown key; expected one of {', '.join(_model_at(item['loc']).model_fields)}"
            case "missing":
                path, reason = item["loc"], "this key is missing"
            case "value_error":
                reason = str(item["ctx"]["error"])
            case _ if item["input"] is None:
                reason = f"{item['msg']}; null cannot take it away"
            case _:
                reason = f"{item['msg']}, not {item['input']!r}"
        reasons.setdefault(path, []).append(reason)
    found = [(stands[_nearest(stands, path)], path, said) for path, said in reasons.items()]
    for mark, path, said in sorted(found, key=lambda entry: entry[0]):
        yield FileFault(mark.file, mark.line, ".".join(map(str, path)), "; or: ".join(said))


def _nearest(stands: Mapping[tuple[Any, ...], Mark], loc: _Loc) -> _Loc:
    """The longest beginning of the path that stands in a file."""
    return loc[: max(end for end in range(len(loc) + 1) if loc[:end] in stands)]


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
