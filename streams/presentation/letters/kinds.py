"""The kinds of letters: one row for each, and those of a pack's own steps (N-53). Pure.

N-53  A step that a pack has made gets letters like any other, under the pack's own title: like `supervise` where it
      goes beyond the owner's duty contacts, like `urge` where it escalates to them alone, otherwise like `reminder`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from notifiers.sms.templates import ANY, DIGEST
from schemas.ladder import NEWS
from schemas.policy import Policy
from streams.presentation.letters.letter import KINDS, Kind


class KindRow(NamedTuple):
    """What is particular to a kind. `rank`: of several notices about a ticket, the letter tells of the highest."""

    title: str  # where the pack has none
    rank: int
    steps: tuple[str, ...]
    owner: bool = False  # asks the owner to act, and to acknowledge first
    supervisors: bool = False  # goes to those who see to it that others act
    explained: bool = False  # says why it was written, by the ticket's latest event of the kind
    looking: bool = False  # about the looking: nobody owes anything by a deadline


_REPORTED: Final = "{report}"
_ROWS: Final[Mapping[Kind, KindRow]] = {
    "run_held": KindRow(
        "巡检待核",
        0,
        (
            "核实该次巡检是否正常：抽查几处，问题是否确已消除。",
            "用 rectify run list 查看；正常的用 rectify run accept 采信，不正常的用 rectify run reject 不予采信。",
            "同一巡检方多次待核的，可加 --source 和 --all-held 一并处理。",
        ),
        supervisors=True,
        explained=True,
        looking=True,
    ),
    "recheck_unanswered": KindRow(
        "复查无人答复",
        1,
        (
            "督促巡检方按申请尽快复查，并发布复查结果。",
            "巡检方确实无法复查的，由主管单位核实：问题已消除的销号，仍存在的退回{unit}重办。",
        ),
        supervisors=True,
        explained=True,
        looking=True,
    ),
    "opened": KindRow("整改通知", 2, ("{advice}。", _REPORTED), owner=True),
    "reassigned": KindRow("转派", 3, ("{advice}。", "{report}不属于本单位的，说明理由并申请再转派。"), owner=True),
    "reopened": KindRow("重新打开", 4, ("查明原因，{advice}。", _REPORTED), explained=True),
    "reminder": KindRow("临期提醒", 5, ("抓紧{advice}。", "{report}已完成的，请立即反馈。"), owner=True),
    "sent_back": KindRow("退回重办", 7, ("按退回原因重新办理：{advice}。", _REPORTED), explained=True),
    "urge": KindRow(
        "催办", 8, ("立即{advice}。", _REPORTED, "确有困难的，说明原因并申请延期；逾期不处理将升级督办。"), owner=True
    ),
    "supervise": KindRow("督办", 8, ("请单位负责人和主管单位督促{unit}立即{advice}。", _REPORTED), supervisors=True),
    "bulletin": KindRow(
        "通报",
        8,
        ("请督促{unit}立即{advice}。", "整改情况反馈后复查；未销号的问题将列入下一期通报。"),
        supervisors=True,
    ),
    "closed": KindRow("销号", 9, ("无需再处理。同一问题再次出现时，本整改单会重新打开。",), explained=True),
}
MERGED: Final = KindRow("并单", 9, ("请在整改单{merged_into}继续办理，按该单时限反馈。",))
"""Of a closing by which only the number has changed."""
TITLES: Final[Mapping[str, str]] = {kind: row.title for kind, row in _ROWS.items()}
ABOUT_LOOKING: Final = frozenset(kind for kind, row in _ROWS.items() if row.looking)
"""What is told to those who run or supervise the looking, by mail alone."""
EXPLAINED: Final = frozenset(kind for kind, row in _ROWS.items() if row.explained)
"""Kinds of letters that say why they were written."""


def row(kind: Kind) -> KindRow:
    """A kind's row."""
    return _ROWS[kind]


def kind_of(kind: str, policy: Policy) -> Kind:
    """The kind of letter for a kind of notice: a pack's own step is like one of those that there are (N-53)."""
    step = policy.steps.get(kind)
    known: Kind | None = next((known for known in KINDS if known == kind), None)
    if known is not None:
        return known
    if step is None or set(step.to) - {"duty"}:
        return "supervise"
    return "urge" if step.escalation else "reminder"


def called(kind: str, policy: Policy) -> str:
    """What a kind of notice, or a step, is called; what nobody has given a name stays as it is."""
    step = policy.step_of(kind)
    if step is not None and kind not in NEWS:
        return step.title
    return TITLES.get(kind, kind)


def rank(kind: str, policy: Policy) -> tuple[int, int]:
    """What says most about a ticket is the highest; a letter tells of each ticket once."""
    names = [*policy.steps]
    return _ROWS[kind_of(kind, policy)].rank, names.index(kind) if kind in names else -1


TEMPLATE_KINDS: Final = (ANY, *(kind for kind in KINDS if kind not in ABOUT_LOOKING), DIGEST)
"""What an approved short message template may be for."""
