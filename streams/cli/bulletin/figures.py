"""`rectify bulletin figures`: the figures of a period, as of a moment."""

from __future__ import annotations

import typer

from streams.cli.bulletin.options import AreaOption, AsOfOption, FromOption, ToOption, TypedOption, wanted
from streams.cli.bulletin.printing import print_figures
from streams.cli.terminal.output import JsonFlag, print_json
from streams.cli.terminal.session import domain_now, reading
from streams.files.policy.loading import load_policy
from streams.services.bulletins.figures import figures
from streams.settings.model import Settings

app = typer.Typer()


@app.command("figures", epilog="示例 Example: rectify bulletin figures --from 2023-01-28 --to 2023-02-11 --json")
def show(
    begin: FromOption,
    end: ToOption,
    as_of: AsOfOption = None,
    area: AreaOption = None,
    typed: TypedOption = None,
    as_json: JsonFlag = False,
) -> None:
    """通报的数字：统计时点相同，何时查询都相同。 Figures of a period; the same for the same moment, whenever asked."""
    settings = Settings.load()
    chosen = wanted(settings, begin, end, as_of, area, typed)
    policy = load_policy(settings.policy)
    found = reading(settings, lambda ledger: figures(ledger, chosen, policy, settings.zone))
    if as_json:
        print_json({**found, "computed_at": domain_now(settings)})
        return
    print_figures(found)
