"""`python -m bench.figures`: a quarter's figures of a province and of the nation, with the lists behind them.

Every asset was looked at in the quarter and has its share of the tickets, all of which opened in it: no list behind
the figures can be longer. Their time, and the most memory that the process held.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

import orjson

from bench.filling import ZONE, Filler
from bench.scale_page import Section, measured, say, table
from bench.servers import Servers, servers
from streams.files.policy.loading import load_policy
from streams.ledger import open_ledger
from streams.ledger.engines.connect import connect
from streams.ledger.moments import to_micros
from streams.services.bulletins.figures import WantedFigures, figures

AT: Final = datetime(2026, 2, 10, 2, tzinfo=UTC)
QUARTER: Final = WantedFigures(date(2026, 1, 1), date(2026, 3, 31), "2026-03-31")


class Size(NamedTuple):
    """How much there is, and how long it may take, in seconds by database."""

    name: str
    assets: int
    tickets: int
    aims: dict[str, float]


SIZES: Final = (
    Size("province", 561 + 5_717, 20_000, {"sqlite": 1.0, "postgresql": 1.0}),
    Size("tenth of a nation", 10_900, 100_000, {"sqlite": 6.0, "postgresql": 1.0}),
    Size("nation", 14_000 + 95_000, 1_000_000, {"sqlite": 60.0, "postgresql": 10.0}),
)


class Measured(NamedTuple):
    """One reading of the figures."""

    size: Size
    database: str
    seconds: float
    memory_mib: float
    checked: int

    @property
    def is_above(self) -> bool:
        """Whether it took longer than it may."""
        return self.seconds > self.size.aims[self.database]


async def main(options: argparse.Namespace) -> None:
    """Measures every size on both databases; exits 1 when one takes longer than its aim."""
    section, found = Section("Figures of a bulletin"), list[Measured]()
    async with servers(say) as there:
        for size in SIZES:
            if size.name.startswith(options.only):
                for database in ("sqlite", "postgresql"):
                    async with _filled(there, size, database) as url:
                        found.append(await asyncio.to_thread(_asked, there.folder, url, size, database))
                    section.write(_body(found), there.postgres_version)
    if any(one.is_above for one in found):
        sys.exit(1)


@asynccontextmanager
async def _filled(there: Servers, size: Size, database: str) -> AsyncIterator[str]:
    folder = there.folder / f"figures-{size.name}-{database}"
    folder.mkdir()
    url = await there.make_database(database, folder)
    filler = await Filler.open(url, size.assets, AT)
    await filler.fill(0, size.tickets, say)
    await filler.settle()
    await filler.close()
    connector = await connect(url)
    async with connector.session() as session:
        day = AT.toordinal()
        await session.run(
            "insert into looks (asset_pk, day, recorded_at) select pk, ?, ? from assets", day, to_micros(AT)
        )
    await connector.close()
    yield url


def _asked(folder: Path, url: str, size: Size, database: str) -> Measured:
    """The figures, in a process of their own, whose memory is theirs."""
    printed = folder / "figures.json"
    with printed.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "bench.figures", "--ask", url], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, f"the process ended with {status}"
    told = orjson.loads(printed.read_bytes())
    assert told["checked"] == size.assets, told
    say(f"{size.name}, {database}: {told['seconds']:.1f} s")
    return Measured(size, database, told["seconds"], usage.ru_maxrss / 1024, told["checked"])


async def ask(url: str) -> None:
    """The other process: prints how long it took."""
    ledger = await open_ledger(url, owner="bench")
    began = monotonic()
    made = await figures(ledger, QUARTER, load_policy(None), ZONE)
    told = {"seconds": monotonic() - began, "checked": made["totals"][0]["checked"]}
    await ledger.close()
    print(orjson.dumps(told).decode())


def _body(found: list[Measured]) -> str:
    rows = [
        (
            one.size.name, f"{one.checked:,}", f"{one.size.tickets:,}", one.database, f"{one.seconds:.1f} s",
            f"{one.size.aims[one.database]:.0f} s", f"{one.memory_mib:.0f} MiB",
        )
        for one in found
    ]  # fmt: skip
    heads = ("", "assets", "tickets", "ledger", "figures", "aim", "memory at most")
    return f"A quarter, with every list.\n\n{table(heads, rows)}"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.figures", description=__doc__)
    parser.add_argument("--only", default="", help="sizes whose name begins so: province, tenth, nation")
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    measured(main(given) if given.ask is None else ask(given.ask))
