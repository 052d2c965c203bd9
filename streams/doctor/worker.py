"""The web address, and whose worker answers there."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

import httpx

from streams.doctor.line import WITHIN_SECONDS, CheckLine, error, ok, warning
from streams.settings.model import Settings
from streams.worker.pages import AddressError, ensure_free

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - to ask there, not to listen
_READY: Final = 200
_START: Final = "启动 `rectify worker`，或在其所在机器上运行 · start one, or ask where it runs"
_UNTOLD: Final = "neither database nor Kafka says which cluster is ours"
_FIRST: Final = "先解决数据库和 Kafka · see to database and Kafka first, then ask again"
_MOVE: Final = "改 RECTIFY_WEB_PORT，或停掉占用者 · set RECTIFY_WEB_PORT to another, or stop who has it"


class Occupant(NamedTuple):
    """Who answers at our web address: a worker, whosever, or something else (`checks` is None)."""

    status: int
    worker: dict[str, str]
    checks: dict[str, Any] | None

    def whose(self, settings: Settings, cluster: str | None) -> Literal["ours", "theirs", "unknown"]:
        """Whose worker it is; `cluster`: the Kafka cluster of this installation, None where nobody can say."""
        group, prefix = self.worker.get("group_id"), self.worker.get("topic_prefix")
        if self.checks is None or (group, prefix) != (settings.group_id, settings.topic_prefix):
            return "theirs"
        if cluster is None:
            return "unknown"
        return "ours" if self.worker.get("cluster_id") == cluster else "theirs"

    def __str__(self) -> str:
        """As what it introduces itself."""
        if self.checks is None:
            return "另一程序 another program"
        named = ", ".join(f"{name} {value}" for name, value in self.worker.items())
        return f"另一安装的工作节点 a worker of another installation ({named or 'an older release'})"


async def occupant(settings: Settings) -> Occupant | None:
    """Asks at the web address; None: nobody answers."""
    if settings.web_port == 0:
        return None
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=WITHIN_SECONDS) as client:
            answer = await client.get(_url(settings))
    except httpx.HTTPError:
        return None
    try:
        body = answer.json()
        return Occupant(answer.status_code, dict(body.get("worker") or {}), dict(body["checks"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Occupant(answer.status_code, {}, None)


def address_line(settings: Settings, found: Occupant | None, cluster: str | None) -> CheckLine:
    """Whether the web address is free or ours, for this machine only, and whether gateways find it."""
    whose = "free" if found is None else found.whose(settings, cluster)
    if whose == "theirs":
        return error("web", f"网页地址被占用 · {settings.receipts_url()} is taken by {found}", _MOVE)
    if whose == "unknown":
        return warning(
            "web", f"网页地址有人在用，不知是谁的 · a worker has {settings.receipts_url()}: {_UNTOLD}", _FIRST
        )
    if found is None:
        try:
            ensure_free(settings.web_host, settings.web_port)
        except AddressError as fault:
            return error("web", str(fault), _MOVE)
    if settings.web_host not in _LOOPBACK:
        advice = "前置带登录和 TLS 的代理，或改回 127.0.0.1 · put TLS and a login before it, or listen on 127.0.0.1"
        return warning("web", f"网页地址对外开放 · the web address is open to others: {settings.web_host}", advice)
    if settings.sms_provider == "kannel" and not settings.public_url:
        gateway = httpx.URL(settings.sms_kannel_url or "").host
        if gateway not in _LOOPBACK:
            advice = "设置 RECTIFY_PUBLIC_URL · set it to where the gateway reaches this worker"
            return warning("web", f"网关收不到回执地址 · {gateway} cannot reach {settings.receipts_url()}", advice)
    state = "空闲 free" if found is None else "本安装的工作节点 our worker"
    return ok("web", f"网页地址 · web address {settings.receipts_url()} ({state})")


def worker_line(settings: Settings, found: Occupant | None, cluster: str | None) -> CheckLine:
    """Whether a worker of ours runs at the web address, and what it says of itself."""
    if settings.web_port == 0:
        return warning("worker", "端口任选，无从询问 · the port is any (RECTIFY_WEB_PORT=0): nobody to ask", _START)
    url = _url(settings)
    if found is None:
        return warning("worker", f"没有工作节点应答 · no worker answers at {url}", _START)
    whose = found.whose(settings, cluster)
    if whose == "unknown":
        return warning("worker", f"有工作节点应答，不知是谁的 · a worker answers at {url}: {_UNTOLD}", _FIRST)
    if whose == "theirs":
        ours = f"group_id {settings.group_id}, topic_prefix {settings.topic_prefix}, cluster_id {cluster or '?'}"
        return warning("worker", f"没有本安装的工作节点 · no worker of ours ({ours}): at {url} answers {found}", _START)
    if found.status == _READY:
        return ok("worker", f"工作节点就绪 · the worker is ready: {url}")
    reasons = "; ".join(f"{name}: {check['detail']}" for name, check in (found.checks or {}).items() if not check["ok"])
    return error(
        "worker", f"工作节点未就绪 · the worker is not ready: {reasons}", "先解决上述原因 · see to the reasons first"
    )


def _url(settings: Settings) -> httpx.URL:
    host = "127.0.0.1" if settings.web_host in _EVERYWHERE else settings.web_host
    return httpx.URL(scheme="http", host=host, port=settings.web_port, path="/readyz")
