"""The templates that a provider has approved, and what makes one unusable. Pure.

N-42  A provider that sends approved texts only gets the template of the notice's kind, its variables cut to the lengths
      that were approved, never empty and never an address; a text at its longest is two messages at most.

A provider's approved texts are a registry: notice kind -> template id, sign, text, variables with maximum lengths.
`any` serves the kinds that have none of their own. What is wrong is found when the settings are read, and not at the
first urge.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from notifiers.sms.parts import SMS_PARTS, sms_parts
from notifiers.text import clean, shorten

DIGEST: Final = "digest"
CODE: Final = "code"  # the only variable that may stand in an address: carriers that approve it have approved that
NOTHING: Final = "无"  # providers refuse an empty variable
VARIABLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "to": "收信人姓名",
        "kind": "事由，如 催办",
        "unit": "责任单位",
        "asset": "网站或账号",
        "problem": "问题名称",
        "ticket": "整改单号（多件时为最急的一件）",
        "count": "整改单件数",
        "overdue": "其中已逾期的件数",
        "date": "最早时限的日期，如 3月6日",
        "due": "最早时限，如 3月6日（周一）17:30",
        "left": "时间，如 剩余2个工作日、已逾期1个工作日",
        "number": "可电话报出的整改单简号，如 260303-A453",
        "office": "发文单位",
        "phone": "发文单位电话",
        "code": "办理链接，接在已报备的地址 …/u/ 之后；只用于发给责任单位值守人员的模板",
    }
)
"""Name -> meaning."""
LEAST: Final[Mapping[str, int]] = MappingProxyType(
    {"ticket": 23, "date": 11, "due": 24, "count": 5, "overdue": 5, "code": 20}
)
"""What must not be cut off needs so many characters; names give way."""
# A provider takes whatever looks like an address for advertising.
_LINK: Final = re.compile(
    r"(?:https?://|www\.)[^\s，。；）)]*|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:cn|com|net|org)\b\S*", re.IGNORECASE
)


Provider = Literal["aliyun", "tencent"]
ANY: Final = "any"
LONGEST: Final[Mapping[Provider, int]] = {"aliyun": 35, "tencent": 35}
"""Characters in one variable at most."""

_SLOT: Final[Mapping[Provider, re.Pattern[str]]] = {
    "aliyun": re.compile(r"\$\{([A-Za-z0-9_]+)\}"),
    "tencent": re.compile(r"\{([0-9]+)\}"),
}
_LIKE: Final[Mapping[Provider, str]] = {"aliyun": "${{{}}}", "tencent": "{{{}}}"}


def cut(value: str, longest: int) -> str:
    """At most so many characters, never none."""
    return shorten(_fit(value), longest) or NOTHING


def _fit(value: str) -> str:
    return clean(_LINK.sub("", clean(value))) or NOTHING


@dataclass(frozen=True, slots=True)
class Template:
    """One approved text: `variables` in the order of the text, each with the most characters that it may have."""

    template_id: str
    sign: str
    text: str
    variables: Mapping[str, int]


class Filled(NamedTuple):
    """What goes into the request, and the text that the reader will see."""

    template_id: str
    sign: str
    variables: dict[str, str]
    text: str


class Fault(NamedTuple):
    """What is wrong with a template: in which field, and why."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Templates:
    """Those of one provider, by notice kind."""

    provider: Provider
    by_kind: Mapping[str, Template]

    def fill(self, kind: str, values: Mapping[str, str]) -> Filled | None:
        """The template of a kind with its variables, each cut to its length; None where none is approved."""
        template = self.by_kind.get(kind) or self.by_kind.get(ANY)
        if template is None:
            return None
        variables = {name: cut(values.get(name, ""), longest) for name, longest in template.variables.items()}
        return Filled(template.template_id, template.sign, variables, _shown(self.provider, template, variables))

    def missing(self, kinds: Iterable[str]) -> list[str]:
        """Those of the kinds that have no template."""
        return [] if ANY in self.by_kind else [kind for kind in kinds if kind not in self.by_kind]


def faults(provider: Provider, template: Template) -> Iterator[Fault]:
    """Everything that the provider would refuse, or that would come out wrong."""
    yield from _wrong_lengths(provider, template)
    yield from _wrong_slots(provider, template)
    slot = f"(?:{_SLOT[provider].pattern})"
    if re.search(rf"{slot}\s*{slot}", template.text):
        yield Fault("text", "two variables side by side: providers refuse that")
    addressed = template.text if CODE not in template.variables else _without(provider, template, CODE)
    if re.search(rf"(?:https?://|www\.)\S*{slot}", addressed, re.IGNORECASE):
        yield Fault("text", "a variable inside an address: providers refuse that")
    longest = _shown(provider, template, {name: "字" * length for name, length in template.variables.items()})
    if (parts := sms_parts(longest)) > SMS_PARTS:
        reason = f"{len(longest)} characters with its variables at their longest: {parts} messages, not {SMS_PARTS}"
        yield Fault("text", reason)


def _wrong_lengths(provider: Provider, template: Template) -> Iterator[Fault]:
    for name, length in template.variables.items():
        least = LEAST.get(name, 1)
        if name not in VARIABLES:
            yield Fault(f"variables.{name}", f"no such variable; there are {', '.join(VARIABLES)}")
        elif not least <= length <= LONGEST[provider]:
            yield Fault(f"variables.{name}", f"a length from {least} to {LONGEST[provider]}, not {length}")


def _wrong_slots(provider: Provider, template: Template) -> Iterator[Fault]:
    """What stands in the text and not among the variables, and the other way round."""
    slots, names = _SLOT[provider].findall(template.text), list(template.variables)
    wanted = names if provider == "aliyun" else [str(number) for number in range(1, len(names) + 1)]
    for slot in slots:
        if slot not in wanted:
            yield Fault("text", f"{_LIKE[provider].format(slot)} is not among the variables")
    for name, slot in zip(names, wanted, strict=True):
        if slot not in slots:
            yield Fault(f"variables.{name}", f"does not stand in the text as {_LIKE[provider].format(slot)}")


def _without(provider: Provider, template: Template, name: str) -> str:
    """The text without the place of a variable."""
    slot = name if provider == "aliyun" else str([*template.variables].index(name) + 1)
    return template.text.replace(_LIKE[provider].format(slot), "")


def _shown(provider: Provider, template: Template, variables: Mapping[str, str]) -> str:
    values = list(variables.values())

    def value(found: re.Match[str]) -> str:
        slot = found[1]
        if provider == "aliyun":
            return variables.get(slot, "")
        return values[int(slot) - 1] if 0 < int(slot) <= len(values) else ""

    return f"【{template.sign}】{_SLOT[provider].sub(value, template.text)}"
