"""A case from real life, written as a timeline in YAML and played on a stage (tests/scenarios/README.md).

A stage is the pure core (`Core`) or an installation of the real pipeline (tests/support/scenario_pipeline.py). What is
expected is read from what the stage has published, so that both are asked the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol

from streams.files.yaml import MarkedYaml, load_yaml
from tests.support.world import TOPICS, ZONE, World

FOLDER = Path(__file__).parent.parent / "scenarios"
HEAD = {"title", "source", "clock", "pipeline", "units", "assets", "guarded", "timeline"}
DOES = {"finding", "findings", "run", "recheck", "command", "asset", "wait", "expect"}
TIMES = ("observed_at", "received_at", "started_at", "finished_at", "due_at")
YamlPath = tuple[Any, ...]


class Told(NamedTuple):
    """What a stage has published so far."""

    tickets: list[dict[str, Any]]  # as each now stands, in the order of their opening
    events: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    notices: list[str]  # "03-07 09:00 urge sms 李值守", in the order of their making
    refused: list[str]  # the codes of dead letters


class Stage(Protocol):
    """Where a case is played."""

    async def begin(self, clock: str) -> None:
        """Puts the clock to where the case begins."""

    async def register(self, kind: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """Takes a registry record in."""

    async def until(self, at: str) -> None:
        """Lets the clock run; what is due on the way happens when it is due."""

    async def send(self, messages: list[dict[str, Any]]) -> None:
        """Messages of the findings topic."""

    async def command(self, message: dict[str, Any]) -> None:
        """One command."""

    async def wait(self, seconds: float) -> None:
        """Real time passes, in which runs are judged."""

    async def told(self) -> Told:
        """Everything published so far."""


class Core:
    """The pure core as a stage."""

    def __init__(self) -> None:
        self.world = World()

    async def begin(self, clock: str) -> None:
        """An empty world."""
        self.world = World(clock)

    async def register(self, kind: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """At once."""
        if kind == "unit":
            self.world.unit(record_id, **fields)
        elif kind == "asset":
            self.world.asset(record_id, **fields)
        else:
            self.world.guarded(record_id, **fields)

    async def until(self, at: str) -> None:
        """Step by step."""
        self.world.until(at)

    async def send(self, messages: list[dict[str, Any]]) -> None:
        """One batch."""
        self.world.send(*messages)

    async def command(self, message: dict[str, Any]) -> None:
        """One batch."""
        self.world.command(**message)

    async def wait(self, seconds: float) -> None:
        """No time at all."""
        self.world.wait(seconds)

    async def told(self) -> Told:
        """From the outbox."""
        last = {document["ticket_id"]: document for document in self.world.published(TOPICS.tickets)}
        notices = [" ".join(notice) for notice in self.world.told()]
        refused: list[str] = [refusal.code for refusal in self.world.refused]
        requests = self.world.published(TOPICS.recheck_requests)
        return Told(by_opening(last.values()), self.world.events(), requests, notices, refused)


class Case:
    """One file. Raises AssertionError that names file and line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.yaml: MarkedYaml = load_yaml(path.read_bytes())
        self.data: dict[str, Any] = self._mapping((), HEAD)
        for needed in ("title", "clock", "timeline"):
            if needed not in self.data:
                self.fault((), f"{needed} is missing")
        self.now: str = self.data["clock"]

    @property
    def for_pipeline(self) -> bool:
        """Whether it is also played on the real pipeline."""
        return bool(self.data.get("pipeline", False))

    def fault(self, path: YamlPath, what: str) -> NoReturn:
        """Says where and what."""
        msg = f"{self.path.name}:{self.yaml.line(path)}: {what}"
        raise AssertionError(msg)

    def _mapping(self, path: YamlPath, known: set[str]) -> dict[str, Any]:
        value = self._at(path)
        if not isinstance(value, dict):
            self.fault(path, "a mapping is expected here")
        for key in value:
            if key not in known:
                self.fault((*path, key), f"{key!r} is not one of {', '.join(sorted(known))}")
        return value

    def _at(self, path: YamlPath) -> Any:
        value = self.yaml.data
        for step in path:
            value = value[step]
        return value

    # Playing

    async def play(self, stage: Stage) -> None:
        """From the beginning to the end."""
        self.now = self.data["clock"]
        await stage.begin(self.now)
        for kind in ("units", "assets", "guarded"):
            for record_id, fields in self.data.get(kind, {}).items():
                await stage.register(kind.removesuffix("s"), record_id, fields)
        for index in range(len(self.data["timeline"])):
            await self._entry(stage, ("timeline", index))

    async def _entry(self, stage: Stage, path: YamlPath) -> None:
        entry = self._mapping(path, {"at", *DOES})
        if "at" in entry:
            if entry["at"] < self.now:
                self.fault((*path, "at"), f"{entry['at']} is before {self.now}")
            self.now = entry["at"]
            await stage.until(self.now)
        for name, value in entry.items():
            here = (*path, name)
            if (
                name not in ("at", "wait")
                and not isinstance(value, dict)
                and not (name == "findings" and isinstance(value, list))
            ):
                self.fault(here, "fields are expected here")
            if name == "expect":
                await self._expect(await stage.told(), here)
            elif name == "wait":
                await stage.wait(float(value))
            elif name == "command":
                await stage.command(self._command(await stage.told(), value, here))
            elif name == "asset":
                fields = dict(value)
                await stage.register("asset", fields.pop("asset_id"), fields)
            elif name != "at":
                messages = self._messages(name, value, here)
                await stage.send([self._message(await stage.told(), name, one, here) for one in messages])

    def _messages(self, name: str, value: Any, path: YamlPath) -> list[dict[str, Any]]:
        if name != "findings":
            return [dict(value)]
        if isinstance(value, list):
            return [dict(one) for one in value]
        if not isinstance(value, dict) or "numbers" not in value:
            self.fault(path, "a list of findings, or one with `numbers: [first, last]`, is expected here")
        first, last = value["numbers"]
        pattern = {key: field for key, field in value.items() if key != "numbers"}
        return [{k: v.replace("{n}", str(n)) if isinstance(v, str) else v for k, v in pattern.items()}
                for n in range(first, last + 1)]  # fmt: skip

    def _message(self, told: Told, name: str, message: dict[str, Any], path: YamlPath) -> dict[str, Any]:
        kind = "finding" if name == "findings" else name
        if (number := message.pop("request", None)) is not None:
            request = self._nth(told.requests, number, (*path, "request"), "recheck request")
            message |= {key: request[key] for key in ("asset_id", "fingerprint", "request_id")}
        if (number := message.pop("ticket", None)) is not None:
            ticket = self._nth(told.tickets, number, (*path, "ticket"), "ticket")
            message |= {"asset_id": ticket["asset_id"], "ticket_id": ticket["ticket_id"]}
        message.setdefault("finished_at" if kind == "run" else "observed_at", self.now)
        return {"type": kind, **self._stamped(message)}

    def _command(self, told: Told, value: dict[str, Any], path: YamlPath) -> dict[str, Any]:
        message = dict(value)
        if not str(message["action"]).endswith("_run"):
            ticket = self._nth(told.tickets, message.pop("ticket", 1), (*path, "ticket"), "ticket")
            message |= {"asset_id": ticket["asset_id"], "ticket_id": ticket["ticket_id"]}
            if "into" in message:
                message["into"] = self._nth(told.tickets, message["into"], (*path, "into"), "ticket")["ticket_id"]
            if places := message.pop("places", None):
                message["fingerprints"] = [p["fingerprint"] for p in ticket["problems"] if p["locator"] in places]
        return self._stamped(message)

    def _nth(self, found: list[dict[str, Any]], number: int, path: YamlPath, what: str) -> dict[str, Any]:
        if not 1 <= number <= len(found):
            self.fault(path, f"there is no {what} {number}: {len(found)} so far")
        return found[number - 1]

    def _stamped(self, message: dict[str, Any]) -> dict[str, Any]:
        """Local times as people write them become those of messages."""
        return {k: datetime.fromisoformat(v).replace(tzinfo=ZONE).isoformat() if k in TIMES else v
                for k, v in message.items()}  # fmt: skip

    # Expecting

    async def _expect(self, told: Told, path: YamlPath) -> None:
        wanted = self._mapping(path, {"tickets", "events", "notices", "refused", "requests"})
        for name, value in wanted.items():
            here = (*path, name)
            if name == "tickets":
                self._expect_tickets(told, value, here)
            elif name == "events":
                self._expect_events(told, value, here)
            elif name == "requests":
                self._same(len(told.requests), value, here, "recheck requests")
            elif name == "notices" and isinstance(value, int):
                self._same(len(told.notices), value, here, "notices")
            elif name == "notices":
                self._same(sorted(told.notices), sorted(value), here, "notices")  # at one moment in any order
            else:
                self._same(told.refused, value, here, "refused")

    def _expect_tickets(self, told: Told, value: Any, path: YamlPath) -> None:
        if isinstance(value, dict):
            self._same(dict(Counter(ticket["status"] for ticket in told.tickets)), value, path, "tickets")
            return
        self._same(len(told.tickets), len(value), path, "number of tickets")
        for index, (ticket, fields) in enumerate(zip(told.tickets, value, strict=True)):
            for name, field in fields.items():
                here = (*path, index, name)
                if name == "recurrence_of":
                    field = field and told.tickets[field - 1]["ticket_id"]  # noqa: PLW2901 - its number, as read
                seen = ticket.get({"due": "due_at"}.get(name, name))
                if name in ("due", "closed_at", "evidence_at", "opened_at") and seen is not None:
                    seen = _local(seen)[: len(field)]
                self._same(seen, field, here, f"{name} of ticket {index + 1}")

    def _expect_events(self, told: Told, value: dict[str, Any], path: YamlPath) -> None:
        for kind, wanted in value.items():
            events = [event for event in told.events if event["type"] == kind]
            seen: Any = [_words(event) for event in events]
            if isinstance(wanted, int):
                seen = len(events)
            elif wanted and not wanted[0][:1].isdigit():
                seen = [event["reason"] for event in events]
            elif wanted and " " not in wanted[0][len("03-07 09:00") :]:
                seen = [_local(event["at"])[len("2023-") :] for event in events]
            self._same(seen, wanted, (*path, kind), f"events {kind}")

    def _same(self, seen: Any, wanted: Any, path: YamlPath, what: str) -> None:
        if seen != wanted:
            self.fault(path, f"{what}: expected {wanted}, it is {seen} ({self.now})")


def _local(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def _words(event: dict[str, Any]) -> str:
    """`03-07 09:00 urge`: the rung of an escalation, otherwise the reason."""
    return f"{_local(event['at'])[len('2023-') :]} {event.get('rung') or event['reason']}"


def by_opening(tickets: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """In the order in which a case numbers them."""
    return sorted(tickets, key=lambda ticket: datetime.fromisoformat(ticket["opened_at"]))


def cases() -> list[Path]:
    """Every case, by name."""
    return sorted(FOLDER.glob("*.yaml"))
