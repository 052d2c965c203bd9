"""Records of the inbound topics: good ones, spoiled in a field or two, in every envelope, or no message at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Final, get_args

from hypothesis import strategies as st
from pydantic import BaseModel

from schemas.actions import Action
from schemas.bulletin import IssuedBulletin
from schemas.calendar import CalendarYear
from schemas.command import Command
from schemas.finding import Finding
from schemas.recheck import Recheck
from schemas.registry import Asset, GuardedPeriod, Unit
from schemas.run import Run
from schemas.topics import Topics
from streams.rules.intake.seal import sealed
from tests.fuzz.hostile import documents, scalars, texts
from tests.support.notice_figures import Notice

TOPICS: Final = Topics()
AT: Final = "2026-03-02T09:00:00+08:00"
SITE: Final = "{site}"  # replaced by the asset of the case
CHECKS: Final = (
    "link.dead", "text.typo", "site.unreachable", "message.unanswered", "column.stale", "wording.serious",
    "comment.unanswered", "veto.columns_stale", "made.up",
)  # fmt: skip
Headers = tuple[tuple[str, bytes], ...]

_GOOD: Final[Mapping[str, Mapping[str, Any]]] = {
    "finding": {"asset_id": SITE, "check": "text.typo", "observed_at": AT, "locator": "https://a.gov.cn/x"},
    "run": {
        "type": "run", "asset_id": SITE, "run_id": "r1", "source": "crawler", "status": "complete",
        "finished_at": AT, "checks": ["text.typo", "link.dead"], "found": 1,
    },
    "recheck": {
        "type": "recheck", "asset_id": SITE, "check": "text.typo", "locator": "https://a.gov.cn/x",
        "outcome": "absent", "observed_at": AT,
    },
    "command": {"action": "claim_fix", "asset_id": SITE, "ticket_id": "ZG1", "by": "张三", "at": AT},
    "asset": {"asset_id": SITE, "name": "某网站", "kind": "website", "unit_id": SITE},
    "unit": {
        "unit_id": SITE, "name": "某局", "supervisor_id": "市政府办",
        "contacts": [{"name": "王五", "email": "wang@unit.gov.cn", "phone": "13800000001"}],
    },
    "calendar": {"year": 2031, "days": [{"date": f"2031-10-{n:02}", "off": True} for n in range(1, 12)]},
    "guarded": {"name": "两会", "from": "2026-03-01", "to": "2026-03-12", "regions": []},
    "bulletin": sealed({**Notice().figures(), "number": "1号", "date": "2023-04-03", "issued_by": "张三"}),
}  # fmt: skip
_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "finding": Finding, "run": Run, "recheck": Recheck, "command": Command, "asset": Asset, "unit": Unit,
    "calendar": CalendarYear, "guarded": GuardedPeriod, "bulletin": IssuedBulletin,
}  # fmt: skip
_CONTACT: Final = ("name", "email", "phone", "channels", "role")
REGISTRY_KINDS: Final = ("asset", "unit", "calendar", "guarded")


def _fields(kind: str) -> list[str]:
    """Its fields as they are written, and one that nobody knows."""
    return [field.alias or name for name, field in _MODELS[kind].model_fields.items()] + ["unknown", "type"]


_whens = st.one_of(
    st.sampled_from((AT, "2026-02-28T23:59:59+08:00", "2026-03-02", "1970-01-01T00:00:00Z", "8999-12-31T23:59:59Z")),
    st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    texts,
)


@st.composite
def _spoiled(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """A good message with up to four fields spoiled, taken away, or filled in."""
    message = dict(_GOOD[kind])
    if kind == "command":
        message["action"] = draw(st.sampled_from(get_args(Action)))
    if kind == "finding":
        message["check"] = draw(st.sampled_from(CHECKS))
        message["locator"] = draw(st.one_of(st.just("https://a.gov.cn/x"), texts))
    for field in draw(st.lists(st.sampled_from(_fields(kind)), max_size=4)):
        if field.endswith(("_at", "_by", "until")) or field in ("at", "from", "to"):
            message[field] = draw(_whens)
        elif field == "evidence":
            message[field] = draw(st.dictionaries(texts, documents, max_size=3))
        elif field == "contacts":
            filled = st.dictionaries(st.sampled_from(_CONTACT), scalars)
            contact = st.builds(lambda more: {"name": "王五", "email": "wang@unit.gov.cn", **more}, filled)
            message[field] = draw(st.lists(contact, max_size=3))
        elif draw(st.integers(0, 9)) == 0:
            message.pop(field, None)
        else:
            message[field] = draw(st.one_of(texts, documents))
    if kind == "bulletin" and draw(st.booleans()):
        with suppress(TypeError):  # half a character has no hash
            return sealed(message)
    return message


@st.composite
def _written(draw: st.DrawFn, message: Mapping[str, Any]) -> bytes:
    """The message as JSON of some kind: escaped or not, in another encoding, cut, with a field twice, deep."""
    text = json.dumps(message, ensure_ascii=draw(st.booleans()))
    how = draw(st.integers(0, 24))
    value = text.encode("utf-8", "surrogatepass")
    if how == 0:
        return text.encode("utf-16", "surrogatepass")
    if how == 1:
        return value[: draw(st.integers(0, len(value)))]
    if how == 2:
        return b"\xef\xbb\xbf" + value
    if how == 3:
        return value[:-1] + b', "asset_id": "twice", "evidence": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    if how == 4:
        return value[:-1] + b', "evidence": {"n": ' + b"9" * draw(st.sampled_from((20, 4_299, 5_000))) + b"}}"
    if how == 5:
        place = draw(st.integers(0, max(len(value) - 1, 0)))
        return value[:place] + draw(st.binary(min_size=1, max_size=3)) + value[place + 1 :]
    return value


@st.composite
def _enveloped(draw: st.DrawFn, kind: str, message: Mapping[str, Any]) -> tuple[bytes, Headers]:
    """As it is, or as a CloudEvent in one of the two modes, right or wrong."""
    how = draw(st.integers(0, 7))
    cloud = draw(st.sampled_from((f"rectify.{kind}.v1", "rectify.finding.v1", "rectify.\ud800", "")))
    if how == 0:
        envelope = {"specversion": "1.0", "id": "1", "source": "s", "type": cloud, "data": dict(message)}
        if draw(st.booleans()):
            envelope[draw(st.sampled_from(tuple(envelope)))] = draw(documents)
        return draw(_written(envelope)), (("Content-Type", b"application/cloudevents+json; charset=utf-8"),)
    if how == 1:
        version = draw(st.sampled_from((b"1.0", b"0.3", b"\xff", b"")))
        binary = (("ce_type", cloud.encode("utf-8", "surrogatepass")), ("ce_specversion", version), ("ce_id", b"\0"))
        return draw(_written(message)), binary
    if how == 2:
        return draw(_written(message)), tuple(draw(st.lists(st.tuples(st.text(max_size=8), st.binary()), max_size=3)))
    return draw(_written(message)), ()


@st.composite
def records(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(_GOOD)) -> SimpleNamespace:
    """One record: topic, key, value, headers. The reader finds partition and offset of its own choice."""
    kind = draw(st.sampled_from(kinds))
    own_topics = {"command": TOPICS.commands, "bulletin": TOPICS.bulletins}
    topic = TOPICS.registry if kind in REGISTRY_KINDS else own_topics.get(kind, TOPICS.findings)
    message = draw(_spoiled(kind))
    if draw(st.integers(0, 19)) == 0:
        value: bytes | None = draw(st.one_of(st.none(), st.binary(max_size=60)))
        headers: Headers = ()
    else:
        value, headers = draw(_enveloped(kind, message))
    key: bytes | None = str(message.get("bulletin_id")).encode("utf-8", "replace") if kind == "bulletin" else None
    if kind in REGISTRY_KINDS:
        own = {"calendar": "2031", "guarded": "两会"}.get(kind, SITE)
        name = draw(st.one_of(st.just(own), st.just(own), st.just(own), texts))
        key = f"{kind}:{name}".encode("utf-8", "surrogatepass")
    return SimpleNamespace(topic=topic, partition=0, offset=0, key=key, value=value, headers=headers)


def placed(record: SimpleNamespace, site: str, ticket_id: str = "ZG1") -> SimpleNamespace:
    """The record about this asset, and its commands about this ticket."""

    def put(text: bytes | None) -> bytes | None:
        if text is None:
            return None
        return text.replace(SITE.encode(), site.encode()).replace(b'"ZG1"', json.dumps(ticket_id).encode())

    return SimpleNamespace(**{**vars(record), "key": put(record.key), "value": put(record.value)})
