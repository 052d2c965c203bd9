"""The examples for programs in other languages, run as they stand against the product's own intake."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from streams.clock import system_time
from tests.integration.clients.test_python import address
from tests.support.handed_in import Programs, programs_on

EXAMPLES = Path(__file__).parents[3] / "examples" / "producers"
BUILT = "{folder}/report"
LANGUAGES = {  # how an example is compiled, if it is, and run
    "curl": ((), ("sh", "report.sh")),
    "java": ((), ("java", "Report.java")),
    "go": (("go", "build", "-o", BUILT, "report.go"), (BUILT,)),
    "php": ((), ("php", "report.php")),
}
TRY_AGAIN = 75


@pytest.fixture
async def programs(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Programs]:
    """Programs at the pages of a unit with a site."""
    async with programs_on(sqlite_database, tmp_path) as opened:
        yield opened


async def called(command: Sequence[str], folder: Path, **more: str) -> tuple[int | None, str]:
    """Exit code and words of a program."""
    process = await asyncio.create_subprocess_exec(
        *(word.format(folder=folder) for word in command), cwd=EXAMPLES,
        env={**os.environ, "GO111MODULE": "off", **more},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode, out.decode()


@pytest.mark.parametrize(
    "language",
    ["curl", "php", *(pytest.param(name, marks=pytest.mark.long("it is compiled first")) for name in ("java", "go"))],
)
async def test_an_example_hands_in_a_finding_and_its_run(language: str, programs: Programs, tmp_path: Path) -> None:
    """Kafka away: try again later; then both are there; refused, with the reason, by a key of somebody else."""
    compiled, command = LANGUAGES[language]
    if compiled:
        assert await called(compiled, tmp_path) == (0, "")
    programs.pages.installation.clock.set(system_time())
    own = await programs.key("one", sources=(language,))
    other = await programs.key("other", sources=("other",))
    async with address(programs) as url:
        programs.log.is_away = True
        assert await called(command, tmp_path, RECTIFY_URL=url, RECTIFY_KEY=own.token) == (TRY_AGAIN, "")
        programs.log.is_away = False
        assert await called(command, tmp_path, RECTIFY_URL=url, RECTIFY_KEY=own.token) == (0, "")
        code, said = await called(command, tmp_path, RECTIFY_URL=url, RECTIFY_KEY=other.token)
        assert (code, "source_not_allowed" in said) == (1, True), said
    finding, run = programs.log.documents
    assert (finding["check"], finding["source"], run["status"]) == ("link.dead", language, "complete")
    assert finding["run_id"] == run["run_id"]
