"""The storyboard: every finding of the six notices, re-dated into the weeks from 2023-02-24, and what becomes of it.

In the order of notices.yaml. What a notice says decides the fate: "需多次催促" is urged and supervised before it
answers, "经多次督促仍长期无更新" reaches the bulletin and stays open, "第二轮才予以回复" is answered in round two.
Where a notice says no more than what was wrong, it is put right in time.

Acts keep some hours apart: at the demonstration's speed an hour is 0.3 seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from streams.demo.fates import (
    Fate,
    acknowledge,
    answer,
    approve,
    ask_extension,
    claim,
    extend,
    fate,
    fixed,
    recheck,
    refuse,
)

SEVERAL_URGES: Final = "opened 02-24, reminded 02-28, overdue 03-02, urge 03-02, supervise 03-06"
TO_THE_BULLETIN: Final = "opened 02-24, reminded 02-27, overdue 02-28, urge 02-28, supervise 03-02, bulletin 03-07"
SECOND_ROUND: Final = "opened 02-27, reminded 02-28, overdue 03-02, urge 03-02, closed 03-03"
BY_RUN: Final = "closed run_absent"
# 浙江 names three sites that are 不合格 for the number of their columns ("超过5个", "多个"): a veto of its own each.
VETO: Final = "opened 02-24, reminded 02-27, overdue 02-28, urge 02-28"
BY_COUNT: Final = "closed below_the_line"

NATIONAL_HEALTH: Final = (
    fate(
        "nhc-site", "02-28 09:30 > 03-01 10:00", "03-07", "opened 02-28, claimed 03-01, closed 03-01",
        *fixed("03-01 10:30", "及时删除重复内容", "03-01 15:30"),
    ),
    fate(
        "nhc-app", "02-28 09:30 > 03-06 12:00", "03-07 > 03-10",
        "opened 02-28, asked 03-01, extended 03-02, claimed 03-06, closed 03-06",
        ask_extension("03-01 16:30", "03-10", "查找延迟同步更新的原因，需调试检验"),
        extend("03-02 11:00", 3, "情况属实，同意"),
        *fixed("03-06 14:00", "技术调整、找到延迟同步更新的原因、调试检验", "03-06 17:30"),
    ),
)  # fmt: skip

ZHEJIANG: Final = (
    fate(
        "jingning-site", "02-24 16:00 > 03-03 09:00", "03-03",
        "opened 02-24, claimed 03-01, still_there 03-01, asked 03-01, reminded 03-02, ask_refused 03-02, "
        "claimed 03-03, closed 03-03",
        claim("03-01 11:00", "已补充部分空白栏目"), recheck("03-01 16:00", "present", snippet="仍有空白栏目"),
        ask_extension("03-01 18:30", "03-08", "部分栏目内容需各科室提供"), refuse("03-02 17:00", "请按原时限完成整改"),
        *fixed("03-03 10:00", "空白栏目已全部补充", "03-03 15:00"),
        facts={"evidence": {"places": 6}},
        adds_up={"veto.columns_blank": fate("jingning-site", "", "02-27", f"{VETO}, supervise 03-02, closed 03-03",
            ends=BY_COUNT)},
    ),
    fate(
        "quzhou-site", "02-24 16:00 > 02-28 20:00", "03-03", "opened 02-24, closed 03-01", ends=BY_RUN,
        facts={"evidence": {"places": 6}},
        adds_up={"veto.columns_blank": fate("quzhou-site", "", "02-27", f"{VETO}, closed 03-01", ends=BY_COUNT)},
    ),
    fate(
        "shengsi-site", "02-24 16:00 > 02-28 20:00", "03-03", "opened 02-24, closed 03-01", ends=BY_RUN,
        facts={"evidence": {"places": 10}},
        adds_up={"veto.columns_stale": fate("shengsi-site", "", "02-27", f"{VETO}, closed 03-01", ends=BY_COUNT)},
    ),
    # Clock hours on a Saturday night. Whoever looks late finds only the highest step that is due (rule E-2).
    fate(
        "linan-site", "02-25 20:05 > 02-26 09:30", "02-26",
        "opened 02-25, reminded?, overdue 02-26, urge?, supervise 02-26, claimed 02-26, closed 02-26",
        *fixed("02-26 10:00", "已清除暗链并加固", "02-26 14:00"),
        headline="浙江：周六夜里发现暗链，4 小时内处置，不分昼夜 · clock hours, around the clock",
    ),
    fate(
        "zj-jst-site", "02-24 16:00 > 03-06 15:00", "03-01", f"{SEVERAL_URGES}, closed 03-06",
        answer("03-06 16:00", "您反映的错误已更正，感谢监督"),
    ),
    fate(
        "zj-wlt-site", "02-24 16:00 > 03-07 09:00", "03-01", f"{SEVERAL_URGES}, closed 03-07",
        answer("03-07 14:00", "页面已修正，感谢您的来信"),
    ),
    fate(
        "shaoxing-site", "02-24 16:00 > 03-03 09:00", "03-07", "opened 02-24, closed 03-03",
        answer("03-03 10:30", "您咨询的事项答复如下"),
    ),
    fate(
        "zhoushan-site", "02-24 16:00 > 03-06 15:00", "03-07", "opened 02-24, reminded 03-06, closed 03-06",
        answer("03-06 15:00", "您咨询的事项答复如下"),
    ),
    fate("yongkang-jiaojing", "02-24 16:00", "02-27", TO_THE_BULLETIN, ends="open"),
    fate("zhoushan-jianghai", "02-24 16:00", "02-27", TO_THE_BULLETIN, ends="open"),
    # In a guarded period, on a Sunday; the platform had warned before.
    fate(
        "shanshui-hutang", "03-05 06:00 > 03-05 14:00", "03-05",
        "warned 03-03, opened 03-05, reminded?, overdue 03-05, urge?, supervise 03-05, claimed 03-05, closed 03-05",
        *fixed("03-05 14:30", "已改为“党史学习教育”", "03-05 18:30"),
        warned="03-03 14:00",
        headline="浙江：全国两会期间（重要保障期），周日检出错误表述，2 小时内处置 · a guarded period",
        facts={"evidence": {"word": "党史教育活动", "suggestion": "党史学习教育"}},
    ),
    fate(
        "wuxing-jiankang", "02-24 16:00 > 02-27 10:00", "03-01", "opened 02-24, claimed 02-27, closed 02-27",
        *fixed("02-27 10:30", "数据接口已恢复", "02-27 15:30"),
    ),
    fate(
        "biaodi-zhaoshang", "02-24 16:00 > 02-28 13:00", "03-01",
        "opened 02-24, reminded 02-28, claimed 02-28, closed 02-28",
        *fixed("02-28 14:00", "小程序已修复，可正常打开", "02-28 17:30"),
    ),
    fate(
        "wenming-longxi", "02-24 16:00 > 02-28 09:00", "03-03",
        "opened 02-24, claimed 02-28, unverifiable 02-28, closed 03-01",
        claim("02-28 10:00", "栏目内容已补充"), recheck("02-28 15:00", "unverifiable", reason="小程序须登录后查看"),
        approve("03-01 10:30", "人工登录查看，栏目已有内容"),
        ends="closed approved",
    ),
)  # fmt: skip

SHANGHAI: Final = (
    fate(
        "sh-wsyjg-site", "02-24 14:00 > 02-28 09:00", "03-03", "opened 02-24, claimed 02-28, closed 02-28",
        *fixed("02-28 10:30", "已更新动态要闻、政策文件栏目", "02-28 15:30"),
        facts={"evidence": {"column_kind": "policy"}},
    ),
    fate(
        "sh-wsb-site", "02-24 14:00 > 03-01 09:00", "03-03",
        "opened 02-24, acknowledged 02-27, claimed 03-01, closed 03-01",
        acknowledge("02-27 09:30"), *fixed("03-01 09:30", "已更新动态要闻、政策文件栏目", "03-01 14:30"),
        facts={"evidence": {"column_kind": "policy"}},
    ),
    fate(
        "sh-fzyjzx-site", "02-24 14:00 > 03-02 09:30", "03-07", "opened 02-24, closed 03-02",
        answer("03-02 10:00", "留言已答复并公开"),
    ),
    fate(
        "sh-lscb-site", "02-24 14:00 > 03-06 14:00", "03-07", "opened 02-24, reminded 03-06, closed 03-06",
        answer("03-06 14:00", "留言已答复并公开"),
    ),
    # It had been with the unit for six working days when it was found: overdue from the first moment.
    fate(
        "sh-zjw-site", "02-24 14:00 > 02-27 14:00", "02-21", "opened 02-24, overdue 02-24, urge 02-24, closed 02-27",
        answer("02-27 15:00", "您反映的问题已处理"),
        facts={"received_at": "2023-02-16T10:00:00+08:00"},
    ),
    *(
        fate(
            account, "02-24 14:00 > 02-27 13:00", "02-27", "opened 02-24, reminded 02-27, closed 02-27", ends=BY_RUN
        )
        for account in ("sh-gongan-crj", "sh-weijian", "sh-jinshan", "sh-jiedu")
    ),
)  # fmt: skip

WUXI: Final = (
    fate("pingan-yixing", "02-27 09:30 > 03-03 10:00", "03-01", SECOND_ROUND, ends=BY_RUN),
    fate("yixing-wenlv", "02-27 09:30 > 03-03 10:00", "03-01", SECOND_ROUND, ends=BY_RUN),
    *(
        fate(
            account, "02-27 09:30 > 02-27 13:00", "02-28", "opened 02-27, claimed 02-27, closed 02-27",
            *fixed("02-27 14:00", "已恢复更新", "02-27 17:30"),
        )
        for account in ("wuxi-huanjing", "yiguangyi")
    ),
    *(
        fate(
            account, "02-27 09:30 > 02-28 13:00", "02-28", "opened 02-27, reminded 02-28, claimed 02-28, closed 02-28",
            *fixed("02-28 13:30", "已恢复更新", "02-28 18:00"),
        )
        for account in ("fenjin-huangxiang", "liangxi-jiaoyu", "huyun-xinan")
    ),
    fate(
        "wuxi-bufen", "02-27 09:30 > 03-01 13:00", "03-02", "opened 02-27, reminded 03-01, claimed 03-01, closed 03-01",
        *fixed("03-01 14:00", "失效链接和小程序已下架", "03-01 17:30"),
    ),
)  # fmt: skip

XIANNING: Final = (
    fate(
        "xianan-site", "02-24 09:00 > 02-28 12:00", "03-06",
        "opened 02-24, acknowledged 02-27, claimed 02-28, closed 02-28",
        acknowledge("02-27 10:00"), *fixed("02-28 13:30", "已更新政策解读栏目", "02-28 17:00"),
        facts={"evidence": {"column_kind": "interpretation"}},
    ),
    fate(
        "xn-kjj-site", "02-24 09:00 > 03-09 13:00", "03-06",
        "opened 02-24, reminded 03-03, overdue 03-07, urge 03-07, supervise 03-09, claimed 03-09, closed 03-09",
        *fixed("03-09 14:00", "已发布2023年调查征集两期", "03-09 18:00"),
    ),
    fate(
        "xn-xczxj-site", "02-24 09:00 > 03-03 14:00", "03-06",
        "opened 02-24, acknowledged 02-24, lapsed 03-01, reminded 03-03, claimed 03-03, closed 03-03",
        acknowledge("02-24 15:00"), *fixed("03-03 15:00", "新闻类稿件已移出政策栏目", "03-03 18:30"),
    ),
)  # fmt: skip

STATE_ASSETS: Final = (
    fate("sasac-site", "02-24 10:30 > 02-27 18:00", "03-03", "opened 02-24, closed 02-28", ends=BY_RUN),
    fate(
        "sasac-site", "02-24 10:30 > 03-01 10:00", "03-07", "opened 02-24, closed 03-01",
        answer("03-01 11:30", "已补充答复，逐项说明办理情况"),
    ),
    fate(
        "guozi-fazhi", "02-24 10:30 > 03-02 10:00", "03-03",
        "opened 02-24, reminded 03-02, claimed 03-02, closed 03-02",
        *fixed("03-02 13:30", "已调整栏目设置、加强内容审核", "03-02 18:00"),
    ),
    fate(
        "qingchun-guozi", "02-24 10:30 > 02-24 14:00", "02-27", "opened 02-24, claimed 02-24, closed 02-24",
        *fixed("02-24 14:30", "畅通信息报送渠道", "02-24 18:00"),
    ),
    fate(
        "guozi-eting", "02-24 10:30 > 02-27 13:00", "02-27",
        "opened 02-24, reminded 02-27, claimed 02-27, closed 02-27",
        *fixed("02-27 14:30", "已提高更新频率", "02-27 18:00"),
    ),
    # Put right on Sunday; Monday's patrol fails, which proves nothing, Tuesday's is the proof.
    fate("shihua-site", "02-24 10:30 > 02-26 12:00", "03-03", "opened 02-24, closed 02-28", ends=BY_RUN),
    fate(
        "shihua-site", "02-24 10:30 > 02-26 12:00 > 03-01 06:00 > 03-01 18:00", "03-03 > 03-03",
        "opened 02-24, closed 02-28, reopened 03-01, closed 03-02",
        ends=BY_RUN,
    ),
    fate("jiancai-site", "02-24 10:30 > 02-28 18:00", "03-03", "opened 02-24, closed 03-01", ends=BY_RUN),
)  # fmt: skip

FATES: Final[Mapping[str, tuple[Fate, ...]]] = {
    "nhc-2021q2": NATIONAL_HEALTH,
    "zhejiang-2021q4": ZHEJIANG,
    "shanghai-2021q4": SHANGHAI,
    "wuxi-2023q1": WUXI,
    "xianning-2023q1": XIANNING,
    "sasac-2020q3": STATE_ASSETS,
}
