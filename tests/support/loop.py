"""A history of the loop, played on the pure core beside the naive model of it, and looked at after every step."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.policy import Policy
from streams.rules.state.records import Problem, Ticket
from streams.rules.tickets.tickets import OPEN
from tests.support.loop_oracle import Message, Oracle, Place, RunId
from tests.support.world import POLICY, TOPICS, ZONE, World

BRAKE = 3  # problems; so few that short histories come to it
START = "2026-03-02 10:00"
CAUSES = {"/3": "cms", "/4": "cms"}  # places that share a ticket

_OF_ITS_TIME = ("at", "ticket_version")
_REPEATED = {("recheck_ignored", None), ("seen_again", "recheck_present")}  # a message twice: answered twice, one id

Step = tuple[str, Any]


def small_brake() -> Policy:
    """The default policy, with a brake that few problems pull."""
    brake = POLICY.limits.brake.model_copy(update={"problems": BRAKE})
    return POLICY.model_copy(update={"limits": POLICY.limits.model_copy(update={"brake": brake})})


QUICK_BRAKE = small_brake()


class TellingOfAsks:
    """What the events alone say of asks: each begins once, ends once, and is said to be unanswered once at most."""

    def __init__(self) -> None:
        self.open: dict[tuple[str, str], str] = {}  # ticket_id, kind
        self._over: set[str] = set()
        self._unanswered: set[str] = set()

    def hear(self, event: dict[str, Any]) -> None:
        """The next event, in the order in which they were decided."""
        kind, about = event["type"], (event["ticket_id"], event.get("kind", ""))
        if kind == "asked":
            assert about not in self.open, "two asks of a kind are open"
            assert event["ask_id"] not in self._over, "an ask begins twice"
            self.open[about] = event["ask_id"]
        elif kind == "ask_unanswered":
            assert self.open[about] == event["ask_id"], "nobody waits for it any more"
            assert event["ask_id"] not in self._unanswered, "said twice"
            self._unanswered.add(event["ask_id"])
        elif (ended := event.get("answers") or (kind.startswith("ask_") and event["ask_id"])) is not None and ended:
            (key,) = [key for key, ask_id in self.open.items() if ask_id == ended]
            assert key[0] == event["ticket_id"], "answered for another ticket"
            del self.open[key]
            self._over.add(ended)


class Loop:
    """The core, the model, and what was done to both."""

    def __init__(self, policy: Policy = QUICK_BRAKE) -> None:
        self.world = World(START, policy)
        self.brake = policy.limits.brake.problems
        self.model = Oracle()
        self.steps: list[Step] = []
        self.asks = TellingOfAsks()
        self._versions: dict[str, int] = {}
        self._told: dict[str, dict[str, Any]] = {}
        self._looked = 0
        self._acts = 0

    # What happens

    def play(self, steps: Sequence[Step]) -> None:
        """Does what another history did."""
        for name, value in steps:
            getattr(self, name)(value)

    def deliver(self, messages: Sequence[Message], partition: int = 0) -> None:
        """One batch of a partition of the findings topic."""
        self.steps.append(("deliver", list(messages)))
        self.world.send(*(dict(message) for message in messages), partition=partition)
        for message in messages:
            self.model.arrived(message, self.world.real)

    def wait(self, seconds: int) -> None:
        """Real time passes: runs are judged."""
        self.steps.append(("wait", seconds))
        before, gone = self.places("open"), self.places("gone")
        judged = {run for run, facts in self.model.runs.items() if not facts.done}
        free = self._free_of_exceptions(before)
        self.world.wait(seconds)
        held = self.held()
        for run in judged - held:
            if run in self.model.runs and self.model.runs[run].message is not None:
                self._not_too_many(run, free)
        self.model.judged(self.world.real, before, gone, held)

    def pass_time(self, minutes: int) -> None:
        """The domain's clock moves on."""
        self.steps.append(("pass_time", minutes))
        end = self.world.now.astimezone(ZONE) + timedelta(minutes=minutes)
        self.world.until(end.strftime("%Y-%m-%d %H:%M:%S"))

    def act(self, what: tuple[str, str]) -> None:
        """A person acts on a ticket."""
        self.steps.append(("act", what))
        (action, ticket_id), fields = what, self._fields(*what)
        action = fields["action"]
        ticket = next(t for t in self.world.tickets.values() if t.ticket_id == ticket_id)
        mine = [problem for problem in self.world.problems if problem.current and problem.ticket_pk == ticket.pk]
        may = ticket.status in OPEN
        asset_id = self._asset_id(ticket.asset_pk)
        self.world.command(asset_id=asset_id, ticket_id=ticket_id, **fields, **self._said())
        if action == "close" and may:
            self.model.closed_by_person([self.place(p) for p in mine if p.status == "open"], self.world.now)
        if action == "dismiss" and may:
            self.model.dismissed |= {self.place(p) for p in mine if p.status == "open"}
            self.model.beside_dismissed |= {self.place(p) for p in mine if p.status == "gone"}

    def _fields(self, action: str, ticket_id: str) -> dict[str, Any]:
        """The action, and what it needs: `ask:extension` asks for more time, and the first open ask is refused."""
        action, _, kind = action.partition(":")
        pk = next(ticket.pk for ticket in self.world.tickets.values() if ticket.ticket_id == ticket_id)
        asked = sorted((ask.kind, ask.ask_id) for ask in self.world.asks.values() if ask.ticket_pk == pk)
        needed: dict[str, dict[str, Any]] = {
            "extend": {"working_days": 2},
            "ask": {"kind": kind, **({"working_days": 3} if kind == "extension" else {})},
            "refuse_ask": {"ask_id": asked[0][1] if asked else "none"},
            "note": {"text": "备注"},
        }
        return {"action": action, **needed.get(action, {})}

    def answer_held(self, what: tuple[str, RunId]) -> None:
        """A supervisor answers a held run; an accepted one is judged with the next wait."""
        self.steps.append(("answer_held", what))
        action, (asset_id, source, run_id) = what
        self.world.command(action=action, asset_id=asset_id, source=source, run_id=run_id, **self._said())
        if action == "accept_run":
            before, gone = self.places("open"), self.places("gone")
            self.world.wait(0)
            self.model.accepted((asset_id, source, run_id), before, gone)

    def _said(self) -> dict[str, str]:
        self._acts += 1
        return {"reason": "核实", "command_id": f"c{self._acts}"}

    # What is there

    def place(self, problem: Problem) -> Place:
        """Where it is."""
        return Place(self._asset_id(problem.asset_pk), problem.check, problem.locator)

    def places(self, status: str) -> set[Place]:
        """Where problems have this status now."""
        return {self.place(p) for p in self.world.problems if p.current and p.status == status}

    def held(self) -> set[RunId]:
        """Runs that wait for a supervisor, or were refused."""
        return {
            (self._asset_id(run.asset_pk), run.source, run.run_id)
            for run in self.world.runs.values()
            if run.state in ("held", "rejected")
        }

    def waiting_for_answer(self) -> list[RunId]:
        """Runs that wait for a supervisor."""
        return sorted(
            (self._asset_id(r.asset_pk), r.source, r.run_id) for r in self.world.runs.values() if r.state == "held"
        )

    def _asset_id(self, pk: int) -> str:
        return next(asset.asset_id for asset in self.world.assets.values() if asset.pk == pk)

    def counts(self) -> Counter[Place]:
        """How often each problem was found, over all its tickets."""
        counts: Counter[Place] = Counter()
        for problem in self.world.problems:
            counts[self.place(problem)] += problem.count
        return counts

    def picture(self) -> dict[str, Any]:
        """Everything about problems and tickets that does not depend on how messages were batched."""
        problems = [
            (*self.place(p), p.status, p.count, _utc(p.first_seen_at), _utc(p.last_seen_at), _utc(p.gone_at), p.current)
            for p in self.world.problems
        ]
        tickets = {
            t.ticket_id: (t.status, t.due_at, t.problem_count, t.open_problem_count, t.reopen_count, t.close_reason)
            for t in self.world.tickets.values()
        }
        asks = sorted(
            (self.world.tickets[pk].ticket_id, kind, ask.unanswered_at) for (pk, kind), ask in self.world.asks.items()
        )
        return {"problems": sorted(map(str, problems)), "tickets": tickets, "asks": asks}

    # What must hold

    def check(self) -> None:
        """Everything that must hold at any time."""
        self._check_problems()
        self._check_tickets()
        self._check_what_is_told()

    def _check_problems(self) -> None:
        current = [problem for problem in self.world.problems if problem.current]
        assert len({p.key for p in current}) == len(current), "a problem has two current rows"
        for problem in current:
            place = self.place(problem)
            right = self.model.may_be(place)
            assert problem.status in right, f"{place} is {problem.status}, right is {right}"
            self.model.undecided += len(right) > 1
            assert problem.last_seen_at >= max(s.at for s in self.model.findings[place][-1:])
        self.check_counts()
        for run in self.world.runs.values():
            facts = self.model.runs[(self._asset_id(run.asset_pk), run.source, run.run_id)]
            assert run.counted == facts.counted, "a run's findings are miscounted"

    def check_counts(self) -> None:
        """Every problem is there, found as often as it was told: of that the order of arrival changes nothing."""
        counts = self.counts()
        assert counts.keys() == self.model.findings.keys()
        for place, count in counts.items():
            assert count in self.model.may_count(place), f"{place} was found {count} times"

    def _check_tickets(self) -> None:
        rows: dict[int, list[Problem]] = defaultdict(list)
        for problem in self.world.problems:
            rows[problem.ticket_pk].append(problem)
        for pk, ticket in self.world.tickets.items():
            still_open = sum(p.status == "open" for p in rows[pk])
            assert ticket.open_problem_count == still_open, f"{ticket.ticket_id} counts its open problems wrongly"
            assert ticket.problem_count == len(rows[pk])
            assert (ticket.status in OPEN) == (still_open > 0), f"{ticket.status} with {still_open} open problems"
            assert ticket.version >= self._versions.get(ticket.ticket_id, 0), "a version went back"
            self._versions[ticket.ticket_id] = ticket.version
        open_groups = [t.group_key for t in self.world.tickets.values() if t.group_key and t.status in OPEN]
        assert len(open_groups) == len(set(open_groups)), "one cause has two open tickets"

    def _check_what_is_told(self) -> None:
        fresh = self.world.outbox[self._looked :]
        self._looked = len(self.world.outbox)
        for message in fresh:
            told = json.loads(message.value or b"{}")
            if message.topic == TOPICS.events:
                said = {name: value for name, value in told.items() if name not in _OF_ITS_TIME}
                known = self._told.setdefault(told["id"], said)
                assert said == known, f"two events {told['type']} have one id"
                repeated = {(told["type"], None), (told["type"], told["reason"])} & _REPEATED
                assert known is said or repeated, f"said twice: {told}"
                if told["type"] == "opened":
                    self._check_deadline(told)
                if known is said:
                    self.asks.hear(told)
        open_now = {(self.world.tickets[pk].ticket_id, kind): ask.ask_id for (pk, kind), ask in self.world.asks.items()}
        assert open_now == self.asks.open, "what is asked is not what was told"

    def _check_deadline(self, opened: dict[str, Any]) -> None:
        """A first load opens nothing overdue, and says when it would have been due; nothing else gets more time."""
        ticket = next(t for t in self.world.tickets.values() if t.ticket_id == opened["ticket_id"])
        place = Place(opened["asset_id"], ticket.check, opened["locator"])
        due_at, true_due_at = (datetime.fromisoformat(opened[name]) if name in opened else None
                               for name in ("due_at", "true_due_at"))  # fmt: skip
        declared = [finding.declared for finding in self.model.findings[place]]
        assert due_at is not None
        assert (true_due_at is None) or (any(declared) and true_due_at < due_at), "more time, and nobody declared it"
        assert not all(declared) or due_at > datetime.fromisoformat(opened["at"]), "a first load opens overdue"

    def check_publication(self, *, one_by_one: bool = True) -> None:
        """What was published last of a ticket is how it stands; its versions only rose, of one worker in order."""
        told: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for document in self.world.published(TOPICS.tickets):
            told[document["ticket_id"]].append(document)
        for ticket in self.world.tickets.values():
            documents = told[ticket.ticket_id]
            if not one_by_one:
                documents.sort(key=lambda document: document["version"])
            versions = [document["version"] for document in documents]
            assert versions == sorted(set(versions)), f"{ticket.ticket_id} was published as {versions}"
            assert (versions[-1], documents[-1]["status"]) == (ticket.version, ticket.status)

    def _free_of_exceptions(self, places: set[Place]) -> set[Place]:
        """Those that the brake counts one by one: of no cause, and not claimed."""
        tickets: dict[Place, Ticket] = {
            self.place(p): self.world.tickets[p.ticket_pk]
            for p in self.world.problems
            if p.current and p.status == "open"
        }
        return {place for place in places if tickets[place].status != "claimed" and tickets[place].cause is None}

    def _not_too_many(self, run: RunId, free: set[Place]) -> None:
        """The brake: this run was not held, so it did not close more than the limit and more than half."""
        if not self._closed_by(run):
            return
        silent, covered = self.model.silence_of(run, free)
        mine = silent & self._closed_by(run)
        everything = covered | {p for p in self.places("open") if p.asset_id == run[0]}
        assert not (len(mine) > self.brake and 2 * len(mine) > len(everything)), f"{run} closed {len(mine)}"

    def _closed_by(self, run: RunId) -> set[Place]:
        """What is gone by its silence, without what was gone before by another proof (C-41)."""
        told = [json.loads(entry.body_json) for entry in self.world.history]
        improved = {event["fingerprint"] for event in told if event["reason"] == "other_proof"}
        closed = set()
        for problem in self.world.problems:
            if problem.status == "gone" and problem.gone_by_json:
                proof = json.loads(problem.gone_by_json)
                named = (self._asset_id(problem.asset_pk), proof.get("source"), proof.get("run_id"))
                if named == run and not proof.get("accepted_by") and problem.fingerprint not in improved:
                    closed.add(self.place(problem))
        return closed


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
