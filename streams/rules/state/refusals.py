"""Refusals: why a record is not accepted, in words that name field and reason."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from pydantic import ValidationError

_DETAIL_LENGTH = 500  # characters
_LIBRARY_STEP = re.compile(r"\W|^date$")  # a step of an error's path that is no field: `function-before[...]`
_POSITION = re.compile(r"line (\d+) column (\d+)")
_FIELD = re.compile(rb'"([^"\\\n]{1,80})"\s*:')
_LOOK_BACK = 8_192  # bytes; the parser gives up on a number after 4,300 digits


RefusalCode = Literal[
    "too_large",  # the message, its evidence, or a batch
    "unreadable_batch",  # its records cannot be unpacked
    "null_value",  # where nothing is deleted by one
    "invalid_json",  # no JSON, or no text
    "missing_field",  # a required one
    "invalid_field",  # not what the schema wants
    "invalid_text",  # with NUL
    "invalid_number",  # that not every reader could hold
    "invalid_key",  # of a registry entry
    "invalid_cloudevent",  # an envelope that is none
    "unknown_type",  # neither finding, run nor recheck
    "unknown_action",  # no command
    "time_ahead",  # more than ten minutes ahead of the clock
    "unsigned",  # a command without a signature, where one is needed
    "bad_signature",  # by no key that is known, or of another value
    "not_allowed",  # its key's role may not do this
    "internal_error",  # a fault of ours (O-14)
]
"""The header `rectify-error` of dead letters, and the label `code` of `rectify_dead_letters_total`."""


class Refusal(NamedTuple):
    """Why a record is not accepted: a short machine code and a sentence that names field and reason."""

    code: RefusalCode
    detail: str


class Unreadable(Exception):
    """Carries a refusal out of the depth of intake; never leaves it."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        super().__init__(detail)
        self.refusal = Refusal(code, detail[:_DETAIL_LENGTH])


def refusal_of(error: ValidationError, body: bytes) -> Refusal:
    """What a schema says about a body, as a refusal."""
    parts = error.errors(include_url=False, include_input=False)
    first = parts[0]
    if first["type"] == "json_invalid":
        return not_json(first["msg"], body)
    steps = [str(step) for step in first["loc"]]
    while len(steps) > 1 and _LIBRARY_STEP.search(steps[-1]):
        steps.pop()
    field = ".".join(steps)[:120] or "value"
    more = len({part["loc"][:1] for part in parts}) - 1
    words = first["msg"].removeprefix("Value error, ")
    if first["type"] == "too_long":
        words = f"{first['ctx']['actual_length']} items; the limit is {first['ctx']['max_length']}"
    words += f" (and {more} more)" if more else ""
    return Refusal(
        "missing_field" if first["type"] == "missing" else "invalid_field", f"{field}: {words}"[:_DETAIL_LENGTH]
    )


def not_json(reason: str, body: bytes) -> Refusal:
    """`value: not JSON near "evidence": number out of range at line 1 column 4388`."""
    near = ""
    position = _POSITION.search(reason)
    if position is not None:
        line, column = map(int, position.groups())
        start = 0
        for _ in range(line - 1):
            start = body.find(b"\n", start) + 1
        fields = _FIELD.findall(body[max(0, start + column - _LOOK_BACK) : start + column])
        near = f' near "{fields[-1].decode("utf-8", "replace")}"' if fields else ""
    return Refusal("invalid_json", f"value: not JSON{near}: {reason.removeprefix('Invalid JSON: ')}"[:_DETAIL_LENGTH])
