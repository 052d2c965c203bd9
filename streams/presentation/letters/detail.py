"""What exactly is wrong, in the producer's own words. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifiers.text import clean, shorten, shorten_middle

TEXT_LENGTH: Final = 300
PLACE_LENGTH: Final = 200
# The evidence that tells an owner what to look for, in this order.
_EVIDENCE: Final = (("target", "链接目标"), ("word", "错误表述"), ("suggestion", "建议"))


def detail(ticket: Mapping[str, Any], problems: Sequence[Mapping[str, Any]]) -> str:
    """The ticket's own words, or those of its first problem with the evidence one needs to find the fault."""
    if own := clean(ticket.get("detail") or ticket.get("title")):
        return shorten(own, TEXT_LENGTH)
    facts = _mapping(problems[0].get("facts")) if problems else {}
    evidence = _mapping(facts.get("evidence"))
    words = shorten(clean(facts.get("detail") or facts.get("title")), TEXT_LENGTH)
    found = ((label, clean(evidence.get(name))) for name, label in _EVIDENCE)
    told = [f"{label}：{shorten_middle(text, PLACE_LENGTH)}" for label, text in found if text]
    return "；".join([words, *told] if words else told)


def _mapping(value: object) -> Mapping[str, Any]:
    """Evidence is the producer's, and may be anything."""
    return value if isinstance(value, Mapping) else {}
