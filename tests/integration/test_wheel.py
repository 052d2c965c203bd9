"""The built package holds everything that lies in the source folders."""

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("streams", "notifiers", "schemas")


def test_the_wheel_holds_every_file(tmp_path: Path) -> None:
    """Templates, policies, calendars, migrations and schemas are data that a build forgets in silence."""
    source = tmp_path / "source"
    for name in _PACKAGES:
        shutil.copytree(_ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(_ROOT / name, source)
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, source],
        capture_output=True,
        check=False,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("rectify-*.whl")
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith(_PACKAGES)}
    written = {
        str(path.relative_to(source)) for name in _PACKAGES for path in (source / name).rglob("*") if path.is_file()
    }
    assert packed == written
