"""Where settings come from beside the environment, and which names there are."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

PREFIX: Final = "RECTIFY_"
CONFIG: Final = "RECTIFY_CONFIG"
CONFIG_NAME: Final = "rectify.toml"
_FILE: Final = "_FILE"


class SettingsError(Exception):
    """Settings that cannot be used: one clear sentence a line."""


class _Source(PydanticBaseSettingsSource):
    """A source that knows all its values at once."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        return None, field_name, False


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
                except (OSError, UnicodeDecodeError) as error:
                    msg = f"{source}: cannot read {path}: {getattr(error, 'strerror', None) or error}"
                    raise SettingsError(msg) from None
        return values


def unknown_variables(cls: type[BaseSettings], environment: Mapping[str, str]) -> list[str]:
    """One sentence for each variable with our prefix that is no setting."""
    known = {variable(name) for name in cls.model_fields} | {CONFIG}
    known |= {variable(name) + _FILE for name in _secrets(cls)}
    # As pydantic-settings reads them: in any case.
    return [
        f"{name} is not a setting{nearest(name, sorted(known))}"
        for name in sorted(environment)
        if name.upper().startswith(PREFIX) and name.upper() not in known
    ]


def nearest(name: str, known: list[str]) -> str:
    """The end of a sentence that says what was perhaps meant."""
    close = get_close_matches(name, known, 1, 0.6)
    return f"; did you mean {close[0]}?" if close else "; `rectify config` lists them all"


def _secrets(cls: type[BaseSettings]) -> list[str]:
    return [name for name, field in cls.model_fields.items() if "SecretStr" in str(field.annotation)]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()
