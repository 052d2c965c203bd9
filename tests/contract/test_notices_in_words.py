"""Sentences of published notices, as an office's template writes them from what was fed: character by character."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from streams.documents.context import context
from streams.documents.filling import environment
from streams.rules.scoring.slips import Slip
from streams.rules.scoring.spans import Known, Span
from tests.contract.test_notices import NOTICES
from tests.support.notice_figures import BEGIN, Notice

AT = BEGIN + timedelta(days=1)
DUE = AT + timedelta(days=7)


def messages(check: str, number: int, *, late: int = 0, aside: int = 0, waiting: int = 0) -> dict[str, Any]:
    """So many messages to one asset: answered in time, but for so many that came late, are none, or wait."""

    def span(place: int) -> Span:
        status = "dismissed" if place < aside else "open" if place >= number - waiting else "gone"
        days = 9 if aside <= place < aside + late else 2
        end = AT + timedelta(days=days) if status == "gone" else None
        return Span(AT, end, Known(check, f"留言{place}", place, status, AT, end, {}, AT))

    slips = {place: Slip(f"ZG{place}", check, AT, DUE, "closed") for place in range(number)}
    return {"spans": [span(place) for place in range(number)], "slips": slips}


def slips(issued: int, done: int) -> dict[int, Slip]:
    """So many slips of one asset, the first of them done."""
    return {
        place: Slip(f"ZG{place}", "link.dead", AT, DUE, "closed" if place < done else "open", evidence_at=AT)
        for place in range(issued)
    }


def guangdong(name: str) -> Notice:
    """找错 of a quarter, all in time."""
    notice = Notice()
    notice.assets(1, **messages("message.zhaocuo", NOTICES[name]["zhaocuo"]["received"]))
    return notice


def guizhou() -> Notice:
    """659 slips, 653 of them done by the day."""
    notice, told = Notice(decimals={"done_rate": 1}), NOTICES["guizhou-2023q3"]["slips"]
    notice.assets(1, slips=slips(told["issued"], told["done"]))
    return notice


def mailbox() -> Notice:
    """A mayor's mailbox: 553 letters, of which 56 are none, and 483 of the others were answered in time."""
    notice, told = Notice(), NOTICES["mayor-q3"]["messages"]
    late = told["valid"] - int(told["on_time"].lstrip("~"))
    notice.assets(1, **messages("message.unanswered", told["received"], late=late, aside=told["invalid"]))
    return notice


def county() -> Notice:
    """309 letters of a county, 17 of them answered too late."""
    notice, told = Notice(decimals={"on_time_rate": 1}), NOTICES["changsha-county-2023q1"]["messages"]
    notice.assets(1, **messages("message.unanswered", told["received"], late=told["received"] - told["on_time"]))
    return notice


def city_mailbox() -> Notice:
    """3,059 letters of a month, four of them still in hand."""
    told = NOTICES["mailbox-2021-11"]["messages"]
    notice = Notice()
    notice.assets(1, **messages("message.unanswered", told["received"], waiting=told["in_hand"]))
    return notice


def zhejiang() -> Notice:
    """500 of 736 sites, five of them unqualified."""
    checked, running, _ = NOTICES["zhejiang-2018q3"]["ratio"]
    notice, (rate,) = Notice(decimals={"ratio": 1, "rate": 0}), NOTICES["zhejiang-2018q3"]["rates"]
    notice.assets(checked, bad=rate[2])
    notice.assets(running - checked, looked=False)
    return notice


def panjin() -> Notice:
    """A month in which nobody has reported anything."""
    notice, checked = Notice(), NOTICES["panjin-2025-02"]["checked"]
    notice.assets(checked["websites"])
    notice.assets(checked["accounts"], "account")
    return notice


def banded(name: str) -> Notice:
    """Portals by their points with the bonus; `BONUSES` has who got it."""
    told, checked = NOTICES[name]["bands"], NOTICES[name]["rates"][0][1]
    notice = Notice(bonus={"above": 80, "most": 30}, bands=[110, 100])
    notice.assets(told["b110_or_more"] + told["b100_110"])
    notice.assets(checked - told["b110_or_more"] - told["b100_110"], checks=["content.misplaced"])
    return notice


def henan() -> Notice:
    """Six accounts that are named."""
    notice, names = Notice(decimals={"rate": 1}), NOTICES["henan-2022q4"]["unqualified"]
    for name in names:
        notice.assets(1, "account", bad=1, name=name)
    notice.assets(3857 - len(names), "account")
    return notice


def dali() -> Notice:
    """Accounts by platform, in the office's order and words."""
    platforms = NOTICES["dali-2023q2"]["by_platform"]
    codes = dict(zip(("wechat", "weibo", "video", "toutiao", "other"), platforms, strict=True))
    notice = Notice(order={"platform": tuple(codes)}, labels=codes)
    for code, label in reversed(codes.items()):
        notice.assets(platforms[label], "account", platform=code)
    return notice


def hainan() -> Notice:
    """251 of 837 registered accounts, and 64 that nobody had registered."""
    notice, told = Notice(decimals={"ratio": 0}), NOTICES["hainan-2021q2"]
    checked, running, _ = told["ratio"]
    notice.assets(checked, "account")
    notice.assets(running - checked, "account", looked=False)
    notice.assets(told["other"]["unregistered"], "account", registered=False)
    return notice


def chongqing() -> Notice:
    """Bands of 88 portals: what the notice prints beside them, 63.6%, is none of their shares."""
    bands = NOTICES["chongqing-2021q4"]["bands"]
    notice = Notice(bonus={"above": 80, "most": 30}, bands=[120, 110, 100], decimals={"share": 1})
    notice.assets(bands["above_120"], name="优")
    notice.assets(bands["b110_120"], name="良")
    notice.assets(bands["b100_110"])
    notice.assets(bands["of"] - bands["above_100"], checks=["content.misplaced"])
    return notice


LETTERS = (
    "{% set it = messages.message %}{{ it.received }}件，有效{{ it.valid }}件，"
    "按期{{ it.on_time }}件，{{ it.on_time_rate }}"
)
REGISTERED = (
    "{% set it = accounts %}在册{{ it.running }}个，抽查{{ it.checked_running }}个，占{{ it.ratio }}，"
    "共{{ it.checked }}个"
)
BANDS = "110分以上{{ websites.points.bands[0].number }}个，100分以上{{ websites.points.bands[1].number }}个"
BONUSES = {
    name: {f"website-{place}": 15.0 for place in range(1, NOTICES[name]["bands"]["b110_or_more"] + 1)}
    for name in ("chongqing-2024q1", "chongqing-2024q2")
}
ANSWERED = (
    "{% set it = messages.message %}留言{{ it.received }}件，已答复{{ it.done }}件，"
    "在办{{ lists.not_answered|length }}件，答复率{{ it.answer_rate }}"
)
FOUND_WRONG = "{{ messages.zhaocuo.received }}条，按期{{ messages.zhaocuo.on_time_rate }}"
BONUS = {f"website-{place}": 25.0 if place <= 2 else 15.0 for place in range(1, 9)}
CASES: list[tuple[str, Callable[[], Notice], str, str, dict[str, Any]]] = [
    (
        "guangdong-2025q1", lambda: guangdong("guangdong-2025q1"),
        "共收到“我为政府网站找错”{{ messages.zhaocuo.received }}条，按期办结率{{ messages.zhaocuo.on_time_rate }}。",
        "共收到“我为政府网站找错”361条，按期办结率100%。", {},
    ),
    (
        "guangdong-2025q2", lambda: guangdong("guangdong-2025q2"),
        "留言{{ messages.zhaocuo.received }}条，按期办结率{{ messages.zhaocuo.on_time_rate }}",
        "留言397条，按期办结率100%", {},
    ),
    (
        "guizhou-2023q3", guizhou,
        "下发提示单{{ tickets.issued }}份，完成整改{{ tickets.done }}份，整改完成率{{ tickets.done_rate }}。",
        "下发提示单659份，完成整改653份，整改完成率99.1%。", {},
    ),
    (
        "mayor-q3", mailbox,
        LETTERS,
        "553件，有效497件，按期483件，97.18%", {},
    ),
    (
        "changsha-county-2023q1", county,
        "{{ messages.message.received }}件，按期{{ messages.message.on_time }}件，{{ messages.message.on_time_rate }}",
        "309件，按期292件，94.5%", {},
    ),
    (
        "henan-2022q4", henan,
        "合格率{{ accounts.rate }}，不合格的是：{{ lists.unqualified|map(attribute='name')|join('、') }}。",
        "合格率99.8%，不合格的是：濮阳知识产权、大美马市坪、固始民政、和谐张集、大美新安集、河南油田公安。", {},
    ),
    (
        "dali-2023q2", dali,
        "{% for row in by.platform %}{{ row.label }}{{ row.checked }}个{% if not loop.last %}、{% endif %}{% endfor %}",
        "政务微信公众号163个、政务微博36个、快手抖音16个、今日头条7个、其他21个", {},
    ),
    (
        "hainan-2021q2", hainan,
        REGISTERED,
        "在册837个，抽查251个，占30%，共315个", {},
    ),
    (
        "chongqing-2021q4", chongqing,
        "{% for one in websites.points.bands %}{{ one.from }}分以上{{ one.number }}个（{{ one.share }}）；{% endfor %}",
        "120分以上2个（2.3%）；110分以上6个（6.8%）；100分以上47个（53.4%）；", {"bonus": BONUS},
    ),
    (
        "chongqing-2024q1", lambda: banded("chongqing-2024q1"),
        BANDS, "110分以上42个，100分以上28个", {"bonus": BONUSES["chongqing-2024q1"]},
    ),
    (
        "chongqing-2024q2", lambda: banded("chongqing-2024q2"),
        BANDS, "110分以上47个，100分以上25个", {"bonus": BONUSES["chongqing-2024q2"]},
    ),
    ("hunan-2019-2", lambda: guangdong("hunan-2019-2"), FOUND_WRONG, "434条，按期100%", {}),
    ("hunan-2019q3", lambda: guangdong("hunan-2019q3"), FOUND_WRONG, "412条，按期100%", {}),
    ("yunnan-2017-07", lambda: guangdong("yunnan-2017-07"), FOUND_WRONG, "55条，按期100%", {}),
    (
        "jingzhou-2018q1", lambda: guangdong("jingzhou-2018q1"),
        "网民留言{{ messages.zhaocuo.received }}条，办结率{{ messages.zhaocuo.answer_rate }}",
        "网民留言3条，办结率100%", {},
    ),
    (
        "mailbox-2021-11", city_mailbox,
        ANSWERED,
        "留言3059件，已答复3055件，在办4件，答复率99.87%", {},
    ),
    (
        "zhejiang-2018q3", zhejiang,
        "抽查{{ websites.checked }}个，占{{ websites.ratio }}，合格率{{ websites.rate }}",
        "抽查500个，占67.9%，合格率99%", {},
    ),
    (
        "panjin-2025-02", panjin,
        "网站{{ websites.checked }}个、新媒体{{ accounts.checked }}个，找错留言{{ messages.zhaocuo.received }}条",
        "网站33个、新媒体64个，找错留言0条", {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("notice", "template", "printed", "more"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_sentence(notice: Callable[[], Notice], template: str, printed: str, more: dict[str, Any]) -> None:
    """What the notice says, out of what it counted."""
    made = environment().from_string(template).render(context(notice().figures(**more)))
    assert made == printed
