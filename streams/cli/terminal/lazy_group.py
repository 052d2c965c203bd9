"""A group whose commands are in several modules, each imported when one of its commands is called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from rich.cells import cell_len
from typer.core import TyperGroup


def parted(modules: Mapping[str, str]) -> type[TyperGroup]:
    """The `cls=` of a typer app: command -> the module of `streams.cli` whose `app` has it, in the help's order."""

    class Parted(TyperGroup):
        """See `parted`."""

        def list_commands(self, ctx: Any) -> list[str]:
            """In the order of the table."""
            del ctx
            return list(modules)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            """The command itself, imported now."""
            if cmd_name not in modules:
                return super().get_command(ctx, cmd_name)
            app = import_module(f"streams.cli.{modules[cmd_name]}").app
            return in_both_languages(typer.main.get_group(app).commands[cmd_name], ctx)

    return Parted


def in_both_languages(command: Any, ctx: Any) -> Any:
    """The command with what typer itself writes into its help in Chinese too, and no type behind flags."""
    command.rich_help_panel = command.rich_help_panel or "命令 Commands"
    for param in command.get_params(ctx):
        param.rich_help_panel = param.rich_help_panel or _PANELS[param.param_type_name]
        if getattr(param, "is_flag", False):
            param.metavar = ""
        if getattr(param, "help", None):
            param.help = _breakable(_OF_TYPER.get(param.help, param.help))
    if (shown := command.get_help_option(ctx)) is not None:
        shown.help, shown.metavar = "显示帮助 · show this help", ""
    for name in getattr(command, "commands", ()):
        in_both_languages(command.commands[name], ctx)
    return command


def error_in_both_languages() -> None:
    """Typer is about to print a wrong use: only then what draws it is loaded."""
    from typer import rich_utils  # pygments

    rich_utils.ERRORS_PANEL_TITLE = "用法有误 Error"


_PANELS: Final = {"option": "选项 Options", "argument": "参数 Arguments"}
_OF_TYPER: Final = {
    "Install completion for the current shell.": "安装命令补全 · install completion for this shell",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "显示补全脚本 · show the completion script of this shell"
    ),
}
_UNBROKEN: Final = 24  # places; the column for help has little more at 80
_PAUSE: Final = re.compile(r"([，；：。])(?=[^\s，；：。])")


def _breakable(text: str) -> str:
    """Chinese has no blanks, and what does not fit on a line of the help is cut off: one behind each pause."""
    long = any(cell_len(word) > _UNBROKEN for word in text.split())
    return _PAUSE.sub(r"\1 ", text) if long else text
