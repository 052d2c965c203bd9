"""A robot in one group: one webhook, its rate kept, the error code in its answer read.

N-47  A robot posts as often as its platform allows and not once more, signed; text from tickets is no markup there and
      calls nobody. An error code in the body is an error, whatever the HTTP status says.

Silence is a retry, for a copy twice in a group does little harm; too many posts are punished with minutes of silence.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, Protocol

import orjson

from notifiers.protocol import Chat, Outcome
from notifiers.sms.verdict import Word, verdict
from notifiers.wire import Answer, Wire, by_status

PER_MINUTE: Final = 20  # WeCom and DingTalk say so; Feishu allows 100
_MINUTE: Final = 60.0


class Posting(NamedTuple):
    """What is posted: the query behind the webhook's own, and the body."""

    query: str
    body: Mapping[str, object]


class Platform(Protocol):
    """What differs between the platforms."""

    name: str
    code: str
    """The field of the error code in an answer; 0 is success."""
    words: Mapping[str, Word]

    def posting(self, chat: Chat, secret: str, now: datetime) -> Posting:
        """The request, signed where there is a secret."""


class Robot:
    """One webhook of one group."""

    def __init__(
        self,
        platform: Platform,
        url: str,
        secret: str,
        now: Callable[[], datetime],
        *,
        per_minute: int = PER_MINUTE,
        timeout_s: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`url` is the webhook with its key, `now` the real time for signatures. Raises ValueError: no HTTP URL."""
        self._platform = platform
        self._secret = secret
        self._now = now
        self._per_minute = per_minute
        self._clock = clock
        self._called: deque[float] = deque()
        self._wire = Wire(url, timeout_s, "a robot's webhook is written https://...")

    @property
    def platform(self) -> str:
        """The name of its platform."""
        return self._platform.name

    async def send(self, chat: Chat, /) -> Outcome:
        """Post once; `deferred` when the robot has said enough for this minute."""
        if not self._may_speak():
            return Outcome("retry", "deferred:rate")
        query, body = self._platform.posting(chat, self._secret, self._now())
        headers = {"host": self._wire.host, "content-type": "application/json; charset=utf-8"}
        answer = await self._wire.post(orjson.dumps(body), headers, query=query)
        outcome = self._read(answer) if isinstance(answer, Answer) else answer
        return Outcome("retry", outcome.code) if outcome.state == "uncertain" else outcome

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close()

    def _read(self, answer: Answer) -> Outcome:
        code = answer.document.get(self._platform.code)
        if not isinstance(code, int) or isinstance(code, bool):
            return by_status(answer.status)
        return Outcome("accepted", "accepted") if code == 0 else verdict(str(code), self._platform.words)

    def _may_speak(self) -> bool:
        now = self._clock()
        while self._called and now - self._called[0] >= _MINUTE:
            self._called.popleft()
        if len(self._called) >= self._per_minute:
            return False
        self._called.append(now)
        return True
