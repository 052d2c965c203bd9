"""`rectify db adopt-cluster`: the ledger reads on in other logs, after a loss of Kafka's data or of a topic."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import run
from streams.clock import system_time
from streams.services.connections import kafka_config, topics_of
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings

if TYPE_CHECKING:
    from streams.services.adoption import Adoption

_MEANS: Final = {
    "beginning": "从头读起：其中 {} 条全部处理；已在台账里的检出会再计一次 · "
    "from the beginning: all {} messages are decided; findings that the ledger has counted already count once more",
    "end": "从末尾读起：其中 {} 条都不处理，只读以后写入的 · "
    "from the end: none of the {} messages is decided, only what comes later",
}


def adopt_cluster(
    begin: Annotated[
        str, typer.Option("--from", help="从新日志的 beginning 开头或 end 末尾读起 · where to begin in the new logs")
    ] = "beginning",
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 · do not ask")] = False,
    as_json: JsonFlag = False,
) -> None:
    """接用新的 Kafka 集群或重建的主题，台账保留。 Keep the ledger and read on in a new cluster, or a topic made anew.

    工作节点因此拒绝启动时使用；先停下全部工作节点。
    For when a worker refuses to start because of that. Stop every worker first. Only topics whose log is not the one
    that was read are touched; new tickets get numbers that no earlier one had.
    """
    from streams.services.adoption import adopt, what_is_new  # aiokafka

    if begin not in _MEANS:
        msg = f"--from: beginning 或 end · must be beginning or end, not {begin}"
        raise typer.BadParameter(msg)
    settings = Settings.load()
    settings = settings.model_copy(update={"broker": f"kafka://{kafka_config(settings).bootstrap}"})

    async def look() -> Adoption:
        async with reading_ledger(settings) as ledger:
            return await what_is_new(ledger, settings, topics_of(settings).inbound)

    async def work(found: Adoption) -> int:
        async with reading_ledger(settings) as ledger:
            return await adopt(ledger, settings, found, "end" if begin == "end" else "beginning", system_time())

    found = run(look())
    names = [log.topic for log in found.logs]
    if not names:
        _nothing(as_json=as_json)
        return
    if not as_json:
        _tell(found, begin)
    _ask(yes=yes, on_terminal=not as_json and sys.stdin.isatty())
    published = run(work(found))
    if as_json:
        print_json({"cluster": found.cluster, "topics": names, "from": begin, "open_tickets_published": published})
    else:
        say("已接用，可以启动节点 · adopted: start the workers")


def _tell(found: Adoption, begin: str) -> None:
    if found.cluster is not None:
        say(f"新集群 {found.cluster}，未结整改单会重新发布 · another cluster: open tickets are published there again")
    for log in found.logs:
        say(f"{log.topic}: " + _MEANS[begin].format(log.waiting, log.waiting))


def _ask(*, yes: bool, on_terminal: bool) -> None:
    if yes:
        return
    if not on_terminal:
        msg = "未作改动；确认后加 --yes · nothing was changed: add --yes to do it"
        raise Failure(msg)
    typer.confirm("接用 · adopt?", abort=True)


def _nothing(*, as_json: bool) -> None:
    if as_json:
        print_json({"cluster": None, "topics": [], "from": None, "open_tickets_published": 0})
    else:
        say("日志都是读过的那些，无需接用 · these are the logs that were read: nothing to adopt")
