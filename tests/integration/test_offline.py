"""The offline bundle, on machines that have only what it brings, on the oldest and the newest Python of this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pythons() -> dict[str, str]:
    """The oldest and the newest interpreter of the versions that the package names, by version; this one is there."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    for version in ("3.11", "3.12", "3.13"):
        kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        python = shutil.which(f"python{version}")
        if python and subprocess.run([python, "-V"], capture_output=True, check=False).returncode == 0:
            found.setdefault(version, python)
        elif kept:
            found.setdefault(version, str(kept[-1]))
    return {version: found[version] for version in sorted({min(found), max(found)})}


@pytest.mark.long("the packages for two Pythons are fetched, and installed once each")
@pytest.mark.timeout(2400)
def test_installed_where_nothing_can_be_downloaded(tmp_path: Path) -> None:
    """Without a way out: `install.sh`, `--version`, `up`, a finding that becomes a ticket, the demonstration."""
    found = pythons()
    environment = {**os.environ, "DIST": str(tmp_path / "dist"), "PYTHONS": " ".join(found)}
    for script in ("release.sh", "bundle.sh"):
        subprocess.run([ROOT / "scripts" / script], env=environment, check=True)
    (archive,) = (tmp_path / "dist").glob("rectify-*-offline-*.tar")
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    for version, python in found.items():
        then = ["demo"] if version == max(found) else []
        place = tmp_path / version
        place.mkdir()
        words: list[str | Path] = [sys.executable, "-m", "tests.support.offline", archive, place, python, *then]
        subprocess.run([*alone, *words], cwd=ROOT, check=True)
    bundle = tmp_path / "dist" / archive.stem
    (bundle / "kafka" / "pom.xml").write_text("another")
    broken = subprocess.run([bundle / "install.sh", tmp_path / "broken"], capture_output=True, text=True, check=False)
    assert broken.returncode == 1
    assert "SHA256SUMS" in broken.stderr
    assert not (tmp_path / "broken").exists()
