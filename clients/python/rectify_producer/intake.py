"""The way in: `POST /intake/findings` with a key, tried again while the other side is away."""

from __future__ import annotations

import gzip
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Callable

ITEMS = 1_000  # of a request
BYTES = 4 * 1024 * 1024  # of a request, unpacked: half of what is taken
TRIES = 8
_TRY_AGAIN = (429, 500, 502, 503, 504)
_RUNNING = 409
_MOST_SECONDS = 60.0


class Refused(Exception):
    """It is not taken as it is; `errors` has `index`, `code`, `field` and `detail` of every bad item."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        self.errors: list[dict[str, Any]] = problem.get("errors") or []
        first = self.errors[0]["detail"] if self.errors else problem.get("detail") or problem.get("title", "")
        super().__init__(f"{status}: {first}")


class Away(Exception):
    """Nobody has taken it, however often it was tried; it may be sent again."""


class Intake:
    """Where findings go. Calling it hands messages in, and returns their ids once they are accepted for good."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 30.0,
        tries: int = TRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`timeout`: seconds for one try; between two of them a second, two, four, or what the answer says."""
        if not url.startswith(("http://", "https://")):
            raise ValueError("url: http:// or https:// is needed")
        self._url = url.rstrip("/") + "/intake/findings"
        self._key, self._timeout, self._tries, self._sleep = key, timeout, tries, sleep

    def __call__(self, messages: Sequence[dict[str, Any]]) -> list[str | None]:
        """Raises Refused, Away; of several requests those before may have been accepted."""
        ids: list[str | None] = []
        for body in _bodies(messages):
            ids += self._hand_in(body)
        return ids

    def _hand_in(self, body: bytes) -> list[str | None]:
        request = urllib.request.Request(  # noqa: S310 - http or https, see above
            self._url,
            gzip.compress(body, 1),
            {
                "Authorization": f"Bearer {self._key}",
                "Content-Type": "application/json",
                "Content-Encoding": "gzip",
                "Idempotency-Key": uuid.uuid4().hex,
            },
        )
        said = "no answer"
        for number in range(self._tries):
            wait = min(2.0**number, _MOST_SECONDS)
            try:
                with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310
                    return list(json.load(answer)["ids"])
            except urllib.error.HTTPError as error:
                with error:
                    problem = _problem(error)
                if error.code not in (*_TRY_AGAIN, _RUNNING):
                    raise Refused(error.code, problem) from None
                said, wait = f"{error.code}: {problem.get('title', '')}", _retry_after(error, wait)
            except (OSError, ValueError) as error:  # no connection, or an answer that was cut off
                said = str(error)
            if number + 1 < self._tries:
                self._sleep(wait)
        raise Away(said)


def _bodies(messages: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    part: list[bytes] = []
    size = 0
    for message in messages:
        one = json.dumps(message, ensure_ascii=False).encode()
        if part and (len(part) == ITEMS or size + len(one) > BYTES):
            yield b"[" + b",".join(part) + b"]"
            part, size = [], 0
        part.append(one)
        size += len(one)
    if part:
        yield b"[" + b",".join(part) + b"]"


def _problem(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        found = json.load(error)
    except ValueError:
        return {"title": str(error.reason)}
    return found if isinstance(found, dict) else {}


def _retry_after(error: urllib.error.HTTPError, otherwise: float) -> float:
    try:
        return min(max(float(error.headers.get("Retry-After", otherwise)), 0.0), _MOST_SECONDS)
    except ValueError:
        return otherwise
