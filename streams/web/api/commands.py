"""`POST /api/v1/tickets/{id}/commands`: one act about a ticket, by a key that acts."""

from __future__ import annotations

from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from schemas.actions import ACTIONS
from schemas.command import Command
from streams.files.page_keys import PageKey
from streams.services.api_keys import Scope
from streams.services.commands import InvalidCommand, new_command
from streams.services.tickets import Found
from streams.services.viewers import Viewer
from streams.web.api.access import seen_ticket, viewer
from streams.web.api.models import Act, Problem, WantedAct
from streams.web.commanding import KafkaAway, Unanswerable
from streams.web.guard.problems import problem
from streams.web.premises import DESK, LINKS, Premises

_NOT_ALLOWED, _INVALID, _AWAY, _ACCEPTED, _NO_JSON = 403, 422, 503, 202, 400
_NAMES: Final = ("action", "asset_id", "ticket_id", "by", "at", "via")  # that are not the sender's, or not fields
Wait = Annotated[float, Query(ge=0, le=10, description="seconds to wait for the event that answers")]


def commands_router(premises: Premises) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["tickets"])

    async def act(request: Request, ticket_id: str, wait: Wait = 2.0) -> Response:
        """H-7  A key that acts gives commands about the tickets of its units, as far as the pack lets its role (O-7).

        202 once the brokers have the command; within `wait` seconds `event` is what answers it, done or refused.
        """
        who = await viewer(premises, request, Scope.ACT)
        found = await seen_ticket(premises, who, ticket_id)
        try:
            wanted = WantedAct.model_validate_json(await request.body())
            command = _command(premises, who, found, wanted)
        except (ValidationError, InvalidCommand) as error:
            return problem(_INVALID, "invalid_command", _words(error), title="指令有误 · this is no command")
        signing = premises.signing[_signed_by(who)]
        if signing.key is None or not _may(premises, who, command):
            detail = signing.reason or f"{command.action}: not for a key with the role {who.role}"
            return problem(_NOT_ALLOWED, "not_allowed", detail, title="此密钥无权办理 · this key may not do that")
        try:
            (answer,) = await premises.commands.carry_out([command], signing.key, within=wait)
        except KafkaAway as error:
            return problem(_AWAY, "not_acknowledged", str(error), headers={"Retry-After": "5"})
        if isinstance(answer, Unanswerable):
            detail = f"the command {command.command_id} became a dead letter (O-17); nothing has changed"
            return problem(_INVALID, answer.code, detail, title="指令未被受理 · this command was not taken")
        done = {"command_id": command.command_id, "event": None if answer is None else answer.event}
        return Response(orjson.dumps(done), _ACCEPTED, media_type="application/json")

    router.add_api_route(
        "/tickets/{ticket_id}/commands", act, methods=["POST"], response_model=None, status_code=_ACCEPTED,
        responses={_ACCEPTED: {"model": Act}, _NOT_ALLOWED: {"model": Problem}, _INVALID: {"model": Problem},
                   _AWAY: {"model": Problem}},
        openapi_extra={"requestBody": {"required": True, "content": {
            "application/json": {"schema": WantedAct.model_json_schema()}}}},
    )  # fmt: skip
    return router


def _command(premises: Premises, who: Viewer, found: Found, wanted: WantedAct) -> Command:
    if wanted.action not in ACTIONS or ACTIONS[wanted.action].about != "ticket":  # type: ignore[index]
        raise InvalidCommand(f"action: {wanted.action[:80]!r} is no act about a ticket")
    fields: dict[str, Any] = {name: value for name, value in (wanted.model_extra or {}).items() if name not in _NAMES}
    unknown = sorted(set(fields) - set(Command.model_fields))
    if unknown:
        raise InvalidCommand(f"{unknown[0][:80]}: no field of a command")
    return new_command(
        wanted.action,  # type: ignore[arg-type]
        found.asset.asset_id,
        wanted.by or who.name,
        premises.now().at,
        command_id=wanted.command_id,
        ticket_id=found.ticket.ticket_id,
        via=who.via,
        **fields,
    )


def _may(premises: Premises, who: Viewer, command: Command) -> bool:
    role = who.command_role
    return role is not None and command.action in getattr(premises.policy.commands, role).may


def _signed_by(who: Viewer) -> PageKey:
    return DESK if who.command_role == "supervisor" else LINKS


def _words(error: ValidationError | InvalidCommand) -> str:
    if isinstance(error, InvalidCommand):
        return str(error)
    fault = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'value'}: {fault['msg']}"
