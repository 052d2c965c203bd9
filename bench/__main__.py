"""`python -m bench`: everything side by side in one run; the page goes to stdout and to bench/results.md."""

from __future__ import annotations

import argparse
import asyncio
import logging
import shlex
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import latency, machine, results, throughput
from bench.contenders import CONTENDERS, Contender, ContenderFailed
from bench.latency import Latency
from bench.servers import servers
from bench.throughput import Incomplete, Result
from streams.local.kafka import BrokerError

RESULTS = Path(__file__).with_name("results.md")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--messages", type=_hundreds, default=40_000, help="messages a phase (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default: %(default)s)")
    parser.add_argument("--only", default="", help="contenders whose name contains this")
    parser.add_argument("--latency", action="store_true", help="measure latency at 1,000 findings/s too")
    parser.add_argument("--quick", action="store_true", help="a look: 5,000 findings, one round, nothing written")
    parser.add_argument("--output", type=Path, help=f"where the page goes (default: {RESULTS})")
    return parser.parse_args()


async def main(options: argparse.Namespace) -> str:
    """Measures everything; the page."""
    started = datetime.now(UTC)
    messages, rounds = (5_000, 1) if options.quick else (options.messages, options.rounds)
    taking_part = [contender for contender in CONTENDERS if options.only in contender.name and _is_there(contender)]
    found: list[Result] = []
    latencies: list[Latency] = []
    busy_before = machine.load()
    async with servers(say) as there:
        for number in range(1, rounds + 1):
            for contender in taking_part:
                found += await throughput.measure(there, contender, number, messages, started, say)
        if options.latency:
            latencies = [await latency.measure_nothing(there, started)]
            for contender in taking_part:
                if contender.has_latency:
                    latencies.append(await latency.measure(there, contender, started, say))
        described = [*machine.describe(there.postgres_version), f"load average before the start: {busy_before}"]
    return results.page(shlex.join(["python", "-m", "bench", *sys.argv[1:]]), started, described, found, latencies)


def _hundreds(text: str) -> int:
    number = int(text)
    if number < 100 or number % 100:
        raise argparse.ArgumentTypeError("100, 200, 300 ...: an asset has 100 problems")
    return number


def _is_there(contender: Contender) -> bool:
    if Path(contender.python).exists():
        return True
    say(f"{contender.name} is left out: {contender.python} is not there; `make bench` makes it")
    return False


def say(line: str) -> None:
    """Progress, on stderr."""
    print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)


def run() -> int:
    """Ctrl-C and SIGTERM end the servers and the contenders first."""
    options = arguments()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it warns of topics that are still being made
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        page = asyncio.run(main(options))
    except KeyboardInterrupt:
        return 130
    except (BrokerError, ContenderFailed, Incomplete) as error:
        say(str(error))
        return 1
    print(page)
    output = options.output or (None if options.quick else RESULTS)
    if output is not None:
        output.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run())
