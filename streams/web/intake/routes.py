"""`POST /intake/findings`, `/intake/runs`, `/intake/rechecks`, `/intake/{mapping}`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from streams.kafka.gathered_publishing import NotAcknowledged
from streams.log_events import event_log
from streams.services.api_keys import Scope
from streams.services.handing_in import ItemFault
from streams.store.api_keys import ApiKey
from streams.store.first_answers import FirstAnswer
from streams.web.bearer import key_of
from streams.web.guard.problems import problem
from streams.web.intake.admission import Admission
from streams.web.intake.posted import Kind, NotTaken, items_of, unpacked
from streams.web.intake.reports import ReportIntake
from streams.web.premises import Premises

PATHS: Final[dict[str, Kind]] = {"findings": "finding", "runs": "run", "rechecks": "recheck"}
_ACCEPTED, _INVALID, _RUNNING, _TOO_MUCH, _AWAY = 202, 422, 409, 429, 503
RETRIES_5XX_ALONE: Final = frozenset({"alertmanager"})  # to it every 4xx is final, 429 too
_COME_AGAIN: Final = {_TOO_MUCH: {"Retry-After": "1"}, _AWAY: {"Retry-After": "5"}}
_NAMED_BY: Final = "idempotency-key"
_NAME: Final = 255  # characters of an Idempotency-Key

log = event_log(__name__)


def intake_router(premises: Premises, admission: Admission | None = None) -> APIRouter:
    """The routes; `admission`: how much of a key is taken."""
    router = APIRouter()
    admission = admission or Admission()
    reports = ReportIntake(premises, admission)

    def taking(kind: Kind) -> Callable[[Request], Awaitable[Response]]:
        async def take(request: Request) -> Response:
            return await _take(
                premises, admission, request, lambda key, body: _hand_in(premises, admission, request, key, kind, body)
            )

        return take

    async def report(request: Request, mapping: str) -> Response:
        answer = await _take(
            premises, admission, request, lambda key, body: reports.hand_in(request, key, mapping, body)
        )  # fmt: skip
        if mapping in RETRIES_5XX_ALONE and answer.status_code == _TOO_MUCH:
            return problem(_AWAY, "too_much_at_once", headers=_COME_AGAIN[_AWAY])
        return answer

    for name, kind in PATHS.items():
        router.add_api_route(f"/intake/{name}", taking(kind), methods=["POST"])
    router.add_api_route("/intake/{mapping}", report, methods=["POST"])
    return router


async def _take(
    premises: Premises,
    admission: Admission,
    request: Request,
    hand_in: Callable[[ApiKey, bytes], Awaitable[Response]],
) -> Response:
    """Reads the body under the limits of its key, and answers as before where it has been answered."""
    key = await key_of(premises, request, Scope.INTAKE)
    if isinstance(key, Response):
        return key
    try:
        with admission.request(key.key_id, int(request.headers.get("content-length", "0"))):
            body = await request.body()
            name = request.headers.get(_NAMED_BY, "")
            if not name:
                return await hand_in(key, body)
            return await _once(premises, key, name, _digest(request, body), partial(hand_in, key, body))
    except NotTaken as error:
        return problem(error.status, error.code, error.detail, headers=_COME_AGAIN.get(error.status))
    except NotAcknowledged as error:
        log.warning("intake_not_acknowledged", key=key.key_id, error=str(error))
        return problem(_AWAY, "not_acknowledged", str(error), headers=_COME_AGAIN[_AWAY])


def _digest(request: Request, body: bytes) -> str:
    return sha256(f"{request.url.path}?{request.url.query}\n".encode() + body).hexdigest()


async def _once(
    premises: Premises, key: ApiKey, name: str, digest: str, hand_in: Callable[[], Awaitable[Response]]
) -> Response:
    """H-3  A request that its sender names (`Idempotency-Key`) is done once in 24 hours.

    Sent again it gets the first answer, as long as it is the same; meanwhile 409, and with another body 422. What was
    not accepted is forgotten, and may be sent again under the same name.
    """
    if len(name) > _NAME:
        raise NotTaken(400, "bad_idempotency_key", f"Idempotency-Key: at most {_NAME} characters")
    answers, owner = premises.store.first_answers, uuid4().hex
    begun = await answers.begin(key.key_id, name, digest, owner, premises.now().real)
    if isinstance(begun, FirstAnswer):
        return _json(_ACCEPTED, begun.text.encode())
    if begun == "other":
        return problem(_INVALID, "idempotency_key_reused", "Idempotency-Key: it was another request that had this name")
    if begun == "running":
        detail = "Idempotency-Key: the request of this name is still under way"
        return problem(_RUNNING, "still_running", detail, headers={"Retry-After": "1"}, title="尚在处理 · under way")
    answer: Response | None = None
    try:
        answer = await hand_in()
    finally:
        if answer is None or answer.status_code != _ACCEPTED:
            await answers.give_up(key.key_id, name, owner)
        else:
            await answers.keep(key.key_id, name, owner, bytes(answer.body).decode())
    return answer


async def _hand_in(
    premises: Premises, admission: Admission, request: Request, key: ApiKey, kind: Kind, body: bytes
) -> Response:
    plain = await unpacked(body, request.headers.get("content-encoding", ""))
    items = items_of(plain, request.headers, kind)
    admission.items(key.key_id, len(items))
    checked = await premises.handing_in.check(key, items, premises.now().at)
    wants_good = request.query_params.get("partial", "") in ("yes", "1", "true")
    if not checked.messages or (checked.faults and not wants_good):
        return _refused(checked.faults, len(items))
    ids = await premises.handing_in.publish(key, checked.messages)
    answer: dict[str, Any] = {"accepted": len(ids), "ids": ids}
    if wants_good:
        answer["refused"] = [fault._asdict() for fault in checked.faults]
    if checked.warnings:
        answer["warnings"] = checked.warnings
    return _json(_ACCEPTED, orjson.dumps(answer))


def _refused(faults: Sequence[ItemFault], items: int) -> Response:
    detail = f"{len(faults)} of {items} items are not valid; nothing was published" if items else "there are no items"
    return problem(
        _INVALID,
        "invalid_items" if items else "no_items",
        detail,
        title="有不合格的条目，均未发布 · invalid items, nothing was published",
        errors=[fault._asdict() for fault in faults],
    )


def _json(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/json")
