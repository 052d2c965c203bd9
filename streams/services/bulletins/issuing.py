"""Issuing a bulletin 印发: its figures are computed again, checked, sealed and published (rule S-11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from schemas.policy import Policy
from streams.kafka.publisher import OutMessage
from streams.ledger import Ledger
from streams.ledger.reading.bulletins import Issued, issued, issued_document
from streams.presentation.bulletins.checking import contradictions
from streams.rules.intake.seal import digest, is_sealed, sealed
from streams.services.bulletins.figures import WantedFigures, figures
from streams.services.failure import Failure

_BY_HAND: Final = ("typed", "computed_at")
_LONG: Final = (
    ("lists", "problems"), ("by", "unit"), ("lists", "not_answered"), ("lists", "last_period_open"),
    ("lists", "unqualified"),
)  # fmt: skip
"""What may be too long for a message, the first to be moved first."""


class Frame(NamedTuple):
    """What makes a bulletin of figures."""

    number: str
    date: str  # 2023-02-20
    issued_by: str


class Sealed(NamedTuple):
    """A bulletin to be published."""

    document: dict[str, Any]
    files: dict[str, bytes]  # parts that are too long for the message, by the names of their files

    def message(self, topic: str) -> OutMessage:
        """As it is published."""
        return OutMessage(topic, self.document["bulletin_id"].encode(), orjson.dumps(self.document))


def wanted_again(given: Mapping[str, Any]) -> WantedFigures:
    """What the figures of a file were asked for. Raises Failure when it holds none."""
    try:
        begin, end = date.fromisoformat(given["from"]), date.fromisoformat(given["to"])
        return WantedFigures(begin, end, str(given["as_of"]), given.get("area"), dict(given.get("typed") or {}))
    except (KeyError, TypeError, ValueError) as error:
        msg = f"不是通报数字 · no figures of a bulletin (rectify bulletin draft --format json): {error}"
        raise Failure(msg) from None


async def issue(
    ledger: Ledger,
    given: Mapping[str, Any],
    frame: Frame,
    configured: Policy,
    now: datetime,
    zone: ZoneInfo,
    limit: int,
) -> Sealed:
    """The bulletin, sealed; `limit`: bytes of a message.

    Raises Failure where the figures are not those of the ledger or may still move, contradict themselves, or the
    number is another's.
    """
    wanted = wanted_again(given)
    if wanted.period(zone).as_of > now:
        msg = f"统计时点 {wanted.as_of} 未到，数字还会变 · --as-of is not over yet, the figures may still move"
        raise Failure(msg)
    again = orjson.loads(orjson.dumps(await figures(ledger, wanted, configured, zone)))
    differing = [name for name in again if name not in _BY_HAND and given.get(name) != again[name]]
    differing += [name for name in given if name not in again and name not in _BY_HAND]
    if differing:
        msg = f"与台账重新计算的不同，未印发 · differs from what the ledger gives, not issued: {'、'.join(differing)}"
        raise Failure(msg)
    document = {**again, **frame._asdict()}
    wrong = contradictions(document)
    if wrong:
        msg = "数字有矛盾，未印发 · contradictions, not issued:\n" + "\n".join(f"  {one}" for one in wrong)
        raise Failure(msg)
    made = _within(document, limit)
    for known in await issued(ledger):
        if known.number == frame.number and known.bulletin_id != made.document["bulletin_id"]:
            msg = f"文号已用于 {known.issued_on} 印发的通报 · the number is that of another bulletin: {known.number}"
            raise Failure(msg)
    return made


def check_seal(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with the hash of an issued bulletin; nothing is with figures that were not issued."""
    return ["编号或校验值与内容不符，内容已被改动"] if "hash" in document and not is_sealed(document) else []


async def all_issued(ledger: Ledger) -> list[Issued]:
    """All of them, the latest period first."""
    return await issued(ledger)


async def recorded(ledger: Ledger, name: str) -> dict[str, Any]:
    """An issued bulletin by its number, its id or the beginning of its id. Raises Failure for none or several."""
    found = [one for one in await issued(ledger) if _is(one, name)]
    if len(found) != 1:
        words = "没有这份通报 · no such bulletin" if not found else "不止一份，请用编号 · more than one: use the id"
        msg = f"{words}: {name}"
        raise Failure(msg)
    return await issued_document(ledger, found[0].bulletin_id) or {}


def _is(one: Issued, name: str) -> bool:
    return one.number == name or one.bulletin_id.startswith(name)


def _within(document: dict[str, Any], limit: int) -> Sealed:
    """What is too long for one message is moved into files, which the hash covers by theirs."""
    files: dict[str, bytes] = {}
    rest = _parts(document)
    while len(orjson.dumps(sealed(document))) > limit:
        section, name, rows = next(rest, ("", "", []))
        if not rows:
            msg = "数字过多，放不进一条消息 · too much for one message: issue it by areas (--area)"
            raise Failure(msg)
        moved = {"sha256": digest(rows), "rows": len(rows)}
        files[f"{moved['sha256']}.json"] = orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)
        document = {**document, section: {**document[section], name: moved}}
    return Sealed(sealed(document), files)


def _parts(document: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any]]]:
    for section, name in _LONG:
        rows = document[section].get(name)
        if rows:
            yield section, name, rows
