"""`rectify schemas`: the contract as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schemas.export import export
from streams.cli.terminal.output import JsonFlag, print_json, say

app = typer.Typer(no_args_is_help=True, help="消息格式 · The public contract: JSON Schemas and AsyncAPI.")


@app.command("export", epilog="示例 Example: rectify schemas export ./contract")
def write(
    folder: Annotated[Path, typer.Argument(help="目标文件夹 · where to")] = Path("schemas/exported"),
    as_json: JsonFlag = False,
) -> None:
    """导出各类消息的 JSON Schema 和 AsyncAPI 文档。 Write finding.json, run.json ... and asyncapi.yaml."""
    written = export(folder)
    if as_json:
        print_json({"folder": str(folder), "files": [path.name for path in written]})
        return
    say(f"{folder}: {len(written)} 个文件 · {len(written)} files: {', '.join(path.name for path in written)}")
