"""What was typed on a form, kept with its submission: to be read again where nothing has answered, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, cast

import orjson

from schemas.registry import Unit
from streams.presentation.unit_page.acts import Form
from streams.store.store import PageAct
from streams.web.links.submission import Submission

_LABELS: Final = {
    "measures": "整改措施",
    "url": "整改后的网址",
    "due_at": "申请延至",
    "reason": "理由",
    "progress": "目前进展",
    "unit_id": "应属单位",
    "text": "备注",
    "name": "姓名",
}
_NEVER: Final = ("phone",)  # whoever opens the link later does not read it


class TypedForm(NamedTuple):
    """A form as it was filled in; without a form, nothing is known of it any more."""

    form: Form | None = None
    values: dict[str, str] = {}  # noqa: RUF012 - never changed

    def lines(self, units: Mapping[str, Unit]) -> list[tuple[str, str]]:
        """What was typed, with its labels, in the order of a form; a unit that was chosen by its name."""
        values = dict(self.values)
        if (unit := units.get(values.get("unit_id", ""))) is not None:
            values["unit_id"] = unit.name
        return [(label, text) for name, label in _LABELS.items() if (text := values.get(name, ""))]


def written(submission: Submission) -> str:
    """As the store keeps it."""
    values = {name: text for name, text in submission.values.items() if text and name not in _NEVER}
    return orjson.dumps({"form": submission.form, "values": values}).decode()


def typed_on(act: PageAct) -> TypedForm:
    """What was typed with it."""
    if not act.typed:
        return TypedForm()
    kept = orjson.loads(act.typed)
    return TypedForm(cast("Form", kept["form"]), kept["values"])
