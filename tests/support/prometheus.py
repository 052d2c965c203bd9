"""A real Prometheus that reads a worker's metrics, with the rules of ops/."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from streams.local.processes import free_ports, spawn, tail

OPS: Final = Path(__file__).parents[2] / "ops"


class Prometheus:
    """A server on a free port of 127.0.0.1; reads and evaluates every second."""

    def __init__(self, folder: Path, worker_port: int) -> None:
        self._folder = folder
        (self._port,) = free_ports(1)
        config = yaml.safe_load((OPS / "prometheus.yml").read_text("utf-8"))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(OPS / name) for name in config["rule_files"]]
        (job,) = config["scrape_configs"]
        job["static_configs"] = [{"targets": [f"127.0.0.1:{worker_port}"]}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
        self._server: subprocess.Popen[bytes] | None = None
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", trust_env=False)

    def start(self) -> None:
        """Returns at once; it answers soon."""
        program = shutil.which("prometheus")
        assert program, "prometheus is missing: scripts/system.sh prometheus"
        command = [program, f"--config.file={self._folder / 'prometheus.yml'}"]
        command += [f"--storage.tsdb.path={self._folder / 'data'}", f"--web.listen-address=127.0.0.1:{self._port}"]
        self._server = spawn(command, self._folder / "prometheus.log")

    async def stop(self) -> None:
        """Ends it."""
        await self._client.aclose()
        if self._server is not None:
            self._server.kill()
            self._server.wait(30)

    async def answers(self) -> bool:
        """Whether it has read the worker several times."""
        assert self._server is not None
        assert self._server.poll() is None, tail(self._folder / "prometheus.log")
        try:
            return bool(await self.ask('count_over_time(up{job="rectify"}[1m]) > 3'))
        except httpx.TransportError:
            return False

    async def ask(self, question: str) -> list[dict[str, Any]]:
        """The series that a query has now; a query that it does not understand fails."""
        found: list[dict[str, Any]] = (await self._got("query", query=question))["result"]
        return found

    async def rules(self) -> list[dict[str, Any]]:
        """Every rule, with its state and health."""
        return [rule for group in (await self._got("rules"))["groups"] for rule in group["rules"]]

    async def _got(self, path: str, **parameters: str) -> Any:
        answer = (await self._client.get(f"/api/v1/{path}", params=parameters)).json()
        assert answer["status"] == "success", answer
        assert not answer.get("warnings"), answer
        return answer["data"]
