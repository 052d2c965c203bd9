"""Our own template of a bulletin 通报: the office edits it in Word or WPS, and gives it back (`--template`)."""

from __future__ import annotations

import io
from typing import Final

from streams.documents.paper import Paper
from streams.documents.still import still

_SITES: Final = (
    "截至{{ as_of|day }}，在册运行政府网站{{ websites.running }}个。检查{{ websites.checked }}个"
    "{% if websites.ratio %}，检查比例{{ websites.ratio }}{% endif %}"
    "{% if websites.checked != websites.checked_running %}（其中未在册的"
    "{{ websites.checked - websites.checked_running }}个，不计入比例）{% endif %}；"
    "存在问题的{{ websites.problem }}个，不合格{{ websites.unqualified }}个"
    "{% if websites.rate %}，合格率{{ websites.rate }}{% endif %}。"
    "{% if websites.change and websites.change.rate_points %}合格率与上期相比"
    "{{ websites.change.rate_points|points }}。{% endif %}"
)
_ACCOUNTS: Final = (
    "在册运行政务新媒体{{ accounts.running }}个。检查{{ accounts.checked }}个"
    "{% if accounts.ratio %}，检查比例{{ accounts.ratio }}{% endif %}"
    "{% if accounts.checked != accounts.checked_running %}（其中未在册的"
    "{{ accounts.checked - accounts.checked_running }}个，不计入比例）{% endif %}；不合格{{ accounts.unqualified }}个"
    "{% if accounts.rate %}，合格率{{ accounts.rate }}{% endif %}。"
    "{% if accounts.change and accounts.change.rate_points %}合格率与上期相比"
    "{{ accounts.change.rate_points|points }}。{% endif %}"
)
_MESSAGES: Final = (
    "{{ from|day }}至{{ to|day }}，收到“我为政府网站找错”留言{{ messages.zhaocuo.received }}条"
    "{% if messages.zhaocuo.received %}，其中有效留言{{ messages.zhaocuo.valid }}条，按期办结"
    "{{ messages.zhaocuo.on_time }}条{% endif %}"
    "{% if messages.zhaocuo.on_time_rate %}，按期办结率{{ messages.zhaocuo.on_time_rate }}{% endif %}。"
)
_SLIPS: Final = (
    "下发整改通知单{{ tickets.issued }}份，截至{{ as_of|day }}完成整改{{ tickets.done }}份"
    "{% if tickets.done_rate %}，整改完成率{{ tickets.done_rate }}{% endif %}；"
    "逾期未完成{{ tickets.overdue }}份，延期{{ tickets.extended }}份，催办{{ tickets.urged }}次。"
    "{% if after.rate %}经督促整改后复查，合格率为{{ after.rate }}。{% endif %}"
)
_LAST: Final = (
    "{{ last_period.number or '' }}通报的不合格网站和账号{{ last_period.unqualified|length }}个，"
    "截至{{ as_of|day }}仍不合格的{{ lists.last_period_open|length }}个"
    "{% if lists.last_period_open %}：{{ lists.last_period_open|map(attribute='name')|join('、') }}{% endif %}。"
)


def standard_template() -> bytes:
    """A .docx with tags; the same bytes each time."""
    paper = Paper()
    paper.title("{{ typed.title }}")
    paper.centred("{{ typed.number }}")
    paper.line()
    paper.line("{{ typed.addressee }}：")
    paper.body("{{ typed.basis }}，对{{ from|day }}至{{ to|day }}的情况进行了检查。现将有关情况通报如下：")
    _figures(paper)
    _problems(paper)
    paper.head("三、工作要求")
    paper.body("{{ typed.requirements }}{% if typed.report_back %}{{ typed.report_back }}{% endif %}", kept=True)
    paper.line(kept=True)
    paper.body("附件：1. 检查情况统计表", kept=True)
    paper.body("2. 不合格名单", indent=5, kept=True)
    paper.body("3. 问题明细表", indent=5, kept=True)
    paper.line(kept=True)
    paper.signed("{{ typed.office }}", kept=True)
    paper.signed("{% if typed.date %}{{ typed.date|day }}{% endif %}")
    _annexes(paper)
    made = io.BytesIO()
    paper.document.save(made)
    return still(made.getvalue())


def _figures(paper: Paper) -> None:
    paper.head("一、总体情况")
    paper.subhead("（一）政府网站")
    paper.body(_SITES)
    paper.subhead("（二）政务新媒体")
    paper.body(_ACCOUNTS)
    paper.subhead("（三）“我为政府网站找错”留言")
    paper.body(_MESSAGES)
    paper.subhead("（四）整改情况")
    paper.body(_SLIPS)
    paper.tag("{%p if last_period %}")
    paper.body(_LAST)
    paper.tag("{%p endif %}")


def _problems(paper: Paper) -> None:
    paper.head("二、主要问题")
    paper.tag("{%p for row in kinds %}")
    paper.body("{{ loop.index }}. {{ row.label }}。涉及{{ row.assets }}个、{{ row.places }}处：{{ row.named }}。")
    paper.tag("{%p else %}")
    paper.body("本次检查未发现问题。")
    paper.tag("{%p endfor %}")
    paper.tag("{%p if typed.held_to_account %}")
    paper.body("{{ typed.held_to_account }}")
    paper.tag("{%p endif %}")


def _annexes(paper: Paper) -> None:
    paper.annex(1, "检查情况统计表")
    paper.table(
        ("地区", "类型", "在册数", "检查数", "问题数", "不合格数", "合格率"),
        (
            "{{ row.label }}", "{{ groups[row.group].label }}", "{{ row.running }}", "{{ row.checked }}",
            "{{ row.problem }}", "{{ row.unqualified }}", "{{ row.rate or '—' }}",
        ),
        "row in by.area",
        (32, 28, 18, 18, 18, 22, 20),
    )  # fmt: skip
    paper.annex(2, "不合格名单")
    paper.table(
        ("序号", "网站标识码", "名称", "主办单位", "平台", "不合格原因"),
        (
            "{{ loop.index }}", "{{ row.code or '' }}", "{{ row.name }}", "{{ row.unit }}", "{{ row.platform }}",
            "{{ row.reasons|join('；') }}",
        ),
        "row in lists.unqualified",
        (12, 30, 34, 30, 16, 34),
    )  # fmt: skip
    paper.annex(3, "问题明细表")
    paper.table(
        ("名称", "发现的问题", "位置", "处数", "扣分", "得分"),
        (
            "{{ row.name }}", "{{ row.reasons|join('；') }}", "{{ row.path }}", "{{ row.places }}",
            "{% if row.deducted is not none %}-{{ row.deducted }}{% endif %}",
            "{% if row.points is not none %}{{ row.points }}{% endif %}",
        ),
        "row in lists.problems",
        (34, 36, 44, 14, 14, 14),
    )  # fmt: skip
