"""The JSON Schema of a pack as people write it, for editors: amounts in words, only what differs from the one below.

P-3  An editor checks what can be seen in one file; what must be there once the packs are merged, and what depends on
     several values, is checked by `rectify policy check`.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.check_rule import AMOUNT_PATTERN
from schemas.policy import CODE_PATTERN, Policy

_HEAD: Final = ["pack", "version", "title"]  # every pack names itself; anything else may come from the one below
_PARTIAL: Final = {
    "CheckRule": [],
    "Variant": ["when"],
    "Limits": [],
    "Sending": [],
    "CommandPowers": [],
}  # merged key by key
_TIME: Final = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}
_NULL: Final = {"type": "null"}


def policy_schema() -> dict[str, Any]:
    """The schema of a pack's file (without `$schema` and `$id`)."""
    schema = _with_times(Policy.model_json_schema(mode="validation"))
    parts, keys = schema["$defs"], schema["properties"]
    for name, required in _PARTIAL.items():
        parts[name]["required"] = required
    amount = parts["Amount"]
    parts["Amount"] = {
        "title": amount.pop("title"),
        "description": amount.pop("description"),
        "anyOf": [amount, {"type": "string", "pattern": f"^{AMOUNT_PATTERN}$"}],
    }
    parts["Variant"]["properties"]["deadline"] = {
        "anyOf": [{"$ref": "#/$defs/Amount"}, _NULL],
        "description": "null takes the variant away",
    }
    keys["checks"]["propertyNames"] = {"pattern": CODE_PATTERN}
    keys["derived"]["additionalProperties"] = {
        "anyOf": [keys["derived"]["additionalProperties"], _NULL],
        "description": "null takes the derived problem away",
    }
    keys["ladder"]["minItems"] = 1
    return {**schema, "required": _HEAD}


def _with_times(value: Any) -> Any:
    """Times of day have no zone and may lack their seconds: an editor's `format: time` would refuse them."""
    if isinstance(value, list):
        return [_with_times(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("format") == "time":
        return {**{key: item for key, item in value.items() if key != "format"}, **_TIME}
    return {key: _with_times(item) for key, item in value.items()}
