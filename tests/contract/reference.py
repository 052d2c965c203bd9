"""What is written from the code: docs/reference, and the index of the rules.

`python -m tests.contract.reference` (make docs).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from schemas.topics import Topics
from streams.settings.model import Settings
from streams.settings.sources import variable
from tests.contract.rules_index import INDEX, index
from tests.support.commands import COMMANDS

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docs" / "reference"
_GENERATED: Final = "<!-- Written by `make docs` from the code. -->"
_SHORT: Final = 80  # characters
_MESSAGES: Final = (
    "finding", "run", "recheck", "command", "asset", "unit", "calendar", "guarded", "producer",
    "ticket", "event", "escalation", "recheck-request", "receipt",
)  # fmt: skip


def pages() -> dict[str, str]:
    """Each page by its name."""
    return {
        "settings.md": "\n".join(_settings()) + "\n",
        "commands.md": "\n".join(_commands()) + "\n",
        "messages.md": "\n".join(_messages()) + "\n",
    }


def _settings() -> Iterator[str]:
    yield from ("# 设置 Settings", "", _GENERATED, "")
    yield "含义和用法见[运维手册](../operations.md#settings)。 What they are for is said there."
    yield from ("", "| 设置 setting | 默认 default | 说明 |", "|---|---|---|")
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = f"`{default}`" if isinstance(default, str | int) and default != "" else ""
        yield f"| `{variable(name)}` | {shown} | {_cell(field.description or '')} |"


def _commands() -> Iterator[str]:
    yield from ("# 命令 Commands", "", _GENERATED, "")
    yield "每个命令都有 `--help`；打印数据的都有 `--json`；退出码 0 完成、1 失败、2 用法有误。"
    group = ""
    for path, command in COMMANDS.items():
        if path[0] != group:
            group = path[0]
            yield from ("", f"## rectify {group}")
        if len(path) > 1:
            yield from ("", f"### rectify {' '.join(path)}")
        yield ""
        yield from (line.strip() for line in (command.help or "").split("\f")[0].strip().splitlines())
        rows = [row for parameter in command.params if (row := _parameter(parameter))]
        if rows:
            yield from ("", "| | 含义 meaning |", "|---|---|", *rows)
        example = getattr(command, "epilog", None)
        if example:
            yield from ("", f"{example.partition('Example:')[0]}Example: `{example.partition('Example: ')[2]}`")


def _parameter(parameter: Any) -> str:
    if parameter.name == "help" or getattr(parameter, "hidden", False):
        return ""
    said = getattr(parameter, "help", None) or ""
    words = ", ".join([*parameter.opts, *parameter.secondary_opts])
    name = words if words.startswith("-") else (parameter.name or "").upper()
    return f"| `{name}` | {_cell(said)} |"


def _messages() -> Iterator[str]:
    yield from ("# 消息 Messages", "", _GENERATED, "")
    yield "JSON Schemas: [`schemas/exported`](../../schemas/exported). 主题 Topics: "
    yield ", ".join(f"`{spec.name}`" for spec in Topics().specs()) + "."
    for name in _MESSAGES:
        file = ROOT / "schemas" / "exported" / f"{name}.json"
        if not file.exists():
            continue
        schema = json.loads(file.read_text("utf-8"))
        needed = set(schema.get("required", ()))
        yield from ("", f"## {name}", "")
        yield from filter(None, [" ".join(schema.get("description", "").split())])
        yield from ("", "| field | | kind | | 例 example |", "|---|---|---|---|---|")
        for field, what in schema.get("properties", {}).items():
            required = "required" if field in needed else ""
            said, example = _cell(what.get("description", "")), _example(what.get("examples", ()))
            yield f"| `{field}` | {required} | {_kind(what)} | {said} | {example} |"


def _kind(what: dict[str, Any]) -> str:
    if "anyOf" in what:
        return " or ".join(dict.fromkeys(_kind(one) for one in what["anyOf"] if one.get("type") != "null"))
    if "enum" in what:
        return ", ".join(f"`{value}`" for value in what["enum"])
    if "const" in what:
        return f"`{what['const']}`"
    if "$ref" in what:
        return str(what["$ref"].rpartition("/")[2])
    if what.get("type") == "array":
        return f"list of {_kind(what.get('items', {}))}"
    return str(what.get("format") or what.get("type") or "any")


def _example(values: Sequence[Any]) -> str:
    """The first; parts and lists, and what is long, stand in the schema alone."""
    text = json.dumps(values[0], ensure_ascii=False) if values and not isinstance(values[0], dict | list) else ""
    return f"`{_cell(text)}`" if 0 < len(text) <= _SHORT else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for page_name, text in pages().items():
        (FOLDER / page_name).write_text(text, "utf-8")
    INDEX.write_text(index(), "utf-8")
