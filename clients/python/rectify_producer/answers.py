"""Recheck requests 复查申请 answered: a function for each check says whether it is still there."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, Callable, NamedTuple, Optional, Union

from rectify_producer.run import Send

OUTCOMES = {True: "present", False: "absent", None: "unverifiable"}

log = logging.getLogger("rectify_producer")


class RecheckRequest(NamedTuple):
    """One place to look at again; `evidence` says what to look for: `target`, `word`, `url` ..."""

    request_id: str
    asset_id: str
    check: str
    locator: str
    fingerprint: str
    evidence: dict[str, Any]
    document: dict[str, Any]  # as it came


Look = Callable[[RecheckRequest], Optional[bool]]


class Answers:
    """The functions by check; `@answers("text.typo")` adds one."""

    def __init__(self, send: Send, *, source: str, sleep: Callable[[float], None] = time.sleep) -> None:
        """`send`: an `Intake`."""
        self._send, self._source, self._sleep = send, source, sleep
        self._looks: dict[str, Look] = {}

    def __call__(self, check: str) -> Callable[[Look], Look]:
        """True: it is still there, False: it is gone, None or an exception: nobody can tell."""

        def add(look: Look) -> Look:
            self._looks[check] = look
            return look

        return add

    def answer(self, requests: Iterable[Union[str, bytes, dict[str, Any]]]) -> int:
        """Answers requests (lines of JSON, or documents) of its checks, each when it is to be looked at; how many."""
        answered = 0
        for one in requests:
            if isinstance(one, (str, bytes)) and not one.strip():
                continue
            document = one if isinstance(one, dict) else json.loads(one)
            look = self._looks.get(document.get("check", ""))
            others = document.get("producers") or []
            if look is None or (others and self._source not in others):
                continue
            self._wait(document.get("not_before"))
            self._send([self._outcome(look, document)])
            answered += 1
        return answered

    def _wait(self, not_before: str | None) -> None:
        if not_before is not None:
            left = (_moment(not_before) - datetime.now(timezone.utc)).total_seconds()
            if left > 0:
                self._sleep(left)

    def _outcome(self, look: Look, document: dict[str, Any]) -> dict[str, Any]:
        request = RecheckRequest(
            request_id=document.get("request_id") or "",
            asset_id=document.get("asset_id") or "",
            check=document.get("check") or "",
            locator=document.get("locator") or "",
            fingerprint=document.get("fingerprint") or "",
            evidence=document.get("evidence") or {},
            document=document,
        )
        try:
            found, evidence = look(request), {}
        except Exception as error:  # noqa: BLE001 - it cannot be told, and why
            log.warning("%s at %s cannot be told: %s", request.check, request.locator, error)
            found, evidence = None, {"error": str(error)[:500]}
        return {
            "type": "recheck", "asset_id": request.asset_id, "request_id": request.request_id, "source": self._source,
            "fingerprint": request.fingerprint, "outcome": OUTCOMES[found], "evidence": evidence,
            "observed_at": datetime.now(timezone.utc).isoformat(),
        }  # fmt: skip


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
