"""The kinds of letters: one row for each, and those of a pack's own steps (N-53). Pure.

N-53  A step that a pack has made gets letters like any other, under the pack's own title: like `supervise` where it
      goes beyond the owner's duty contacts, like `urge` where it escalates to them alone, otherwise like `reminder`.
N-63  The owner's duty contacts, its head, those who supervise it and those who run the producer get different letters
      of one kind: each says what its reader is to do. Who supervises and is told in the place of an owner without
      contacts, or whose contacts were not reached (N-25), is told so, and reads the owner's name where that reads
      贵单位. While the recheck of a claim is awaited, nobody is told to rectify at once. A letter about several tickets
      is called after its strongest word.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from notifiers.sms.templates import ANY, DIGEST
from schemas.ladder import ABOUT_ASKS, NEWS
from schemas.policy import Policy
from schemas.vocabulary import EVENT_LABELS
from streams.presentation.labels import WEEK
from streams.presentation.letters.letter import KINDS, Kind, Reader
from streams.rules.notices.weekly_mails import WEEKLY

BLUE: Final = "#175cd3"
AMBER: Final = "#b54708"
RED: Final = "#b42318"
DARK_RED: Final = "#912018"
DARKEST_RED: Final = "#7a271a"
GREEN: Final = "#067647"


class KindRow(NamedTuple):
    """What is particular to a kind. `rank`: of several notices about a ticket, the letter tells of the highest.

    `steps` are those of the owner's duty contacts; of another reader the row's own, otherwise those of all kinds.
    """

    title: str  # where the pack has none
    rank: int
    steps: tuple[str, ...]
    head: tuple[str, ...] = ()
    supervisor: tuple[str, ...] = ()
    producer: tuple[str, ...] = ()
    owner: bool = False  # asks the owner to act, and to acknowledge first
    supervisors: bool = False  # goes to those who see to it that others act
    explained: bool = False  # says why it was written, by the ticket's latest event of the kind
    looking: bool = False  # about the looking: nobody owes anything by a deadline
    pressing: bool = False  # presses for what has been claimed already while its recheck is awaited
    accent: str = BLUE  # of the band

    def steps_of(self, reader: Reader, *, waiting: bool = False) -> tuple[str, ...]:
        """What this reader is asked to do."""
        if waiting and self.pressing:
            return _WAITING[reader]
        own = {"head": self.head, "supervisor": self.supervisor, "producer": self.producer}.get(reader, self.steps)
        return own or (self.steps if self.looking or not self.asks else _OTHERS[reader])

    @property
    def asks(self) -> bool:
        """Whether somebody has to act."""
        return self.rank < _CLOSED


_REPORTED: Final = "{report}"
_CLOSED: Final = 9
# What all kinds ask of those who do not do it themselves.
_OTHERS: Final[Mapping[Reader, tuple[str, ...]]] = {
    "duty": (),
    "head": ("安排专人按时整改：{advice}。", "审核整改情况；{report}"),
    "supervisor": ("督促{unit}按时整改：{advice}。", "跟踪办理情况；反馈后安排复查，确认问题消除后自动销号。"),
    "producer": (),
}
_WAITING: Final[Mapping[Reader, tuple[str, ...]]] = {
    "duty": ("整改情况已反馈，正在等待复查，暂无需重复反馈。", "自查问题是否确已消除；未消除的，{advice}。"),
    "head": ("整改情况已反馈，正在等待复查。", "核实整改是否到位；未到位的，安排专人整改。"),
    "supervisor": (
        "{unit}已反馈整改情况，正在等待复查；请督促巡检方尽快复查。",
        "巡检方无法复查的，核实后予以销号或者退回重办。",
    ),
    "producer": (),
}
STANDING_IN: Final = (
    "将本通知转{unit}办理：{advice}。",
    "为{unit}登记或者更新值守联系人，以后的通知直接送达。",
    "跟踪办理情况；反馈后安排复查，确认问题消除后自动销号。",
)
"""What is asked of who is told in the place of an owner without contacts."""
_BY_ORDER: Final = ("责成承办人员立即整改：{advice}。", "明确责任人和完成时间；{report}")
_TO_ANSWER: Final = (
    "核实理由：同意的，予以延期、转派或者核减；不同意的，说明理由。",
    "答复之前整改时限照常计算，请尽快答复。",
)
_ROWS: Final[Mapping[Kind, KindRow]] = {
    "run_held": KindRow(
        "巡检待核",
        0,
        (
            "抽查几处，核实该次巡检是否正常、问题是否确已消除。",
            "正常的予以采信，有关整改单随之销号；不正常的不予采信，整改单保持原状。",
            "同一巡检方多次待核的，可一并处理。",
        ),
        producer=(
            "核对该次巡检是否正常运行、检查范围是否完整。",
            "不正常的，查明原因后重新巡检；核实之前，有关整改单保持原状。",
        ),
        supervisors=True,
        explained=True,
        looking=True,
        accent=AMBER,
    ),
    "recheck_unanswered": KindRow(
        "复查逾期未反馈",
        1,
        (
            "督促巡检方按申请尽快复查，并发布复查结果。",
            "巡检方确实无法复查的，由主管单位核实：问题已消除的销号，仍存在的退回{unit}重办。",
        ),
        producer=("按申请尽快复查，并发布复查结果。", "确实无法复查的，说明原因，由主管单位核实处理。"),
        supervisors=True,
        explained=True,
        looking=True,
        accent=AMBER,
    ),
    "asked": KindRow(
        "申请待答复", 6, _TO_ANSWER, supervisor=_TO_ANSWER, supervisors=True, explained=True, accent=AMBER
    ),
    "ask_unanswered": KindRow(
        "申请逾期未答复", 6, _TO_ANSWER, supervisor=_TO_ANSWER, supervisors=True, explained=True, accent=RED
    ),
    "answered": KindRow(
        "申请答复",
        6,
        (
            "同意延期的，按新的时限办理；同意转派或者核减的，无需再处理。",
            "未获同意的，按原时限办理：{advice}。{report}",
        ),
        supervisor=("将答复转告{unit}。", "核实并更新{unit}的值守联系人，以后的通知直接送达。"),
        explained=True,
    ),
    "opened": KindRow("整改通知", 2, ("{advice}。", _REPORTED), owner=True),
    "reassigned": KindRow("转派", 3, ("{advice}。", "{report}不属于本单位的，说明理由并申请再转派。"), owner=True),
    "reopened": KindRow("重新整改", 4, ("查明原因，{advice}。", _REPORTED), explained=True, accent=RED),
    "reminder": KindRow(
        "临期提醒", 5, ("抓紧{advice}。", "{report}已完成的，请立即反馈。"), owner=True, pressing=True, accent=AMBER
    ),
    "sent_back": KindRow("退回重办", 7, ("按退回原因重新办理：{advice}。", _REPORTED), explained=True, accent=AMBER),
    "urge": KindRow(
        "催办",
        8,
        ("立即{advice}。", _REPORTED, "确有困难的，说明原因并申请延期；逾期不处理将升级督办。"),
        head=("督促承办人员立即整改：{advice}。", "审核整改情况；{report}"),
        supervisor=("督促{unit}立即整改：{advice}。", "跟踪办理情况；反馈后安排复查，确认问题消除后自动销号。"),
        owner=True,
        pressing=True,
        accent=RED,
    ),
    "supervise": KindRow(
        "督办",
        8,
        ("立即{advice}。", _REPORTED),
        head=(*_BY_ORDER, "确有困难的，说明原因并申请延期；仍未整改的将列入通报。"),
        supervisor=(
            "督促{unit}立即整改：{advice}。",
            "了解逾期原因；确有困难的，审批其延期申请。",
            "反馈后安排复查，确认问题消除后自动销号；仍未整改的将列入通报。",
        ),
        supervisors=True,
        pressing=True,
        accent=DARK_RED,
    ),
    "bulletin": KindRow(
        "通报",
        8,
        ("立即{advice}。", "整改情况反馈后复查；未销号的问题将列入下一期通报。"),
        head=(_BY_ORDER[0], "整改情况反馈后复查；未销号的问题将列入下一期通报。"),
        supervisor=("督促{unit}立即整改：{advice}。", "整改情况反馈后安排复查；未销号的问题将列入下一期通报。"),
        supervisors=True,
        pressing=True,
        accent=DARKEST_RED,
    ),
    "closed": KindRow(
        "销号", _CLOSED, ("无需再处理。同一问题再次出现时，按问题反弹重新整改。",), explained=True, accent=GREEN
    ),
}
MERGED: Final = KindRow("并单", _CLOSED, ("请在整改单{merged_into}继续办理，按该单时限反馈。",), accent=GREEN)
"""Of a closing by which only the number has changed."""
_STRENGTH: Final = {kind: place for place, kind in enumerate(_ROWS)} | {"closed": -1}
TITLES: Final[Mapping[str, str]] = {kind: row.title for kind, row in _ROWS.items()}
ABOUT_LOOKING: Final = frozenset(kind for kind, row in _ROWS.items() if row.looking)
"""What is told to those who run or supervise the looking, by mail alone."""
EXPLAINED: Final = frozenset(kind for kind, row in _ROWS.items() if row.explained)
"""Kinds of letters that say why they were written."""


def row(kind: Kind) -> KindRow:
    """A kind's row."""
    return _ROWS[kind]


def strength(kind: Kind, step: int) -> tuple[int, int]:
    """How strong a letter's word is: 通报 before 督办 before 催办; `step`: its place on the ladder."""
    return _STRENGTH[kind], step


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
    return TITLES.get(kind) or EVENT_LABELS.get(kind) or (WEEK if kind == WEEKLY else kind)


def rank(kind: str, policy: Policy) -> tuple[int, int]:
    """What says most about a ticket is the highest; a letter tells of each ticket once."""
    names = [*policy.steps]
    return _ROWS[kind_of(kind, policy)].rank, names.index(kind) if kind in names else -1


TEMPLATE_KINDS: Final = (ANY, *(kind for kind in KINDS if kind not in ABOUT_LOOKING | ABOUT_ASKS), DIGEST)
"""What an approved short message template may be for."""
