"""`rectify policy`: what counts, until when, and who says so; `diff` and `explain` are in files of their own."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from schemas.policy import Policy
from streams.cli.policy import diff, explain
from streams.cli.policy.sheet import print_pack, print_sheet
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.files.policy.loading import load_pack, load_policy, shipped_packs
from streams.settings.model import Settings

PackArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[PACK]",
        help="文件或内置名称，默认为当前设置的规则包 · a file or a built-in name; default: that of the settings",
        show_default=False,
    ),
]
PARTS: Final = ("working_hours", "default_check", "places", "ladder", "limits", "sending", "commands")

app = typer.Typer(no_args_is_help=True, help="规则包 · The policy pack: checks, deadlines, ladder.")


@app.command("list", epilog="示例 Example: rectify policy list")
def show_list(as_json: JsonFlag = False) -> None:
    """内置的规则包：全国默认及各地样例。 The packs that come with the program; RECTIFY_POLICY takes their names."""
    packs = [load_policy(name) for name in shipped_packs()]
    if as_json:
        print_json([_head(pack) for pack in packs])
        return
    columns = table("=规则包 Pack", "名称", "=扩展自", "=施行 In force", "来源 Source")
    print_table(
        columns,
        ((pack.ref, pack.title, pack.extends, pack.in_force, pack.source) for pack in packs),
    )


@app.command("check", epilog="示例 Example: rectify policy check province.yaml")
def look(pack: PackArgument = None, as_json: JsonFlag = False) -> None:
    """检查规则包；有误时列出行号和原因。 Check a pack; each fault is named with file, line and reason."""
    loaded = load_pack(pack or Settings.load().policy)
    found = loaded.policy
    if as_json:
        chain = [each.ref for each in loaded.chain]
        print_json(
            {
                "pack": found.pack,
                "version": found.version,
                "chain": chain,
                "checks": len(found.checks),
                "rungs": found.rungs,
            }
        )
    else:
        rungs = " → ".join(step.title for step in found.ladder)
        say(f"{found.ref} {found.title}：{len(found.checks)} 个检查项，{rungs}，无误 · no faults")


@app.command(epilog="示例 Example: rectify policy show wuxi --check link.dead")
def show(
    pack: PackArgument = None,
    check: Annotated[
        str | None,
        typer.Option(help="一个检查项的全部内容，或以此开头的检查项 · all of one check, or codes that begin so"),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """目录：检查项、指标、时限、线、依据；阶梯与各项限额。 The catalogue, the ladder, the limits, and who ruled so."""
    loaded = load_pack(pack or Settings.load().policy)
    rules = [rule for code, rule in sorted(loaded.policy.checks.items()) if code.startswith(check or "")]
    if as_json:
        print_json(_document(loaded.policy, [rule.code for rule in rules], [each.ref for each in loaded.chain]))
    elif check is not None and check in loaded.policy.checks:
        print_sheet(loaded, check)
    else:
        print_pack(loaded, rules, whole=not check)


diff.add_to(app)
explain.add_to(app)


def _head(pack: Policy) -> dict[str, Any]:
    return {
        "pack": pack.pack,
        "version": pack.version,
        "title": pack.title,
        "extends": pack.extends,
        "in_force": pack.in_force,
        "source": pack.source,
    }


def _document(pack: Policy, codes: list[str], chain: list[str]) -> dict[str, Any]:
    whole = pack.model_dump(mode="json", exclude_none=True)
    return {
        **_head(pack),
        "chain": chain,
        "checks": [whole["checks"][code] for code in codes],
        "derived": whole["derived"],
        **{name: whole[name] for name in PARTS},
    }
