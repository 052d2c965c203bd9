"""`rectify topics`: the topics of the contract."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import run
from streams.files.policy.loading import load_policy
from streams.kafka.admin import create_topics, list_topics
from streams.services.brokers import reachable
from streams.services.connections import kafka_config, topics_of
from streams.settings.model import Settings

app = typer.Typer(no_args_is_help=True, help="Kafka 主题 · The topics of the contract.")


@app.command(epilog="示例 Example: rectify topics create --partitions 16 --replication 3")
def create(
    partitions: Annotated[int, typer.Option(min=1, max=1000, help="每个主题的分区数 · partitions of each")] = 8,
    replication: Annotated[
        int | None, typer.Option(min=1, max=10, help="副本数，默认由 Kafka 决定 · replicas; default: the broker's")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """创建缺少的主题，已有的不变。 Create the topics that are missing; existing ones stay as they are."""
    settings = Settings.load()
    specs = topics_of(settings).specs(load_policy(settings.policy).rungs)

    async def work() -> list[str]:
        config = await reachable(kafka_config(settings))
        return await create_topics(config, specs, partitions=partitions, replication=replication or -1)

    created = run(work())
    if as_json:
        print_json({"created": created, "existing": [spec.name for spec in specs if spec.name not in created]})
        return
    for name in created:
        say(f"已创建 · created  {name}")
    say(f"共 {len(specs)} 个主题，新建 {len(created)} 个 · {len(specs)} topics, {len(created)} of them new")


@app.command("list", epilog="示例 Example: rectify topics list --json")
def show(as_json: JsonFlag = False) -> None:
    """列出主题、分区数和用途。 List the topics of the contract and whether they exist."""
    settings = Settings.load()
    names = topics_of(settings)
    specs = names.specs(load_policy(settings.policy).rungs)

    async def work() -> dict[str, int]:
        return await list_topics(await reachable(kafka_config(settings)), settings.topic_prefix)

    found = run(work())
    rows = [
        {
            "topic": spec.name,
            "direction": "in" if spec.name in names.inbound else "out",
            "partitions": found.get(spec.name),
            "compacted": spec.compacted,
        }
        for spec in specs
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        table("=主题 Topic", "方向", ">分区", "保留"),
        (
            (
                row["topic"],
                "入 in" if row["direction"] == "in" else "出 out",
                row["partitions"] or "未创建 missing",
                "压缩 compacted" if row["compacted"] else "",
            )
            for row in rows
        ),
    )
