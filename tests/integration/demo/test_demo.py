"""`rectify demo` as a newcomer runs it, with the clock twice as fast; and interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

import pytest

from tests.support.command_line import CommandLine

FASTER = "start=2023-02-24T09:00:00+08:00,rate=24000"
COMMAND = [sys.executable, "-c", "from streams.cli import main; main()", "demo", "--out"]
BY_LINK = {"acknowledged": 2, "fix_claimed": 19, "asked": 2}
STARTED = "启动 Kafka"
UNDER_WAY = "立单 opened"


def environment() -> dict[str, str]:
    """No settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECTIFY_")}
    return {**kept, "RECTIFY_CLOCK": FASTER, "PYTHONUNBUFFERED": "1"}


def living_in(folder: Path) -> list[str]:
    """The processes whose working directory is below this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            place = (process / "cwd").readlink()
        except OSError:  # it has ended, or is not ours
            continue
        if place.is_relative_to(folder):
            found.append(f"{process.name} in {place}")
    return found


@pytest.mark.long("the whole demonstration; its cases are stories of test_pipeline_stories, its words snapshots")
def test_every_ticket_goes_as_its_notice_says(tmp_path: Path) -> None:
    """Ends by itself with exit code 0, and leaves the story, the mails and the short messages as files."""
    out = tmp_path / "out"
    done = subprocess.run(
        [*COMMAND, str(out)], env={**environment(), "TMPDIR": str(tmp_path)}, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=170, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:]
    assert "47/47" in done.stdout
    assert "Traceback" not in done.stdout
    tickets = [json.loads(line) for line in (out / "topics" / "tickets.jsonl").read_text().splitlines()]
    assert sorted(ticket["status"] for ticket in tickets) == ["closed"] * 45 + ["open"] * 2
    mails = sorted(file.stem for file in (out / "mails").glob("*.eml"))
    assert mails == sorted(file.stem for file in (out / "mails").glob("*.html"))
    page = (out / "index.html").read_text(encoding="utf-8")
    assert all(f"mails/{quote(stem)}.html" in page for stem in mails)
    assert "催办" in (out / "sms.txt").read_text(encoding="utf-8")
    assert "申请延期" in page
    assert "网页 page" in (out / "timeline.txt").read_text(encoding="utf-8")
    assert "http://127.0.0.1:" in done.stdout
    events = [json.loads(line) for line in (out / "topics" / "events.jsonl").read_text().splitlines()]
    by_link = [e["type"] for e in events if (e.get("via") or "").startswith("link:") and e["type"] in BY_LINK]
    assert {kind: by_link.count(kind) for kind in BY_LINK} == BY_LINK
    assert "督办 supervise" in (out / "timeline.txt").read_text(encoding="utf-8")
    assert living_in(tmp_path) == []
    assert [folder.name for folder in tmp_path.iterdir()] == ["out"]


def interrupted(tmp_path: Path, word: str, number: int) -> tuple[int, str]:
    """Exit code and output of a demonstration that got a signal once it had said this word."""
    child = subprocess.Popen(
        [*COMMAND, str(tmp_path / "out")], env={**environment(), "TMPDIR": str(tmp_path)}, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert child.stdout is not None
    said = ""
    for line in child.stdout:
        said += line
        if word in line:
            break
    os.killpg(child.pid, number)  # the whole group, as a terminal does it
    rest, _ = child.communicate(timeout=60)
    return child.returncode, said + rest


def gone(folder: Path, seconds: float = 10.0) -> bool:
    """Whether nothing lives below the folder any more, given a moment for the kernel."""
    until = monotonic() + seconds
    while living_in(folder) and monotonic() < until:
        sleep(0.1)
    return not living_in(folder)


def test_ctrl_c_while_kafka_starts_leaves_nothing(tmp_path: Path) -> None:
    """No process, no traceback, no folder of Kafka's."""
    code, said = interrupted(tmp_path, STARTED, signal.SIGINT)
    assert (code, "Traceback" in said) == (130, False), said
    assert gone(tmp_path)
    assert [folder.name for folder in tmp_path.iterdir()] == ["out"]


@pytest.mark.long("another demonstration to its middle, with a Kafka of its own")
def test_ctrl_c_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """The worker ends in order, Kafka with it."""
    code, said = interrupted(tmp_path, UNDER_WAY, signal.SIGINT)
    assert (code, "Traceback" in said) == (130, False), said
    assert gone(tmp_path)
    assert [folder.name for folder in tmp_path.iterdir()] == ["out"]


@pytest.mark.long("another demonstration to its middle, with a Kafka of its own")
def test_killed_it_takes_kafka_with_it(tmp_path: Path) -> None:
    """Not even kill -9 leaves a Kafka behind."""
    code, said = interrupted(tmp_path, UNDER_WAY, signal.SIGKILL)
    assert code == -signal.SIGKILL, said
    assert gone(tmp_path)


async def test_another_start_of_the_clock_is_refused(tmp_path: Path) -> None:
    """The scenario has its dates; only the rate may be chosen."""
    wrong = CommandLine(tmp_path, CLOCK="start=2026-01-01T09:00:00+08:00,rate=60")
    done = await wrong.apart("demo", "--out", str(tmp_path / "out"))
    assert done.code == 1
    assert "2023-02-24T09:00:00+08:00" in done.err
    assert "Traceback" not in done.err
