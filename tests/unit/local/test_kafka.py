"""What a person is told when the local Kafka cannot be had, and the names that must agree."""

import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from streams.local.jars import BROKER_FILES, KAFKA_VERSION, cache_dir, find_java
from streams.local.kafka import BrokerError, ensure_jars
from streams.local.processes import free_ports, is_free, tail


def _program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder where programs are found; the cache is empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.mark.usefixtures("path")
async def test_missing_java_is_said() -> None:
    """Without Java the error names what to install."""
    with pytest.raises(BrokerError, match="apt-get install openjdk-17"):
        await find_java()


async def test_old_java_is_said(path: Path) -> None:
    """A Java that is too old is named with its version."""
    _program(path, "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    with pytest.raises(BrokerError, match=r"11\.0\.2"):
        await find_java()


async def test_java_home_goes_first(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JAVA_HOME wins over an old java on the PATH."""
    _program(path, "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    (tmp_path / "jdk").mkdir()
    _program(tmp_path / "jdk" / "bin", "java", """echo 'openjdk version "21.0.4" 2024-07-16' >&2""")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert await find_java() == str(tmp_path / "jdk" / "bin" / "java")


@pytest.mark.usefixtures("path")
async def test_missing_maven_is_said() -> None:
    """Without Maven, and without the jars of an earlier run, the error names what to install."""
    with pytest.raises(BrokerError, match=r"apt-get install .* maven"):
        await ensure_jars(lambda _: None)


async def test_jars_are_fetched_once(path: Path, tmp_path: Path) -> None:
    """The second call finds what the first one fetched, without Maven."""
    _program(
        path,
        "mvn",
        """for a in "$@"; do case $a in -DoutputDirectory=*) target=${a#*=};; esac; done
        /bin/mkdir "$target"; echo jar > "$target/kafka.jar" """,
    )
    said: list[str] = []
    lib = await ensure_jars(said.append)
    assert lib == tmp_path / "cache" / "rectify" / f"kafka-{KAFKA_VERSION}" / "lib"
    assert (lib / "kafka.jar").exists()
    assert said
    (path / "mvn").unlink()
    assert await ensure_jars(said.append) == lib


async def test_another_pom_fetches_again(path: Path) -> None:
    """Jars of another version are replaced."""
    _program(path, "mvn", """for a in "$@"; do case $a in -DoutputDirectory=*) /bin/mkdir "${a#*=}";; esac; done""")
    lib = await ensure_jars(lambda _: None)
    (lib / "pom.xml").write_text("<project/>")
    (lib / "old.jar").touch()
    assert not (await ensure_jars(lambda _: None) / "old.jar").exists()


async def test_a_failing_maven_leaves_nothing_behind(path: Path) -> None:
    """The error shows what Maven said, and a half-filled folder is not taken for a whole one."""
    _program(
        path,
        "mvn",
        """for a in "$@"; do case $a in -DoutputDirectory=*) /bin/mkdir "${a#*=}";; esac; done
        echo '[ERROR] no route to host'; exit 1""",
    )
    for _ in range(2):
        with pytest.raises(BrokerError, match="no route to host"):
            await ensure_jars(lambda _: None)
    assert not (cache_dir() / "lib").exists()


async def test_jars_that_came_with_the_program_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The offline bundle installs them beside the program: no Maven, no download, nothing in the user's cache."""
    installed = tmp_path / "share" / "rectify" / f"kafka-{KAFKA_VERSION}"
    installed.mkdir(parents=True)
    shutil.copy(BROKER_FILES / "pom.xml", installed)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert await ensure_jars(lambda _: None) == installed


def test_the_version_is_that_of_the_pom() -> None:
    """The cache folder is named by the version that Maven fetches, and compose runs the same."""
    pom = ET.parse(BROKER_FILES / "pom.xml")  # noqa: S314  (our own file)
    assert pom.findtext(".//{*}kafka.version") == KAFKA_VERSION
    compose = (BROKER_FILES.parents[2] / "docker-compose.yml").read_text(encoding="utf-8")
    assert re.findall(r"apache/kafka:(\S+)", compose) == [KAFKA_VERSION]


def test_ports_are_free_different_and_below_the_ephemeral_range() -> None:
    """A client that calls a dead port of that range may connect to itself."""
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(port < 32768 and is_free(port) for port in ports)


def test_tail_shows_the_end(tmp_path: Path) -> None:
    """The last lines of a log are shown, and a log that is not there shows nothing."""
    log = tmp_path / "log"
    assert tail(log) == ""
    log.write_bytes(b"one\ntwo \xff\nthree\n")
    assert tail(log, 2) == "two �\nthree"
