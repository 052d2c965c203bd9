"""Signed commands: whose they are, and whether they may be given (rules O-6 to O-8). Pure.

O-6  Where the worker has command keys, a command counts only with the header `rectify-signature: <key id>:<HMAC-SHA256
     of the value, in hexadecimal>` by a known key, and with a `command_id`, so that a copy acts no second time;
     anything else is a dead letter, `unsigned` or `bad_signature`. Without keys the topic's access list decides.
O-7  A key has a role, and the pack's `commands` say what each role may do; the rest is a dead letter `not_allowed`.
     The pages have two keys beside the ledger, `web-links` (role unit, for all units) and `web-desk` (role
     supervisor), and sign everything; what names one of them is verified also where nobody else must sign.
O-8  A unit's key acts on what belongs to its own units; other tickets' are refused with `not_your_unit`. Events that a
     signed command causes carry the key's id as `signed_by`, beside `by`, who says to have acted.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from schemas.actions import ACTIONS
from schemas.command import Command
from schemas.powers import CommandPowers, CommandRole
from streams.rules.intake.cloudevents import Headers
from streams.rules.state.inputs import SignedCommand
from streams.rules.state.refusals import Refusal

HEADER: Final = "rectify-signature"


class CommandKey(NamedTuple):
    """A key, as the worker knows it; `units` binds a unit's key to what belongs to them."""

    key_id: str
    role: CommandRole
    units: frozenset[str]
    secret: bytes

    def __repr__(self) -> str:
        """Without the secret."""
        return f"CommandKey({self.key_id!r}, {self.role!r})"


def sign(value: bytes, key_id: str, secret: bytes) -> tuple[str, bytes]:
    """The header for a command's value."""
    return HEADER, f"{key_id}:{hmac.new(secret, value, sha256).hexdigest()}".encode()


def verified(
    command: Command, value: bytes, headers: Headers, keys: Mapping[str, CommandKey], powers: CommandPowers
) -> SignedCommand | Refusal:
    """The command as its key's, or why it is not taken (O-6, O-7)."""
    given = _given(headers)
    key_id = signer(headers)
    if key_id is None:
        return Refusal("unsigned", f"{HEADER}: this header is missing; commands are to be signed here")
    key = keys.get(key_id)
    if key is None:
        return Refusal("bad_signature", f"{HEADER}: {key_id[:80]!r} is not the id of a key")
    if len(given) > 1 or not hmac.compare_digest(sign(value, key_id, key.secret)[1], given[-1]):
        return Refusal("bad_signature", f"{HEADER}: not the signature of this value by {key_id!r}")
    if command.command_id is None:
        return Refusal("unsigned", "command_id: a signed command needs one, so that a copy of it acts no second time")
    asks = key.role == "unit" and ACTIONS[command.action].grants is not None  # K-46: refused with an event
    if command.action not in getattr(powers, key.role).may and not asks:
        return Refusal(
            "not_allowed", f"action: `{command.action}` is not for the {key.role} key {key_id!r} (`commands`)"
        )
    fields = {name: getattr(command, name) for name in Command.model_fields}
    return SignedCommand.model_construct(
        command.model_fields_set, **fields, signed_by=key_id, signing_units=key.units or None, signed_role=key.role
    )


def signer(headers: Headers) -> str | None:
    """Whose signature the headers claim to have; None without one."""
    given = _given(headers)
    return given[-1].decode("utf-8", "replace").rpartition(":")[0] if given else None


def is_foreign(command: Command, unit_id: str | None) -> bool:
    """Whether the command's key is bound to other units (O-8)."""
    return isinstance(command, SignedCommand) and not (
        command.signing_units is None or unit_id in command.signing_units
    )


def _given(headers: Headers) -> list[bytes]:
    return [content or b"" for name, content in headers or () if name.lower() == HEADER]
