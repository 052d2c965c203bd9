"""The units of deploy/systemd: systemd's own checker accepts them, and they let the program do little else."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from streams.settings.model import Settings

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service")) + sorted((ROOT / "deploy" / "systemd").glob("*.timer"))
EXPOSED = 2.0  # of 10, by `systemd-analyze security`; "OK" begins at 3


def analyze(*words: str | Path) -> str:
    """What `systemd-analyze` says; where a machine has no systemd, its package is not installed for this."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd-analyze on this machine")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def installed(tmp_path: Path) -> list[Path]:
    """The units as they would be installed, with a program that is there, and an instance of the worker."""
    placed = []
    for unit in UNITS:
        place = tmp_path / unit.name.replace("@.", "@1.")
        place.write_text(unit.read_text("utf-8").replace("/opt/rectify/bin/rectify", "/bin/true"), "utf-8")
        placed.append(place)
    return placed


def test_systemd_accepts_them(installed: list[Path]) -> None:
    """No unknown key, no unit that is not there, no program that cannot be started."""
    assert analyze("verify", *installed).strip() == ""


def test_they_are_hardened(installed: list[Path]) -> None:
    """A service that is broken into can write its own folder, open sockets, and little else."""
    for unit in installed:
        if unit.suffix == ".service":
            said = re.search(r"exposure level .*?: ([\d.]+)", analyze("security", "--offline=yes", unit))
            assert said, unit
            assert float(said[1]) < EXPOSED, unit.name


def test_every_timer_starts_a_service() -> None:
    """Of the same name."""
    timers = {unit.stem for unit in UNITS if unit.suffix == ".timer"}
    assert timers
    assert timers <= {unit.stem for unit in UNITS if unit.suffix == ".service"}


def test_the_sample_of_settings_has_no_typo_and_no_secret() -> None:
    """Each name is a setting; what is secret stands there empty, or as a comment."""
    lines = (ROOT / "deploy" / "systemd" / "rectify.env").read_text("utf-8").splitlines()
    given = [re.fullmatch(r"#?RECTIFY_([A-Z_]+)=(.*)", line) for line in lines]
    named = {found[1].lower(): (found[2], found.string) for found in given if found}
    assert named.keys() <= Settings.model_fields.keys()
    assert named["link_key"] == ("", "#RECTIFY_LINK_KEY=")
