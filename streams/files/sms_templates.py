"""The file of approved short message templates (`RECTIFY_SMS_TEMPLATES`), checked as a whole when it is read (N-42)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, cast

from notifiers.sms.templates import LONGEST, Provider, Template, Templates, faults
from streams.files.config_file import Loc, MarkedFile
from streams.presentation.letters.kinds import TEMPLATE_KINDS

_FIELDS: Final = ("id", "sign", "text", "variables")
_LENGTH: Final = "expected the most characters that it may have, such as 20"


def load_templates(path: Path) -> dict[Provider, Templates]:
    """The templates of every provider in the file. Raises FileError with everything that is wrong."""
    file = MarkedFile(path)
    providers = file.record(file.data, (), tuple(LONGEST))
    if not providers:
        file.wrong((), f"expected a section {' or '.join(LONGEST)}")
    loaded = {
        cast("Provider", name): _provider(file, cast("Provider", name), section) for name, section in providers.items()
    }
    file.done()
    return loaded


def _provider(file: MarkedFile, provider: Provider, section: Any) -> Templates:
    at: Loc = (provider,)
    fields = file.record(section, at, ("sign", "templates"))
    sign = file.text(fields, (*at, "sign")) if "sign" in fields else ""
    at = (*at, "templates")
    listed = file.record(fields.get("templates"), at, TEMPLATE_KINDS)
    found = {kind: _template(file, provider, sign, record, (*at, kind)) for kind, record in listed.items()}
    templates = Templates(provider, found)
    if missing := templates.missing(TEMPLATE_KINDS[1:]):
        file.wrong(at, f"no template for {', '.join(missing)}, and no `any`")
    return templates


def _template(file: MarkedFile, provider: Provider, sign: str, record: Any, at: Loc) -> Template:
    fields = file.record(record, at, _FIELDS)
    lengths = file.record(fields.get("variables", {}), (*at, "variables"))
    template = Template(
        template_id=file.text(fields, (*at, "id")),
        sign=file.text(fields, (*at, "sign")) if "sign" in fields or not sign else sign,
        text=file.text(fields, (*at, "text")),
        variables={
            name: file.number(length, (*at, "variables", name), LONGEST[provider], _LENGTH)
            for name, length in lengths.items()
        },
    )
    for field, reason in faults(provider, template) if template.text else ():
        file.wrong((*at, *field.split(".")), reason)
    return template
