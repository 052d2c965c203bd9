"""`/registry/edit`: one unit, contact or asset, looked at in a form and changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from notifiers.text import clean
from schemas.addresses import STORED
from schemas.registry import is_record_id
from streams.files.registry.changes import RegistryChanges, UnitNames
from streams.files.registry.records import MODELS, digest, said
from streams.kafka.gathered_publishing import NotAcknowledged
from streams.log_events import event_log
from streams.presentation.registry import KINDS, differing
from streams.rules.state.owners import units_below
from streams.services.registering import ReadRecord, StaleRecord
from streams.store.record_changes import RecordChange
from streams.web.desk.acting import told_on
from streams.web.desk.forms import filled_in
from streams.web.desk.visits import Visit
from streams.web.forms.nonces import form_id
from streams.web.forms.reading import SentForm
from streams.web.registry.assets import asset_seen
from streams.web.registry.fields import FIELDS, FilledRecord, RecordKind, read_record, values_of
from streams.web.registry.units import unit_options, unit_seen

AWAY: Final = "系统暂时无法接收，内容尚未提交，已保留在下面。请过几分钟再点一次“保存”，重复提交只算一次。"
NEW: Final = "new"
_WRONG, _STALE, _AWAY, _NO_SUCH = 422, 409, 503, 404
_OPTIONS: Final = 200  # of a list to choose from; more are typed
_LONG: Final = 40_000  # characters of a record that a form carries, to say what has changed
_IDS: Final[Mapping[RecordKind, str]] = {"unit": "unit_id", "asset": "asset_id"}
_TAKES: Final = {
    "ownerless": "保存后该资产没有主办单位，整改单无人可通知。",
    "unreachable": "保存后该单位没有任何联系方式，通知无人可收。",
}

log = event_log(__name__)


@dataclass(frozen=True, slots=True)
class EditPage:
    """What a form stands on."""

    kind: RecordKind
    record_id: str  # empty: a new record
    read: ReadRecord
    number: int | None = None  # of the contact; None: a new one
    heard: str = ""  # the name of an asset that nobody has registered

    @property
    def before(self) -> dict[str, Any]:
        """The record, or the contact, that the form changes."""
        whole = self.read.said
        if self.kind != "contact":
            return whole
        people = whole.get("contacts", [])
        return dict(people[self.number]) if self.number is not None and self.number < len(people) else {}

    def whole(self, made: dict[str, Any]) -> dict[str, Any]:
        """The record that is published, with what the form has made of its part; an empty contact is taken out."""
        if self.kind != "contact":
            return made
        people = list(self.read.said.get("contacts", []))
        at = self.number if self.number is not None and self.number < len(people) else len(people)
        people[at : at + 1] = [made] if made else []
        return {**self.read.said, "contacts": people}


async def _page_of(visit: Visit, kind: str, record_id: str, contact: str) -> EditPage:
    """Raises 404 where there is no such record for the viewer."""
    wanted = next((one for one in FIELDS if one == kind), None)
    if wanted is None or (wanted == "contact" and not record_id):
        raise HTTPException(_NO_SUCH)
    if not record_id:
        return EditPage(wanted, "", ReadRecord(f"{wanted}:", None))
    heard = ""
    if wanted == "asset":
        heard = (await asset_seen(visit, record_id)).name
    else:
        await unit_seen(visit, record_id)
    read = await visit.premises.registering.read(f"{'asset' if wanted == 'asset' else 'unit'}:{record_id}")
    if wanted != "contact" or contact == NEW:
        return EditPage(wanted, record_id, read, heard=heard)
    if not (contact.isascii() and contact.isdigit() and len(contact) < 4):  # noqa: PLR2004 - digits
        raise HTTPException(_NO_SUCH)
    return EditPage(wanted, record_id, read, int(contact))


async def show_form(visit: Visit) -> Response:
    """The form; of a new record with what the address says of it."""
    query = visit.request.query_params
    page = await _page_of(visit, query.get("record", ""), query.get("id", ""), query.get("contact", NEW))
    if page.number is not None and not page.before:
        raise HTTPException(_NO_SUCH)
    before = page.before
    if page.kind == "asset" and not before:
        before = {"asset_id": page.record_id, "name": page.heard, "unit_id": query.get("unit", "")}
    if page.kind == "unit" and not before:
        before = {"supervisor_id": query.get("unit", "")}
    return await _shown(visit, page, FilledRecord(values_of(page.kind, before)), 200)


async def submit_form(visit: Visit) -> Response:
    """Publishes what was filled in, and goes to the record's page, which says what became of it."""
    sent = await filled_in(visit)
    page = await _page_of(visit, sent.one("record"), sent.one("id"), sent.one("contact"))
    registry = await visit.premises.registry()
    if page.kind == "contact" and sent.one("remove") == "1":
        made, filled = dict[str, Any](), FilledRecord(values_of("contact", page.before))
    else:
        made, filled = read_record(page.kind, _with_id(page, sent), page.before, dict(unit_options(visit, registry)))
    if not page.record_id and not filled.errors:
        page = await _new_page(visit, page, made, filled)
    if not filled.errors:
        _check_place(visit, page, made, filled, registry.units)
    if filled.errors:
        return await _shown(visit, page, filled, _WRONG, sent=sent)
    whole = page.whole(made)
    try:
        value = _written(page.read.kind, whole)
    except ValidationError as error:
        return await _shown(visit, page, filled, _WRONG, _others(whole, error), sent=sent)
    taken = _takes(page.read, value)
    if taken and sent.one("sure") != "1":
        return await _shown(visit, page, filled, _WRONG, taken, sent=sent, sure=True)
    return await _published(visit, page, filled, value, sent)


def _with_id(page: EditPage, sent: SentForm) -> SentForm:
    """The id of a record that there is stays, whatever was sent."""
    if page.kind == "contact" or not page.record_id:
        return sent
    return replace(sent, fields={**sent.fields, _IDS[page.kind]: [page.record_id]})


async def _new_page(visit: Visit, page: EditPage, made: Mapping[str, Any], filled: FilledRecord) -> EditPage:
    """Of a new record, once its id is known; one that is taken is a fault of its field."""
    name = _IDS[page.kind]
    record_id = str(made[name])
    read = await visit.premises.registering.read(f"{page.kind}:{record_id}")
    if not is_record_id(record_id):
        filled.errors[name] = "编号为1至256个字符，不能有控制字符"
    elif read.text is not None and read.digest != digest(page.kind, orjson.dumps(made)):
        filled.errors[name] = "这个编号已登记，请换一个，或到它的页面修改"
    return EditPage(page.kind, "", ReadRecord(read.key, None))


def _check_place(
    visit: Visit, page: EditPage, made: Mapping[str, Any], filled: FilledRecord, units: Mapping[str, Any]
) -> None:
    """A record stays within the units that the viewer sees, and no unit is above itself."""
    before = page.before
    field = {"asset": "unit_id", "unit": "supervisor_id"}.get(page.kind, "")
    stays = bool(page.record_id) and page.kind == "unit" and made.get(field) == before.get(field)
    if field and not stays and not visit.viewer.sees(made.get(field)):
        filled.errors[field] = "请选择您的单位或其下级单位"
    if page.kind == "unit" and (own := str(made.get("unit_id", ""))):
        if made.get("supervisor_id") in units_below(units, own):
            filled.errors["supervisor_id"] = "主管单位不能是本单位或其下级单位"
        if made.get("replaced_by") == own:
            filled.errors["replaced_by"] = "不能并入本单位"


def _written(kind: str, record: Mapping[str, Any]) -> bytes:
    model = MODELS[kind].model_validate_json(orjson.dumps(record))
    return model.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True).encode()


def _others(whole: Mapping[str, Any], error: ValidationError) -> str:
    """What is wrong elsewhere in the record than in the form."""
    loc = error.errors(include_url=False, include_input=False)[0]["loc"]
    people = whole.get("contacts", [])
    if len(loc) > 1 and loc[0] == "contacts" and isinstance(loc[1], int) and loc[1] < len(people):
        return f"联系人{clean(people[loc[1]].get('name'))}的登记内容不符合要求，请先改正。"
    return f"登记内容不符合要求：{'.'.join(map(str, loc))}。"


def _takes(read: ReadRecord, value: bytes) -> str:
    """What somebody loses by it that he is told by."""
    changes = RegistryChanges()
    known = {} if read.text is None else {read.key: read.text}
    changes.see([(read.key, value)], known, UnitNames({}, complete=False))
    return "".join(words for name, words in _TAKES.items() if getattr(changes, name))


async def _published(visit: Visit, page: EditPage, filled: FilledRecord, value: bytes, sent: SentForm) -> Response:
    key, base, nonce = page.read.key, sent.one("digest"), sent.one("nonce")
    made = digest(page.read.kind, value)
    if made == base:
        return await _shown(visit, page, filled, _WRONG, "没有改动。", sent=sent)
    form = form_id(nonce, "register", [key, base, sha256(value).hexdigest()])
    change = RecordChange(key, form, base, made, visit.viewer.name, visit.now.real)
    try:
        there = await visit.premises.registering.change(change, value)
    except StaleRecord as stale:
        return await _stale(visit, page, filled, sent, stale)
    except NotAcknowledged:
        log.warning("pages_without_broker")
        return await _shown(visit, page, filled, _AWAY, AWAY, sent=sent, nonce=nonce)
    await visit.record("register", key, "done" if there else "published")
    kind, _, record_id = key.partition(":")
    return told_on(visit, f"registry/{kind}?{urlencode({'id': record_id})}", form)


async def _stale(visit: Visit, page: EditPage, filled: FilledRecord, sent: SentForm, stale: StaleRecord) -> Response:
    """Nothing was published: what differs now, and the form: what was typed, and elsewhere what there is now."""
    was = _was(page.read.kind, sent.one("was"))
    changed = differing(page.read.kind, was, stale.current.said) if was is not None else []
    number = page.number
    if page.kind == "contact" and number is not None:
        number = _same_person(number, was or {}, stale.current.said)
    now = replace(page, read=stale.current, number=number)
    if was is not None:
        before = replace(page, read=ReadRecord(page.read.key, orjson.dumps(was).decode())).before
        _take_over(page.kind, filled, before, now.before)
    alert = "您打开后，这条记录已被他人修改，尚未保存。请核对下面的变化，确认后再点“保存”。"
    if stale.by:
        alert = f"{stale.by}刚刚提交了对这条记录的修改，您的尚未保存。请稍后重新打开。"
    return await _shown(visit, now, filled, _STALE, alert, changed=changed)


def _take_over(kind: RecordKind, filled: FilledRecord, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Fields that nobody has touched show what there is now: whoever left them as they were takes nothing back."""
    if now:
        shown, there = values_of(kind, before), values_of(kind, now)
        filled.values |= {name: there[name] for name, text in filled.values.items() if text == shown.get(name)}


def _was(kind: str, text: str) -> dict[str, Any] | None:
    """The record that the form was made of, as the form says; it serves to be shown alone."""
    try:
        MODELS[kind].model_validate_json(text, context=STORED)
        return said(kind, text)
    except ValidationError:
        return None


def _same_person(number: int, was: Mapping[str, Any], now: Mapping[str, Any]) -> int | None:
    """Where the contact stands by now; None: nowhere, so that nobody else is overwritten."""
    before, people = was.get("contacts", []), now.get("contacts", [])
    if number >= len(before):
        return None
    alike = [at for at, one in enumerate(people) if one == before[number]]
    alike = alike or [at for at, one in enumerate(people) if one.get("name") == before[number].get("name")]
    return alike[0] if len(alike) == 1 else None


async def _shown(
    visit: Visit, page: EditPage, filled: FilledRecord, status: int, alert: str = "", **more: Any
) -> Response:
    """`more`: what was sent (`sent`), the nonce where submitting it again is the same, what has changed, a consent."""
    registry = await visit.premises.registry()
    sent: SentForm | None = more.pop("sent", None)
    was = page.read.text or ""
    options = list(unit_options(visit, registry))
    kept = [value for one in FIELDS[page.kind] if one.kind == "unit" and (value := filled.values.get(one.name))]
    known = dict(options)
    options += [(one, registry.units[one].name if one in registry.units else one) for one in kept if one not in known]
    context: dict[str, Any] = {
        "page": page,
        "label": KINDS[page.kind],
        "fields": [one for one in FIELDS[page.kind] if not (page.record_id and one.name == _IDS.get(page.kind))],
        "filled": filled,
        "alert": alert,
        "digest": sent.one("digest") if sent is not None else page.read.digest,
        "was": sent.one("was") if sent is not None else was if len(was) <= _LONG else "",
        "units": options if len(options) <= _OPTIONS else [],
        "name": page.before.get("name", "") or page.heard,
        "changed": [],
        "sure": False,
    }
    return visit.page("registry/edit.html", status, **{**context, **more})
