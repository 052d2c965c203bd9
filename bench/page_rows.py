"""What `python -m bench.pages` asks for, with its aims, and the browser that asks."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from statistics import quantiles
from time import monotonic, sleep
from typing import Final, NamedTuple
from urllib.parse import urlencode

import httpx
from openpyxl import load_workbook

from bench.page_ledger import BELOW, MANY, TOGETHER, TOP, PageLedger
from bench.processes import anonymous_mib
from bench.scale_page import table

WARM_UP: Final = 10  # requests of each row that do not count
PAUSE: Final = 0.02  # seconds between two requests
PACKED_AIM: Final = 60_000  # bytes of a page
SHEET_SECONDS: Final = 15.0
SHEET_MIB: Final = 100.0
_TIMEOUT: Final = 600.0  # seconds: what is too slow is said, with how slow it is
_LOOK: Final = 0.02  # seconds between two looks at the memory


class Row(NamedTuple):
    """A kind of page. `paths`: some of them, asked in turn; aims are of the 95th percentile, in milliseconds."""

    name: str
    aim: float
    paths: Callable[[PageLedger], Sequence[str]]
    on_sqlite: float = 0.0  # 0: the same


def _list(**query: str) -> Callable[[PageLedger], Sequence[str]]:
    return lambda _: [f"/tickets?{urlencode(query)}"]


ROWS: Final = (
    Row("unit's page, one ticket", 100, lambda ledger: [f"/u/{token}" for token in ledger.single]),
    Row(f"unit's page, a digest of {TOGETHER} tickets", 100, lambda ledger: [f"/u/{token}" for token in ledger.digest]),
    Row(f"unit's page, a ticket of {MANY} places", 100, lambda ledger: [f"/u/{token}" for token in ledger.many]),
    Row("the last of its places", 100, lambda ledger: [f"/u/{token}?page=4" for token in ledger.many]),
    Row("list, what is open, by due", 100, _list(), 300),
    Row("list, newest first", 100, _list(sort="opened"), 300),
    Row("list, what is late", 100, _list(light="red"), 300),
    Row(f"list, of {BELOW} units and the one above", 100, _list(unit=TOP, sub="1"), 300),
    Row("one ticket on the desk", 100, lambda ledger: [f"/tickets/{one}" for one in ledger.tickets], 300),
    Row("desk", 100, lambda _: ["/desk"], 300),
)


class Asked(NamedTuple):
    """What a row took. Seconds, in ascending order; bytes of the largest answer, packed."""

    database: str
    row: Row
    seconds: list[float]
    packed: int

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return 1e3 * quantiles(self.seconds, n=20)[-1]

    @property
    def aim(self) -> float:
        """Milliseconds."""
        return (self.row.on_sqlite if self.database == "sqlite" else 0.0) or self.row.aim

    @property
    def missed(self) -> str:
        """What is beyond its aim; empty: nothing."""
        if self.packed > PACKED_AIM:
            return f"{self.database}: {self.row.name}: {self.packed / 1000:.1f} kB"
        return f"{self.database}: {self.row.name}: {self.p95:.0f} ms" if self.p95 > self.aim else ""


class Sheet(NamedTuple):
    """What a workbook took."""

    database: str
    rows: int
    seconds: float
    mib: float  # of the process's own, beyond before

    @property
    def missed(self) -> str:
        """What is beyond its aim; empty: nothing."""
        over = self.seconds > SHEET_SECONDS or self.mib > SHEET_MIB
        return f"{self.database}: workbook: {self.seconds:.1f} s, {self.mib:.0f} MiB" if over else ""


class Browser:
    """Somebody who supervises everything, with one connection."""

    def __init__(self, database: str, port: int, session: tuple[str, str]) -> None:
        """`session`: the cookie's name and value."""
        self._database, self._address = database, f"http://127.0.0.1:{port}"
        self._cookies = dict((session,))

    def ask(self, ledger: PageLedger, requests: int) -> list[Asked]:
        """Every row in turn, one request at a time."""
        paths = {row: row.paths(ledger) for row in ROWS}
        seconds: dict[Row, list[float]] = {row: [] for row in ROWS}
        packed = dict.fromkeys(ROWS, 0)
        with self._client() as client:
            for number in range(requests + WARM_UP):
                for row in ROWS:
                    path = paths[row][number % len(paths[row])]
                    begun = monotonic()
                    answer = client.get(path)
                    spent = monotonic() - begun
                    assert answer.status_code == 200, (row.name, answer.status_code)
                    if number >= WARM_UP:
                        seconds[row].append(spent)
                    packed[row] = max(packed[row], len(gzip.compress(answer.content, 6)))
                    sleep(PAUSE)
        return [Asked(self._database, row, sorted(seconds[row]), packed[row]) for row in ROWS]

    def fetch_sheet(self, pid: int) -> Sheet:
        """The workbook of a unit and all below it; `pid`: of the process that writes it."""
        before = most = anonymous_mib(pid)
        begun = monotonic()
        with self._client() as client, ThreadPoolExecutor(1) as other:
            answering = other.submit(client.get, f"/tickets/export.xlsx?{urlencode({'unit': TOP, 'sub': '1'})}")
            while not answering.done():
                most = max(most, anonymous_mib(pid))
                sleep(_LOOK)
            answer = answering.result()
        spent = monotonic() - begun
        assert answer.status_code == 200, answer.status_code
        sheet = load_workbook(BytesIO(answer.content), read_only=True).worksheets[0]
        return Sheet(self._database, sum(1 for _ in sheet.iter_rows()) - 1, spent, most - before)

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self._address, cookies=self._cookies, timeout=_TIMEOUT)


def asked_table(found: Iterable[Asked]) -> str:
    """Page by page."""
    header = ("database", "page", "requests", "p50 ms", "p95 ms", "max ms", "aim (p95) ms", "kB gzipped")
    rows = (
        (
            one.database, one.row.name, len(one.seconds), f"{1e3 * quantiles(one.seconds, n=2)[0]:.1f}",
            f"{one.p95:.1f}", f"{1e3 * one.seconds[-1]:.1f}", f"{one.aim:.0f}", f"{one.packed / 1000:.1f}",
        )
        for one in found
    )  # fmt: skip
    return table(header, rows)


def sheet_table(found: Iterable[Sheet]) -> str:
    """The workbooks."""
    header = ("database", "workbook of", "seconds", "aim", "MiB", "aim")
    rows = (
        (one.database, f"{one.rows:,} tickets", f"{one.seconds:.1f}", f"{SHEET_SECONDS:.0f}", f"{one.mib:.0f}",
         f"{SHEET_MIB:.0f}")
        for one in found
    )  # fmt: skip
    return table(header, rows)
