"""Published notices come out as they were printed, figure by figure, character by character (rules S-7, S-10)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.presentation.bulletins.checking import contradictions
from streams.presentation.bulletins.numbers import percent
from tests.support.notice_figures import Notice, total

SAMPLES = Path(__file__).parents[1] / "samples" / "bulletins"
NOTICES: dict[str, dict[str, Any]] = {
    notice["id"]: notice for notice in yaml.safe_load((SAMPLES / "notices.yaml").read_text("utf-8"))["notices"]
}
INCONSISTENT = yaml.safe_load((SAMPLES / "inconsistent.yaml").read_text("utf-8"))["inconsistent"]
WRONG = {("qinghai-2020q3", "websites"), ("dongguan-2020q4", "websites"), ("anhui-2021q1", "bonus")}
"""Printed otherwise than their own numbers say: inconsistent.yaml."""


def whole(number: Any) -> int | None:
    """A number of a notice; `~4`: as the printed rate says."""
    return None if number is None else int(str(number).lstrip("~"))


def decimals(printed: str) -> int:
    """To how many places the office prints."""
    return len(printed.removesuffix("%").partition(".")[2])


def rates() -> Iterator[Any]:
    """Each rate that is printed together with its numbers."""
    for name, notice in NOTICES.items():
        for what, checked, bad, printed in notice.get("rates", ()):
            if None not in (checked, bad, printed) and (name, what) not in WRONG:
                yield pytest.param(what, whole(checked), whole(bad), printed, id=f"{name}-{what}")


@pytest.mark.parametrize(("what", "checked", "bad", "printed"), list(rates()))
def test_a_rate(what: str, checked: int, bad: int, printed: str) -> None:
    """So many checked, so many of these unqualified, each of them named: the rate is what was printed."""
    kind = "account" if what.startswith("account") else "website"
    notice = Notice(decimals={"rate": decimals(printed)})
    notice.assets(checked, kind, bad=bad)
    made = notice.figures()
    row = total(made, f"{kind}s")
    assert (row["checked"], row["unqualified"], row["rate"]) == (checked, bad, printed)
    assert len(made["lists"]["unqualified"]) == bad
    assert contradictions(made) == []


RATIOS = [
    (name, *notice["ratio"])
    for name, notice in NOTICES.items()
    if "ratio" in notice and name != "tianjin-2024h2" and notice["ratio"][1] < 5_000
]


@pytest.mark.parametrize(("name", "checked", "running", "printed"), RATIOS, ids=[row[0] for row in RATIOS])
def test_a_ratio(name: str, checked: int, running: int, printed: str) -> None:
    """检查比例 is of what is in the register."""
    del name
    notice = Notice(decimals={"ratio": decimals(printed)})
    notice.assets(checked)
    notice.assets(running - checked, looked=False)
    assert total(notice.figures(), "websites")["ratio"] == printed


PARTS = [
    (f"{name}-{what}", parts)
    for name, notice in NOTICES.items()
    for what, parts in (notice["parts"].items() if isinstance(notice.get("parts"), dict) else ())
    if isinstance(parts, list)
]


@pytest.mark.parametrize(("name", "parts"), PARTS, ids=[name for name, _ in PARTS])
def test_parts_in_the_order_of_the_office(name: str, parts: list[int]) -> None:
    """Each level or platform is a row where the office puts it, and the rows add up."""
    kind = "account" if name.endswith("accounts") else "website"
    names = [f"第{number}类" for number in range(len(parts))]
    notice = Notice(order={"level": tuple(names)})
    for level, number in reversed(list(zip(names, parts, strict=True))):
        notice.assets(number, kind, level=level)
    made = notice.figures()
    assert [(row["key"], row["checked"]) for row in made["by"]["level"]] == [
        (level, number) for level, number in zip(names, parts, strict=True) if number
    ]
    assert all(one["holds"] for one in made["sums"])


@pytest.mark.parametrize("name", ["jiangsu-2017q3"])
def test_the_unqualified_by_area(name: str) -> None:
    """Areas with the unqualified of each, as they are named."""
    areas = NOTICES[name]["unqualified_by_area"]
    notice = Notice(order={"region": tuple(areas)})
    for area, bad in areas.items():
        notice.assets(bad + 1, bad=bad, region=area)
    rows = notice.figures()["by"]["region"]
    assert {row["label"]: row["unqualified"] for row in rows} == areas


def test_shares_of_other_numbers() -> None:
    """Slips, messages, bands: what is printed beside its numbers comes out of them."""
    shares = [
        (653, 659, "99.1%"), (3055, 3059, "99.87%"), (483, 497, "97.18%"), (292, 309, "94.5%"), (23, 32, "71.88%"),
        (29, 65, "45%"), (50, 57, "87.7%"), (38, 40, "95%"), (1, 54, "1.85%"), (3, 26, "11.5%"), (6, 10, "60%"),
        (7768, 43143, "18%"), (8616, 36916, "23%"),
        (301, 497, "60.56%"), (120, 497, "24.14%"), (44, 497, "8.85%"), (31, 497, "6.24%"), (1, 497, "0.20%"),
    ]  # fmt: skip
    assert [percent(part, whole, decimals(printed)) for part, whole, printed in shares] == [row[2] for row in shares]


def wrong() -> dict[str, dict[str, Any]]:
    """The figures that were printed and do not hold, as a document has them."""

    def row(group: str, **figures: Any) -> dict[str, Any]:
        return {"totals": [{"group": group, **figures}]}

    def share(part: int, whole: int, printed: str) -> dict[str, Any]:
        return {"typed": {"shares": [{"name": "占比", "part": part, "whole": whole, "printed": printed}]}}

    def parts(name: str, numbers: list[int], said: int) -> dict[str, Any]:
        return {"typed": {"sums": [{"name": name, "parts": numbers, "total": said}]}}

    guizhou, baoshan = NOTICES["guizhou-2017q3"]["running"], NOTICES["baoshan-2024q1"]["interpretation"]
    interpretations: dict[str, int] = baoshan["parts"]
    return {
        "qinghai-2020q3": row("websites", checked=134, unqualified=8, rate="94.3%"),
        "tianjin-2024h2": row("accounts", checked=199, running=1742, ratio="11.5%"),
        "chongqing-2021q4": share(55, 88, "63.6%"),
        "guizhou-2017q3": parts("运行网站", guizhou["parts"], guizhou["total"]),
        "baoshan-2024q1": parts("政策解读", list(interpretations.values()), baoshan["total"]),
        "minhou-2025q1": parts("账号", NOTICES["minhou-2025q1"]["accounts"]["parts"], 28),
        "xianning-2020q3": parts("网站", [30, 9], 40),
        "anhui-2021q1": share(158, 165, "95.7%"),
        "dongguan-2020q4": row("websites", checked=53, unqualified=4, rate="92.4%"),
        "siping-tiexi-2022-09": share(48, 49, "99%"),
    }


@pytest.mark.parametrize(
    "one", [one for one in INCONSISTENT if not one["id"].startswith("seed")], ids=lambda one: one["id"]
)
def test_what_does_not_hold_is_said(one: dict[str, Any]) -> None:
    """One sentence, with what was printed and what would be right."""
    (said,) = contradictions(wrong()[one["id"]])
    if "right" in one and one["id"] != "siping-tiexi-2022-09":
        assert one["right"] in said
    else:
        assert "应为" in said or "合计" in said


def test_a_change_and_a_day_that_do_not_hold() -> None:
    """毕节 rose by 8.34 points from 58.33 to 66.67; nothing is counted after it was issued."""
    now, before = {"group": "websites", "rate": "66.67%"}, {"group": "websites", "rate": "58.33%"}

    def made(points: str) -> dict[str, Any]:
        return {"totals": [{**now, "change": {"rate_points": points}}], "last_period": {"totals": [before]}}

    assert contradictions(made("+8.34")) == []
    assert contradictions({**made("+8.33"), "date": "2024-08-21", "as_of": "2024-08-22"}) == [
        "统计时点 2024-08-22 晚于印发日期 2024-08-21",
        "websites：合格率变化印作 +8.33 个百分点，应为 +8.34",
    ]
