"""What is built for others holds everything, and is the same wherever it is built."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("streams/", "notifiers/", "schemas/")


def _built(dist: Path, umask: int) -> dict[str, bytes]:
    done = subprocess.run(
        [_ROOT / "scripts" / "release.sh", "build"],
        env={**os.environ, "DIST": str(dist)},
        capture_output=True,
        check=False,
        text=True,
        umask=umask,
    )
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in dist.iterdir()}


@pytest.mark.long("both built twice; what is packaged changes with a release")
def test_sdist_and_wheel_hold_every_file_and_are_the_same_again(tmp_path: Path) -> None:
    """Templates, policies, migrations, Kafka's pom: a build forgets data in silence; who builds it leaves no trace."""
    first = _built(tmp_path / "first", 0o022)
    assert first == _built(tmp_path / "second", 0o077)
    tracked = subprocess.run(["git", "ls-files", *_PACKAGES], cwd=_ROOT, capture_output=True, check=True, text=True)
    written = set(tracked.stdout.splitlines())
    (wheel,) = (tmp_path / "first").glob("rectify-*.whl")
    with ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if name.startswith(_PACKAGES)} == written
    (sdist,) = (tmp_path / "first").glob("rectify-*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert written <= inside
    assert {wheel.name, sdist.name} == {line.split()[1] for line in first["SHA256SUMS"].decode().splitlines()}
