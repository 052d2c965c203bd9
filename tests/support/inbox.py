"""A unit's inbox 来信: a citizen's message in a world in memory, what is done about it, what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from schemas.policy import Policy
from streams.files.policy.loading import load_policy
from streams.rules.state.records import Ticket
from tests.support.world import POLICY, World

DUTY = [{"name": "李值守", "email": "duty@a.gov.cn"}]
MESSAGE = {"asset_id": "site", "check": "message.zhaocuo", "locator": "zc-1"}
MONDAY = "2026-03-02 10:00"


def world(at: str = MONDAY, policy: Policy = POLICY) -> World:
    """A site with its owner."""
    made = World(at, policy)
    made.unit("owner", "市科技局", contacts=DUTY)
    made.asset("site", "市科技局网站", unit_id="owner")
    return made


def rfc3339(text: str) -> str:
    """`2026-03-02 10:00` as messages carry it."""
    return f"{text.replace(' ', 'T')}:00+08:00"


def ticket(world: World) -> Ticket:
    """The message's ticket; a veto that is counted from it is one of its own."""
    (found,) = (found for found in world.tickets.values() if not found.check.startswith("veto."))
    return found


def happened(world: World, kind: str) -> list[dict[str, Any]]:
    """The events of a kind, those of a counted veto apart."""
    vetoes = {found.ticket_id for found in world.tickets.values() if found.check.startswith("veto.")}
    return [event for event in world.events(kind) if event["ticket_id"] not in vetoes]


def received(world: World, at: str, **fields: Any) -> None:
    """A citizen's message that reached the unit at `at`, and was found pending now."""
    seen = world.now.isoformat()
    world.send({**MESSAGE, "observed_at": seen, "received_at": rfc3339(at), **fields})


def answered(world: World, at: str, **fields: Any) -> None:
    """A recheck that saw the answer at `at`, and arrives now."""
    answer = {"type": "recheck", "outcome": "absent", "observed_at": rfc3339(at), "evidence": {"answer": "已更正"}}
    world.send({**MESSAGE, **answer, **fields})


def act(world: World, action: str, **fields: Any) -> None:
    """Somebody acts on the only ticket."""
    world.command(action=action, asset_id="site", ticket_id=ticket(world).ticket_id, **fields)


def timely(world: World) -> list[str]:
    """How timely each closing was, in order."""
    return [event["timeliness"] for event in happened(world, "closed")]


def lines(world: World) -> list[tuple[str, str, int, str]]:
    """The lines that were crossed: local time, kind, amount, unit."""
    crossed = ((event["at"][:16].replace("T", " "), event["line"]) for event in happened(world, "line_crossed"))
    return [(at, line["kind"], line["amount"], line["unit"]) for at, line in crossed]


def refusals(world: World) -> list[str]:
    """Why commands were refused, in order."""
    return [event["reason"] for event in happened(world, "command_refused")]


def pack(folder: Path, text: str) -> Policy:
    """A pack of one's own."""
    path = folder / "own.yaml"
    path.write_text("extends: default\npack: own\nversion: 1\ntitle: 本市\n" + text, "utf-8")
    return load_policy(path)
