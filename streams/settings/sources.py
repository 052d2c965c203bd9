"""Where settings come from beside the environment, and which names there are."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

from streams.discretion import keep, shown_place

PREFIX: Final = "RECTIFY_"
CONFIG: Final = "RECTIFY_CONFIG"
CONFIG_NAME: Final = "rectify.toml"
_FILE: Final = "_FILE"
_FOREIGN: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "MAVEN_OPTS", "PGPASSWORD")
"""Secrets that libraries and tools read from the environment beside ours."""
# What Kubernetes (and Docker's links) put into every container for a Service called rectify, or rectify-<anything>.
_OF_A_SERVICE: Final = re.compile(r".*_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)")
_SERVICE_ADDRESS: Final = re.compile(r"(?:tcp|udp|sctp)://\S+:\d+")


class SettingsError(Exception):
    """Settings that cannot be used: one clear sentence a line."""


class _Source(PydanticBaseSettingsSource):
    """A source that knows all its values at once."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return None, field_name, False


class Environment(EnvSettingsSource):
    """`RECTIFY_<NAME>`, but for the address of a Service that Kubernetes calls like a setting of ours."""

    def __call__(self) -> dict[str, Any]:
        """The values."""
        values = super().__call__()
        _keep(self.settings_cls, values)
        return {name: value for name, value in values.items() if not _is_of_a_service(variable(name), str(value))}


class Toml(_Source):
    """The TOML file: the settings' names in lower case, without the prefix."""

    def __call__(self) -> dict[str, Any]:
        """The file's values; SettingsError when it cannot be read or names what is no setting."""
        named = os.environ.get(CONFIG)
        path = Path(named or CONFIG_NAME)
        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            if named:
                msg = f"{CONFIG}: the file {path} does not exist"
                raise SettingsError(msg) from None
            return {}
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            msg = f"{path}: cannot be read: {error}"
            raise SettingsError(msg) from None
        known = [*self.settings_cls.model_fields]
        unknown = [f"{path}: {key!r} is not a setting{nearest(key, known)}" for key in data if key not in known]
        if unknown:
            raise SettingsError("\n".join(unknown))
        _keep(self.settings_cls, data)
        return data


class SecretFiles(_Source):
    """`RECTIFY_<NAME>_FILE`: the value is the file's text without the line's end."""

    def __call__(self) -> dict[str, Any]:
        """The values of the files that are named; SettingsError when one cannot be read."""
        values = {}
        for name in _secrets(self.settings_cls):
            source = variable(name) + _FILE
            path = os.environ.get(source)
            if path:
                try:
                    values[name] = Path(path).read_text("utf-8").rstrip("\r\n")
                except (OSError, UnicodeDecodeError, ValueError) as error:
                    # Who has put the secret itself there is not told it.
                    reason = getattr(error, "strerror", None) or "not a text file"
                    msg = f"{source}: cannot read {shown_place('file', path).removeprefix('file:')}: {reason}"
                    raise SettingsError(msg) from None
        _keep(self.settings_cls, values)
        return values


class Stranger(NamedTuple):
    """A variable of the environment with our prefix that is no setting."""

    name: str
    text: str
    harmless: bool = False


def strangers(cls: type[BaseSettings], environment: Mapping[str, str]) -> list[Stranger]:
    """They stop nobody, for others may have put them there. What is perhaps misspelt goes first."""
    names = {variable(name) for name in cls.model_fields}
    known = names | {CONFIG} | {variable(name) + _FILE for name in _secrets(cls)}
    bare = [name.removeprefix(PREFIX) for name in sorted(known)]
    misspelt: list[Stranger] = []
    unknown: list[Stranger] = []
    foreign: list[Stranger] = []
    for name in sorted(environment):
        plain = name.upper()  # as pydantic-settings reads them: in any case
        if not plain.startswith(PREFIX):
            continue
        if _is_of_a_service(plain, environment[name]):
            unread = "，未采用 · a Service's, and not read" if plain in names else " · a Service's"
            text = f"{name} 由 Kubernetes 按 Service 设置{unread}: put there by Kubernetes, harmless"
            foreign.append(Stranger(name, text, harmless=True))
        elif plain not in known:
            close = get_close_matches(plain.removeprefix(PREFIX), bare, 1, 0.75)
            meant = f"did you mean {PREFIX}{close[0]}?" if close else "`rectify config` lists them all"
            (misspelt if close else unknown).append(Stranger(name, f"{name} 不是设置 · is not a setting; {meant}"))
    return [*misspelt, *unknown, *foreign]


def _is_of_a_service(name: str, value: str) -> bool:
    """Whether Kubernetes has put it there: by its name, or a `..._PORT` that is an address."""
    if name.endswith("_PORT") and _SERVICE_ADDRESS.fullmatch(value):
        return True
    return bool(_OF_A_SERVICE.fullmatch(name))


def foreign_secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """What is secret in the environment and is not ours."""
    for name in _FOREIGN:
        for value in (environment.get(name), environment.get(name.lower())):
            if value and (name == "PGPASSWORD" or "@" in value):
                yield value


def _keep(cls: type[BaseSettings], values: Mapping[str, Any]) -> None:
    """What is secret is hidden before anybody says what is wrong with it; of other addresses user information."""
    secret = set(_secrets(cls))
    keep(
        *(
            value
            for name, value in values.items()
            if isinstance(value, str) and (name in secret or (":" in value and "@" in value))
        )
    )


def nearest(name: str, known: list[str]) -> str:
    """The end of a sentence that says what was perhaps meant."""
    close = get_close_matches(name, known, 1, 0.6)
    return f"; did you mean {close[0]}?" if close else "; `rectify config` lists them all"


def _secrets(cls: type[BaseSettings]) -> list[str]:
    return [name for name, field in cls.model_fields.items() if "SecretStr" in str(field.annotation)]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()
