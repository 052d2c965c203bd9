"""deploy/kubernetes: the API's schemas accept it, its parts fit together, and none of them can do more than it must."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.settings.model import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
BASE = sorted(path for path in (FOLDER / "base").glob("*.yaml") if path.name != "kustomization.yaml")
VERSIONS = ("1.28.0", "1.34.0")  # of Kubernetes: the oldest that is still met, and a newer one
VALIDATE = ROOT / ".venv-release" / "bin" / "kubernetes-validate"
SECRETS = {  # what each part may read
    "worker": {"database-url", "smtp-url", "link-key", "keys.yaml", "web-links-key", "web-desk-key"},
    "desk": {"database-url", "link-key", "keys.yaml", "web-links-key", "web-desk-key"},
    "links": {"database-url", "link-key", "web-links-command-key"},
    "migrate": {"database-url"},
    "prune": {"database-url"},
}


def documents(paths: list[Path]) -> list[dict[str, Any]]:
    """Every object of these files."""
    return [each for path in paths for each in yaml.safe_load_all(path.read_text("utf-8"))]


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The pods that are made, by the name of their part."""
    for each in documents(BASE):
        spec = each["spec"]
        if each["kind"] in {"Deployment", "Job", "CronJob"}:
            template = (spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec)["template"]
            yield template["metadata"]["labels"]["app.kubernetes.io/component"], template["spec"]


PODS = dict(pods())


def valid(files: list[Path]) -> None:
    """The schemas of Kubernetes know every key; nothing that must be there is missing."""
    if not VALIDATE.exists():
        pytest.skip("scripts/tool_venv.sh release")
    for version in VERSIONS:
        done = subprocess.run(
            [VALIDATE, "--strict", "-k", version, *files], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_schemas_accept_it() -> None:
    """No unknown key, no wrong type."""
    valid(BASE)


def test_it_is_put_together(tmp_path: Path) -> None:
    """Kustomize finds every file and setting; the example is what somebody gets who changes nothing but names."""
    program = shutil.which("kustomize") or shutil.which("kubectl")
    if program is None:
        pytest.skip("neither kustomize nor kubectl on this machine")
    word = "build" if Path(program).name == "kustomize" else "kustomize"
    rendered = tmp_path / "rendered.yaml"
    made = subprocess.run([program, word, FOLDER / "example"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    rendered.write_text(made.stdout, "utf-8")
    valid([rendered])
    objects = documents([rendered])
    assert Counter(each["kind"] for each in objects) == {
        "ConfigMap": 1, "CronJob": 1, "Deployment": 3, "Ingress": 2, "Job": 1, "NetworkPolicy": 3,
        "PersistentVolumeClaim": 1, "Service": 3,
    }  # fmt: skip
    assert {each["metadata"]["namespace"] for each in objects} == {"rectify"}
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    images = re.findall(r"image: (\S+)", made.stdout)
    assert set(images) == {f"registry.city.example/rectify:{version}"}
    (settings,) = [each for each in objects if each["kind"] == "ConfigMap"]
    assert json.dumps(objects).count(settings["metadata"]["name"]) == 1 + len(images)


def test_the_job_is_one_of_its_version() -> None:
    """A job cannot be changed once it is made, so every version has its own."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    (job,) = [each for each in documents(BASE) if each["kind"] == "Job"]
    assert job["metadata"]["name"] == f"rectify-migrate-{version.replace('.', '-')}"


@pytest.mark.parametrize("part", SECRETS)
def test_a_part_can_do_little(part: str) -> None:
    """Nobody's root, nothing to write but its folders, no token of the cluster, a limit of memory."""
    pod = PODS[part]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
    assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("part", SECRETS)
def test_a_part_reads_its_own_secrets(part: str) -> None:
    """As files; every one that a setting names is there, and who serves the Internet cannot sign for the desk."""
    pod = PODS[part]
    (container,) = pod["containers"]
    (secret,) = [volume["secret"] for volume in pod["volumes"] if "secret" in volume]
    assert secret["defaultMode"] & 0o007 == 0
    assert {item["key"] for item in secret["items"]} == SECRETS[part]
    files = {entry["name"]: Path(entry["value"]) for entry in container["env"]}
    assert {file.name for file in files.values()} <= SECRETS[part]
    assert {str(file.parent) for file in files.values()} == {"/run/secrets/rectify"}
    settings = {name.removeprefix("RECTIFY_").removesuffix("_FILE").lower() for name in files}
    assert settings <= Settings.model_fields.keys()


def test_settings_are_settings_and_no_secrets() -> None:
    """A setting with a typo would be ignored in silence."""
    lines = (FOLDER / "base" / "settings.env").read_text("utf-8").splitlines()
    named = {line.partition("=")[0].removeprefix("RECTIFY_").lower() for line in lines}
    assert named <= Settings.model_fields.keys()
    assert not named & {"database_url", "smtp_url", "link_key", "command_key"}


@pytest.mark.parametrize("part", ["worker", "links", "desk"])
def test_probes_ask_the_port_that_is_served(part: str) -> None:
    """Alive is not ready: while the database is away nothing is restarted, and nobody is sent there."""
    (container,) = PODS[part]["containers"]
    (port,) = container["ports"]
    served = "web_port" if part == "worker" else "pages_port"
    assert port["containerPort"] == Settings.model_fields[served].default
    paths = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness", "liveness")}
    assert paths == {"startup": "/healthz", "readiness": "/readyz", "liveness": "/healthz"}


def test_names_that_point_somewhere_are_there() -> None:
    """Services find pods, ingresses services, pods their volumes; every policy is about a part that there is."""
    objects = documents(BASE)
    services = {each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "Service"}
    assert {spec["selector"]["app.kubernetes.io/component"] for spec in services.values()} <= PODS.keys()
    routes = [rule["http"]["paths"] for each in objects if each["kind"] == "Ingress" for rule in each["spec"]["rules"]]
    assert {route["backend"]["service"]["name"] for paths in routes for route in paths} <= services.keys()
    claims = {each["metadata"]["name"] for each in objects if each["kind"] == "PersistentVolumeClaim"}
    for pod in PODS.values():
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == volumes.keys()
        assert {
            v["persistentVolumeClaim"]["claimName"] for v in volumes.values() if "persistentVolumeClaim" in v
        } <= claims


def test_the_internet_gets_the_units_pages_alone() -> None:
    """The same addresses as deploy/nginx lets through; a link is a key, so neither address writes a log of them."""
    links, desk = (each for each in documents(BASE) if each["kind"] == "Ingress")
    paths = {route["path"] for rule in links["spec"]["rules"] for route in rule["http"]["paths"]}
    nginx = (ROOT / "deploy" / "nginx" / "rectify-links.conf").read_text("utf-8")
    assert paths == set(re.findall(r"location (?:= )?(/\S+) \{ proxy_pass", nginx))
    for ingress in (links, desk):
        assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/enable-access-log"] == "false"
