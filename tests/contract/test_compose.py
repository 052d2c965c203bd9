"""docker-compose.yml and Dockerfile make sense; where a docker client with compose is there, it agrees."""

import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.services.link_keys import link_keys
from streams.settings.model import Settings

_ROOT = Path(__file__).parents[2]

# The settings of the contract that belong into a container.
_SETTINGS = {
    "RECTIFY_BROKER",
    "RECTIFY_DATABASE_URL",
    "RECTIFY_POLICY",
    "RECTIFY_DATA_DIR",
    "RECTIFY_TIMEZONE",
    "RECTIFY_SMTP_URL",
    "RECTIFY_SMTP_SENDER",
    "RECTIFY_SMS_PROVIDER",
    "RECTIFY_PUBLIC_URL",
    "RECTIFY_WEB_HOST",
    "RECTIFY_WEB_PORT",
    "RECTIFY_PAGES_URL",
    "RECTIFY_PAGES_HOST",
    "RECTIFY_PAGES_PORT",
}

_KEYS = {
    *("build", "command", "depends_on", "entrypoint", "environment", "healthcheck", "image"),
    *("ports", "restart", "stop_grace_period", "volumes"),
}


def _clients_with_compose() -> list[str]:
    """Return the docker client, if it is there and has the compose plugin; it needs no engine for this."""
    docker = shutil.which("docker")
    if docker is None:
        return []
    asked = subprocess.run([docker, "compose", "version"], capture_output=True, check=False)
    return [] if asked.returncode else [docker]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Return the parsed file, anchors and merges resolved."""
    return dict(yaml.safe_load((_ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    """Return the services by name."""
    return dict(compose["services"])


def _ours(services: dict[str, Any]) -> dict[str, Any]:
    return {name: service for name, service in services.items() if "build" in service}


def test_everything_that_is_promised_is_there(services: dict[str, Any]) -> None:
    """Kafka, PostgreSQL, a mail catcher, a one-shot setup, two workers and the pages."""
    assert set(services) == {"kafka", "postgres", "mail", "setup", "worker-1", "worker-2", "web"}
    assert [services[name]["command"] for name in ("worker-1", "worker-2", "web")] == [["worker"], ["worker"], ["web"]]
    assert services["setup"]["command"][0].startswith("rectify topics create; rectify db upgrade;")


def test_the_setup_makes_the_key_of_the_links_once(services: dict[str, Any], tmp_path: Path) -> None:
    """As the settings ask for it, for its owner's eyes; a second start keeps it, so that links go on working."""
    making = services["setup"]["command"][0].partition("rectify db upgrade;")[2]
    kept = []
    for _ in range(2):
        subprocess.run(["/bin/sh", "-ec", making.replace("python ", f"{sys.executable} ")], cwd=tmp_path, check=True)
        kept.append((tmp_path / "link.key").read_text())
    assert kept[0] == kept[1]
    assert (tmp_path / "link.key").stat().st_mode & 0o077 == 0
    assert len(link_keys(Settings.load(data_dir=str(tmp_path)))[0]) >= 32


def test_workers_and_pages_share_what_they_must(services: dict[str, Any]) -> None:
    """One folder: of the uploaded files, of the key that signs links, of the keys that sign what pages submit."""
    shared = {name: service["volumes"] for name, service in _ours(services).items()}
    assert set(map(tuple, shared.values())) == {("rectify:/var/lib/rectify",)}


def test_settings_are_those_of_the_contract(services: dict[str, Any]) -> None:
    """A setting with a typo would be ignored in silence."""
    names = set(chain.from_iterable(service["environment"] for service in _ours(services).values()))
    assert names <= _SETTINGS
    assert {"RECTIFY_BROKER", "RECTIFY_DATABASE_URL", "RECTIFY_SMTP_URL", "RECTIFY_SMTP_SENDER"} <= names


def test_addresses_name_services(services: dict[str, Any]) -> None:
    """Broker, database and mail server are found by their service's name, database and password agree."""
    settings = services["worker-1"]["environment"]
    assert settings["RECTIFY_BROKER"] == "kafka://kafka:9092"
    assert "INSIDE://kafka:9092" in services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert settings["RECTIFY_SMTP_URL"] == "smtp://mail:1025"
    database = services["postgres"]["environment"]
    url = f"postgresql://{database['POSTGRES_USER']}:{database['POSTGRES_PASSWORD']}@postgres/{database['POSTGRES_DB']}"
    assert settings["RECTIFY_DATABASE_URL"] == f"{url}?sslmode=disable"


def test_ports_are_open_to_this_machine_only(services: dict[str, Any]) -> None:
    """Pages and Kafka have no password here, so nothing is published beyond 127.0.0.1, and nothing twice."""
    ports = list(chain.from_iterable(service.get("ports", []) for service in services.values()))
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports)


def test_workers_wait_for_what_they_need(services: dict[str, Any]) -> None:
    """Workers start after the setup has ended well, and the setup after the servers answer."""
    for name in ("worker-1", "worker-2", "web"):
        assert services[name]["depends_on"]["setup"]["condition"] == "service_completed_successfully"
    for server in ("kafka", "postgres"):
        assert services["setup"]["depends_on"][server]["condition"] == "service_healthy"


def test_what_is_waited_for_has_a_health_check(services: dict[str, Any]) -> None:
    """Compose refuses to wait for the health of a service without a check."""
    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            assert wait["condition"] != "service_healthy" or "healthcheck" in services[name]
    assert all("healthcheck" in service for name, service in services.items() if name != "setup")


def test_the_health_check_asks_the_port_that_is_set(services: dict[str, Any]) -> None:
    """A worker's check goes to its own web port."""
    worker = services["worker-1"]
    assert f":{worker['environment']['RECTIFY_WEB_PORT']}/readyz" in worker["healthcheck"]["test"][-1]
    web = services["web"]
    assert f":{web['environment']['RECTIFY_PAGES_PORT']}/readyz" in web["healthcheck"]["test"][-1]


def test_volumes_are_declared(compose: dict[str, Any], services: dict[str, Any]) -> None:
    """Every named volume is declared, and none besides."""
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert named == set(compose["volumes"])


def test_images_are_pinned(services: dict[str, Any]) -> None:
    """Tomorrow's `latest` is another program."""
    assert all(re.fullmatch(r"[\w/]+:v?\d[\w.]*", service["image"]) for service in services.values())


def test_our_image_has_the_version_of_the_project(services: dict[str, Any]) -> None:
    """The tag is that of pyproject.toml."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {service["image"] for service in _ours(services).values()} == {f"rectify:{project['version']}"}


def test_the_image_holds_what_the_build_copies() -> None:
    """Each file that the Dockerfile or the build needs passes .dockerignore."""
    let_in = {line[1:] for line in (_ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    needed = {"pyproject.toml", "requirements.lock", "README.md", "LICENSE", "streams", "notifiers", "schemas"}
    assert needed == let_in
    assert all((_ROOT / name).exists() for name in needed)


def test_the_image_does_not_run_as_root() -> None:
    """The last stage leaves root before it names its program."""
    last_stage = (_ROOT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nFROM ")[2]
    user, _, rest = last_stage.partition("\nUSER ")[2].partition("\n")
    assert user not in {"", "root", "0"}
    assert 'ENTRYPOINT ["rectify"]' in rest


def test_locks_name_no_index() -> None:
    """Where the packages come from is the business of whoever installs; each one has its hashes."""
    for lock in _ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert not re.search(r"^-|://", text, re.MULTILINE)
        for requirement in re.split(r"\n(?=\S)", text):
            assert requirement.startswith("#") or "--hash=sha256:" in requirement


def test_keys_are_known(compose: dict[str, Any], services: dict[str, Any]) -> None:
    """A key with a typo is refused by compose, so it is refused here."""
    assert {key for key in compose if not key.startswith("x-")} == {"services", "volumes"}
    assert set(chain.from_iterable(services.values())) <= _KEYS
    checks = [service["healthcheck"] for service in services.values() if "healthcheck" in service]
    assert set(chain.from_iterable(checks)) <= {"test", "interval", "timeout", "retries", "start_period"}
    assert all(check["test"][0] == "CMD" for check in checks)


def test_docker_agrees() -> None:
    """`docker compose config` accepts the file, where there is a client to ask."""
    for docker in _clients_with_compose():
        done = subprocess.run(
            [docker, "compose", "-f", _ROOT / "docker-compose.yml", "config", "--quiet"],
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr
