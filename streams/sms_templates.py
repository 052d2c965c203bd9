"""The file of approved short message templates (`RECTIFY_SMS_TEMPLATES`), checked as a whole when it is read (N-42).

What is wrong is said as `file:line: path: reason`, all of it at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from notifiers.sms.templates import LONGEST, TEMPLATE_KINDS, Provider, Template, Templates, faults
from streams.marked_yaml import MarkedYaml, YamlError, load_yaml
from streams.registry_tables import Loc

_FIELDS: Final = ("id", "sign", "text", "variables")
_PROVIDER_FIELDS: Final = ("sign", "templates")
FILE_BYTES: Final = 1024 * 1024


class TemplateProblem(NamedTuple):
    """One thing wrong with the file."""

    file: str
    line: int
    path: str
    reason: str

    def __str__(self) -> str:
        """As editors understand it."""
        return f"{self.file}:{self.line}: {self.path or '(file)'}: {self.reason}"


class TemplateError(ValueError):
    """A file that cannot be used; `problems` lists all that is wrong with it."""

    def __init__(self, *problems: TemplateProblem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load_templates(path: Path) -> dict[Provider, Templates]:
    """The templates of every provider in the file.

    Raises:
        TemplateError: with everything that is wrong.

    """
    try:
        if path.stat().st_size > FILE_BYTES:
            raise TemplateError(TemplateProblem(path.name, 0, "", f"larger than {FILE_BYTES} bytes"))
        document = load_yaml(path.read_bytes())
    except OSError as error:
        raise TemplateError(TemplateProblem(str(path), 0, "", f"cannot be read ({error.strerror})")) from error
    except YamlError as error:
        raise TemplateError(TemplateProblem(path.name, error.line, "", error.reason)) from error
    reading = _Reading(path.name, document)
    loaded = dict(reading.providers())
    if reading.problems:
        raise TemplateError(*reading.problems)
    return loaded


class _Reading:
    """One file on its way to templates; what is wrong is gathered."""

    def __init__(self, file: str, document: MarkedYaml) -> None:
        self._file = file
        self._document = document
        self.problems: list[TemplateProblem] = []

    def providers(self) -> Iterator[tuple[Provider, Templates]]:
        providers = self._record(self._document.data, (), tuple(LONGEST))
        if not providers:
            self._wrong((), f"expected a section {' or '.join(LONGEST)}")
        for name, section in providers.items():
            yield cast("Provider", name), self._provider(cast("Provider", name), section)

    def _provider(self, provider: Provider, section: Any) -> Templates:
        at: Loc = (provider,)
        fields = self._record(section, at, _PROVIDER_FIELDS)
        sign = self._text(fields, (*at, "sign")) if "sign" in fields else ""
        listed = self._record(fields.get("templates"), (*at, "templates"), TEMPLATE_KINDS)
        found = {
            kind: self._template(provider, sign, record, (*at, "templates", kind)) for kind, record in listed.items()
        }
        templates = Templates(provider, found)
        if templates.missing:
            self._wrong((*at, "templates"), f"no template for {', '.join(templates.missing)}, and no `any`")
        return templates

    def _template(self, provider: Provider, sign: str, record: Any, at: Loc) -> Template:
        fields = self._record(record, at, _FIELDS)
        lengths = self._record(fields.get("variables", {}), (*at, "variables"), None)
        template = Template(
            template_id=self._text(fields, (*at, "id")),
            sign=self._text(fields, (*at, "sign")) if "sign" in fields or not sign else sign,
            text=self._text(fields, (*at, "text")),
            variables={name: self._length(length, (*at, "variables", name)) for name, length in lengths.items()},
        )
        for field, reason in faults(provider, template) if template.text else ():
            self._wrong((*at, *field.split(".")), reason)
        return template

    def _record(self, value: Any, at: Loc, known: tuple[str, ...] | None) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self._wrong(at, "expected fields")
            return {}
        for name in value:
            if known is not None and name not in known:
                self._wrong((*at, name), f"expected one of {', '.join(known)}")
        return {name: part for name, part in value.items() if known is None or name in known}

    def _text(self, fields: Mapping[str, Any], at: Loc) -> str:
        value = fields.get(str(at[-1]))
        text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        if not text:
            self._wrong(at, "a text is needed")
        return text

    def _length(self, value: Any, at: Loc) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._wrong(at, "expected the most characters that it may have, such as 20")
        return LONGEST["aliyun"]

    def _wrong(self, at: Loc, reason: str) -> None:
        path = ".".join(map(str, at))
        self.problems.append(TemplateProblem(self._file, self._document.line(at), path, reason))
