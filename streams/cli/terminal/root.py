"""The command tree of `rectify`, and how every command ends: 0 done, 1 failed, 2 wrong use."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from streams.cli.terminal.failure import sentence
from streams.cli.terminal.lazy_group import error_in_both_languages, in_both_languages
from streams.cli.terminal.output import complain
from streams.discretion import report

RUN, USE, MANAGE = "运行 Run", "使用 Use", "管理 Manage"


class CommandRow(NamedTuple):
    """One command or group: the module whose `app` has it, and what the overview says."""

    module: str
    panel: str
    help: str


ENTRIES: Final = {
    "demo": CommandRow("run", RUN, "演示：用真实通报样例走完整改闭环 · the whole loop on sample data; ends by itself"),
    "up": CommandRow("run", RUN, "在本机运行全部组件 · everything on this machine; stays"),
    "worker": CommandRow("run", RUN, "运行一个工作节点 · one worker; run as many as you like"),
    "web": CommandRow("web", RUN, "网页：来信链接与督查台 · the pages; run as many as you like"),
    "broker": CommandRow("run", RUN, "运行本地 Kafka · a local Kafka in the foreground"),
    "publish": CommandRow("publish", USE, "发布检出 · publish findings from a file or a pipe"),
    "produce": CommandRow("producing.produce", USE, "运行检查工具并发布其报告 · run a tool and publish what it found"),
    "answer": CommandRow("producing.answer", USE, "用检查工具答复复查申请 · answer recheck requests with a tool"),
    "fetch-pages": CommandRow(
        "producing.fetch_pages", USE, "把网页取为文件 · pages as files, for tools that read files"
    ),
    "mapping": CommandRow("mappings", USE, "映射：检查工具的报告怎样成为检出 · how tools' reports become findings"),
    "ticket": CommandRow("ticket.ticket", USE, "整改单：查看与办理 · tickets: look, and decide"),
    "notice": CommandRow(
        "notice.notices", USE, "通知：状态、补发、停发、预览、退信 · notices: look, resend, preview, bounces"
    ),
    "suspicion": CommandRow(
        "ticket.suspicions", USE, "疑似与预警：尚未立单 · what waits for confirmation, or is before its line"
    ),
    "score": CommandRow("scores", USE, "得分 · scores, unqualified assets, who has the same again"),
    "bulletin": CommandRow("bulletin.bulletin", USE, "通报：数字、文稿、印发 · figures, documents, issued bulletins"),
    "run": CommandRow("runs", USE, "待核巡检 · held runs: accept or reject"),
    "watch": CommandRow("watch", USE, "实时查看事件和升级 · follow events and escalations"),
    "trace": CommandRow("trace", USE, "去向：一条报送成了什么 · what became of a message"),
    "dead-letters": CommandRow("dead_letters", USE, "死信 · what was refused, why, and once more"),
    "registry": CommandRow("registry.registry", MANAGE, "名录 · units, assets, contacts, guarded periods"),
    "calendar": CommandRow("calendar", MANAGE, "工作日历 · days off and make-up working days"),
    "policy": CommandRow("policy.policy", MANAGE, "规则包 · what counts, until when, who says so"),
    "account": CommandRow("account", MANAGE, "督查台账号 · who may come to the desk"),
    "key": CommandRow("key", MANAGE, "程序密钥：报送、查询、办理 · keys of programs"),
    "webhook": CommandRow("webhook", MANAGE, "推送地址：积压、重发 · what is posted to supervisors' addresses"),
    "topics": CommandRow("topics", MANAGE, "Kafka 主题 · the topics of the contract"),
    "db": CommandRow("database.database", MANAGE, "数据库版本 · the ledger's version"),
    "schemas": CommandRow("schemas", MANAGE, "消息格式 · the contract as JSON Schemas and AsyncAPI"),
    "doctor": CommandRow("doctor", MANAGE, "体检：哪里不对、怎么办 · what is wrong, and what to do about it"),
    "support-bundle": CommandRow(
        "support_bundle", MANAGE, "排障包：不含密钥和个人信息 · for whoever helps, without secrets and people"
    ),
    "config": CommandRow("configuration", MANAGE, "生效的设置 · the settings in force"),
}


_SAY_IT_THEMSELVES: Final = frozenset({"up", "worker", "web", "doctor"})


class CommandGroup(TyperGroup):
    """The root: a command is imported when it is called, so that help and completion of the others need not wait.

    What was to be expected ends in one sentence and exit code 1, without a traceback.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {
            name: TyperCommand(name, help=entry.help, rich_help_panel=entry.panel) for name, entry in ENTRIES.items()
        }
        self._overview = False

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table."""
        del ctx
        return list(ENTRIES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command itself; for the overview only what the table says."""
        if self._overview or cmd_name not in ENTRIES:
            return super().get_command(ctx, cmd_name)
        group = typer.main.get_group(import_module(f"streams.cli.{ENTRIES[cmd_name].module}").app)
        command = group.commands.get(cmd_name, group)
        command.name = cmd_name
        return in_both_languages(command, ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The overview, with nothing imported."""
        self._overview = True
        in_both_languages(self, ctx)
        try:
            super().format_help(ctx, formatter)
        finally:
            self._overview = False

    def make_context(self, *given: Any, **options: Any) -> Any:
        """Read the words before the command."""
        try:
            return super().make_context(*given, **options)
        except (typer.Exit, typer.Abort):
            raise
        except Exception:
            error_in_both_languages()
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort):
            raise  # the command has said it; to name what else may happen, half of the program would be imported
        except typer.BadParameter:
            error_in_both_languages()
            raise
        except Exception as error:
            text = sentence(error)
            if text is None:
                error_in_both_languages()
                raise
            complain(text)
            raise typer.Exit(1) from None
        finally:
            if ctx.invoked_subcommand not in _SAY_IT_THEMSELVES:
                _name_the_misspelt()


def _name_the_misspelt() -> None:
    """A setting under a wrong name is not read: whoever meant another database should hear of it, at every command."""
    settings = sys.modules.get("streams.settings.model")  # otherwise the command has read none
    for stranger in settings.Settings.strangers() if settings else ():
        if "did you mean" in stranger.text:
            complain(stranger.text, "yellow")


app = typer.Typer(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="整改闭环 Rectify：检出 → 查重 → 整改单 → 时限 → 升级 → 通知 → 复查 → 销号。\n\n"
    "Findings become tickets with working-day deadlines, reminders, escalations and rechecks.",
    epilog="示例 Example: rectify demo · 设置 Settings: rectify config",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rectify {version('rectify')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="显示版本 · print the version")
    ] = False,
) -> None:
    """See `app`."""


def main() -> None:
    """The console command."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - typer would show it with what is secret
        report(error)
        sys.exit(1)
