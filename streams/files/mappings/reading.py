"""A report read by its mapping: findings and rechecks as messages, what was left out, what could not be read.

F-5  Of every row of a report something is said: it is a finding, an answer, left out with its reason, or refused with
     what is wrong. A refused row stops no other; but while one is refused, its silence proves nothing (F-7).
F-6  A link's target on another host than its page that answers 401, 403, 405, 406, 412 or 451 is a warning unless the
     mapping says otherwise: such hosts refuse programs and serve people. On the page's own host it is a finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import orjson

from schemas.evidence import whole
from schemas.mapping import Mapping
from schemas.policy import Policy
from streams.files.mappings.documents import document_of
from streams.files.mappings.evaluation import ASKED, evaluated
from streams.rules.intake.fingerprint import discriminator_of, identify
from streams.rules.intake.intake import Refusal, read_finding
from streams.rules.state.places import places_of

REFUSING: Final = frozenset({401, 403, 405, 406, 412, 451})  # codes by which a host refuses a program
TEXT_CHARACTERS: Final = 4_000  # of a text for people, and of a part of the evidence
_FOR_PEOPLE: Final = ("title", "detail")


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What is known of a report beside what stands in it."""

    asset_id: str  # empty: each row names its own
    source: str
    run_id: str
    finished: datetime  # when the report came; the sightings are of this moment
    started: datetime | None = None
    exit_code: int | None = None  # None: nobody says; then there is no run
    said: str = ""  # what the tool wrote beside its report
    stopped: str = ""  # why somebody stopped the tool; empty: nobody did


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rows of a report are looked up in."""

    zone: ZoneInfo
    max_bytes: int  # of a message
    policy: Policy  # says what checks are called, and what tells two problems at one place apart
    asset_of: Callable[[str], str | None] | None = None  # the id of an asset by its name, code or address
    address_of: Callable[[str], str | None] | None = None  # the address of a page by its file


class RefusedRow(NamedTuple):
    """A row of a report that became no message."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a report says."""

    messages: tuple[dict[str, Any], ...]  # findings and rechecks
    left_out: Table[str, int]
    refused: tuple[RefusedRow, ...]
    said: str  # the tool's words, those around the report too
    unreadable: str = ""  # why nothing of it can be read
    cut: str = ""  # why it is not whole
    down: bool = False
    partial: str = ""  # why the tool itself has not seen all
    covered: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    looked_for: tuple[str, ...] = ()
    rows: int = 0  # how many there are

    @property
    def findings(self) -> int:
        """How many there are."""
        return sum(message["type"] == "finding" for message in self.messages)


def read_report(mapping: Mapping, content: bytes, facts: ReportFacts, around: Surroundings) -> Reading:
    """Reads a report to its end. Blocks for up to minutes; raises FileError: the mapping is wrong, or no such table."""
    document = document_of(mapping, content, around.zone)
    said = "\n".join(filter(None, (facts.said, document.said)))
    if not document.json:
        return unreadable(mapping, document.cut, said)
    answer = evaluated(mapping, document.json)
    wrong = next((f"{name}: {answer[name]['fault']}" for name in ("rows", *ASKED) if _is_fault(answer.get(name))), "")
    if wrong:
        return unreadable(mapping, f"报告不是映射所期望的样子 · not what the mapping expects: {wrong}", said)
    rows = _Rows(mapping, facts, around)
    for number, row in enumerate(answer["rows"], 1):
        rows.take(row, f"row {number}")
    refused = [RefusedRow(place, reason) for place, reason in document.faults]
    return Reading(
        messages=tuple(rows.messages),
        left_out=Counter(document.left_out) + rows.left_out,
        refused=(*refused, *rows.refused),
        said=said,
        cut=document.cut,
        down=bool(answer.get("down")),
        partial=_sentence(answer.get("partial")),
        covered=rows.places(answer.get("covered")),
        missed=rows.places(answer.get("missed")),
        looked_for=tuple(map(str, _list(answer.get("looked_for")))) or mapping.checks,
        rows=len(answer["rows"]),
    )


class _Rows:
    """Rows on their way to be messages."""

    def __init__(self, mapping: Mapping, facts: ReportFacts, around: Surroundings) -> None:
        self._mapping, self._facts, self._around = mapping, facts, around
        self._places = places_of(around.policy)
        self._codes = {rule.name: code for code, rule in around.policy.checks.items()}
        self.messages: list[dict[str, Any]] = []
        self.left_out: Counter[str] = Counter()
        self.refused: list[RefusedRow] = []

    def take(self, row: Table[str, Any], place: str) -> None:
        """One row, whatever it is."""
        place = str(row.get("at") or place)
        if "left" in row:
            self.left_out[row["left"]] += 1
            return
        if "fault" in row:
            self.refused.append(RefusedRow(place, row["fault"]))
            return
        try:
            message = self._recheck(row) if "recheck" in row else self._finding(row)
        except _Refused as error:
            self.refused.append(RefusedRow(place, str(error)))
            return
        read = read_finding(orjson.dumps(message), (), self._facts.finished, self._around.max_bytes)
        if isinstance(read, Refusal):
            self.refused.append(RefusedRow(place, f"{read.detail} ({read.code})"))
        else:
            self.messages.append(message)

    def places(self, value: object) -> tuple[str, ...]:
        """Places of a list as the messages name them, each once; a file that nobody knows is none."""
        named = (self._address(str(one)) for one in _list(value) if one not in (None, ""))
        return tuple(dict.fromkeys(one for one in named if one is not None))

    def _finding(self, row: Table[str, Any]) -> dict[str, Any]:
        given = _filled(row["finding"])
        evidence = {name: _shortened(part) for name, part in _filled(given.pop("evidence", {})).items()}
        given |= {name: _shortened(given[name]) for name in _FOR_PEOPLE if name in given}
        given["check"] = self._check(given.get("check"))
        message = {
            "type": "finding",
            "asset_id": self._asset(row, given),
            "source": self._facts.source,
            "run_id": self._facts.run_id,
            "observed_at": self._facts.finished.isoformat(),
            **given,
            **({"evidence": evidence} if evidence else {}),
        }
        self._at_addresses(message)
        if "level" not in message and refuses_programs(message):
            message["level"] = "warning"
        return message

    def _recheck(self, row: Table[str, Any]) -> dict[str, Any]:
        given = _filled(row["recheck"])
        evidence = {name: _shortened(part) for name, part in _filled(given.pop("evidence", {})).items()}
        if "check" in given:
            given["check"] = self._check(given["check"])
        message = {
            "type": "recheck",
            "asset_id": self._asset(row, given),
            "source": self._facts.source,
            "observed_at": self._facts.finished.isoformat(),
            **given,
            **({"evidence": evidence} if evidence else {}),
        }
        self._at_addresses(message)
        self._identify(message)
        return message

    def _identify(self, recheck: dict[str, Any]) -> None:
        """Which of the problems at its place an answer is about, where its evidence says so (D-1)."""
        check, policy = str(recheck.get("check", "")), self._around.policy
        if "fingerprint" in recheck or "ticket_id" in recheck or check not in policy.checks:
            return
        told_by = discriminator_of(policy.checks[check].discriminator, recheck.get("evidence", {}), self._places)
        if told_by:
            place = str(recheck.get("locator", ""))
            recheck["fingerprint"] = identify(
                recheck["asset_id"], check, place, told_by, places=self._places
            ).fingerprint

    def _asset(self, row: Table[str, Any], given: Table[str, Any]) -> str:
        name = row.get("asset_name")
        if given.get("asset_id"):
            return str(given["asset_id"])
        if self._facts.asset_id and name in (None, ""):
            return self._facts.asset_id
        if name in (None, ""):
            raise _Refused("没有说明是哪个网站或账号 · which asset it is about is not said; name it with --asset")
        look_up = self._around.asset_of
        found = look_up(str(name)) if look_up is not None else None
        if found is None and self._facts.asset_id and (look_up is None or "://" in str(name)):
            return self._facts.asset_id  # of a monitor's address somebody has said whose it is
        if found is None:
            raise _Refused(f"名录中没有“{name}”，或不止一个 · not in the registry, or not one alone: {str(name)!r}")
        return found

    def _check(self, value: object) -> object:
        if isinstance(value, str) and not value.isascii():
            code = self._codes.get(value.strip())
            if code is None:
                raise _Refused(f"问题类型“{value}”不在规则包内 · no check of the pack is called {value!r}")
            return code
        return value

    def _at_addresses(self, message: dict[str, Any]) -> None:
        if self._mapping.places == "files" and message.get("locator"):
            file = str(message["locator"])
            found = self._address(file)
            if found is None:
                raise _Refused(f"不知道文件 {file} 是哪个页面 · whose page this file is nobody knows: --pages, --root")
            message["locator"] = found

    def _address(self, place: str) -> str | None:
        if self._mapping.places == "addresses" or place.startswith(("http://", "https://")):
            return place
        return None if self._around.address_of is None else self._around.address_of(place)


class _Refused(Exception):
    """A row that becomes no message, and why."""


def refuses_programs(finding: Table[str, Any]) -> bool:
    """Whether another host than the page's has only refused the program that asked (F-6)."""
    evidence = finding.get("evidence", {})
    if not str(finding["check"]).startswith("link.") or whole(evidence.get("http_status")) not in REFUSING:
        return False
    target, page = (_host(evidence.get(name)) for name in ("target", "url"))
    return bool(target) and bool(page) and target != page


def _host(url: object) -> str:
    try:
        return urlsplit(str(url)).netloc.rpartition("@")[2].lower() if url else ""
    except ValueError:
        return ""


def _filled(fields: Table[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _shortened(value: Any) -> Any:
    return value if not isinstance(value, str) or len(value) <= TEXT_CHARACTERS else f"{value[:TEXT_CHARACTERS]}…"


def _list(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else ()


def _sentence(value: object) -> str:
    if value in (None, False):
        return ""
    return "报告自称不完整 · the report says that it is not complete" if value is True else str(value)


def _is_fault(value: object) -> bool:
    return isinstance(value, dict) and "fault" in value


def unreadable(mapping: Mapping, reason: str, said: str = "") -> Reading:
    """A report of which nothing can be read, as a reading."""
    return Reading((), {}, (), said, unreadable=reason, looked_for=mapping.checks)
