"""The packs that come with the program: each value has the source that it names, and what nobody ruled says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import streams.demo
from schemas.check_rule import Sourced
from schemas.policy import Policy
from streams.files.policy import loading
from streams.files.policy.loading import load_policy, shipped_packs
from streams.files.yaml import load_yaml
from streams.presentation.policy.reading import read_policy

NOTICES: dict[str, Any] = {
    notice["id"].partition("-")[0]: notice
    for notice in yaml.safe_load(Path(streams.demo.__path__[0], "notices.yaml").read_text("utf-8"))["notices"]
}
LOCAL = [name for name in shipped_packs() if name != "default"]


def own_text(name: str) -> str:
    """The pack's file."""
    return (loading.FOLDER / f"{name}.yaml").read_text("utf-8")


def own_values(data: object) -> list[dict[str, Any]]:
    """Every value with a basis that the pack itself says."""
    if isinstance(data, list):
        return [value for item in data for value in own_values(item)]
    if not isinstance(data, dict):
        return []
    below = [value for item in data.values() for value in own_values(item)]
    return [data, *below] if "sure" in data else below


def test_there_is_a_pack_for_each_notice() -> None:
    """Six areas, and the nation."""
    assert shipped_packs() == ("default", "nhc", "sasac", "shanghai", "wuxi", "xianning", "zhejiang")
    assert set(LOCAL) == set(NOTICES)


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_pack_names_its_notice(name: str) -> None:
    """Its title and issuer, and the first day of the period that it covers."""
    policy, notice = load_policy(name), NOTICES[name]
    assert notice["title"] in policy.source
    assert notice["issuer"]["name"] in policy.source
    assert policy.in_force == date.fromisoformat(str(notice["period"]["from"]))
    assert policy.ref == f"{name}@1"


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_pack_says_nothing_that_is_not_sourced(name: str) -> None:
    """Each value of its own cites a notice, and none of them is called a national rule."""
    values = own_values(load_yaml(own_text(name)).data)
    for value in values:
        assert value["sure"] in "ND"
        assert "通报" in value["basis"] or "检查情况" in value["basis"], value
        assert value["sure"] == "N" or "默认值" in value["basis"]
    assert bool(values) is (name in ("shanghai", "wuxi", "xianning"))


@pytest.mark.parametrize("name", shipped_packs())
def test_whoever_has_no_source_says_so(name: str) -> None:
    """Every sourced value has its basis in words; the default's own are called so, the unchecked as well."""
    for value in read_policy(load_policy(name)):
        if value.sure is not None:
            assert value.basis, value
            assert value.sure != "D" or "默认值" in value.basis, value
            assert value.sure != "?" or "未核对" in value.basis, value


def test_wuxi() -> None:
    """2 hours for errors in a guarded period; named accounts passed; looked at again within the weekly cycle."""
    policy = load_policy("wuxi")
    for code in ("wording.serious", "text.typo", "link.dead", "link.dark"):
        strict = policy.rule(code).guarded
        assert strict is not None
        assert (strict.amount, strict.unit, strict.sure) == (2, "hour", "N")
    assert policy.rule("column.blank").guarded is None
    assert any("2小时" in rule for rule in NOTICES["wuxi"]["rules"])
    assert (policy.rule("account.stale").veto, NOTICES["wuxi"]["totals"]["account_pass_rate"]) == (None, "100%")
    assert (policy.limits.relapse.days, policy.limits.relapse.sure) == (7, "D")


def test_xianning() -> None:
    """Points off are those of the notice's scores; the date to report back by is ten days after publication."""
    policy, notice = load_policy("xianning"), NOTICES["xianning"]
    evidence: tuple[dict[str, Any], ...] = ({"column_kind": "interpretation"}, {"column_kind": "other"}, {})
    for finding, found in zip(notice["findings"], evidence, strict=True):
        deduction = policy.rule(finding["check"]).deducted(found)
        assert deduction is not None
        assert (deduction.points, 100 - deduction.points, deduction.sure) == (
            finding["deduction"],
            finding["score"],
            "N",
        )
    days = [(line.kind, line.amount, line.unit, line.sure) for line in policy.rule("account.stale").lines]
    assert days == [("breach", 7, "day", "N"), ("breach", 14, "day", "N")]
    by, published = (date.fromisoformat(str(day)) for day in (notice["report_back"]["by"], notice["published"]))
    assert policy.limits.notice.days == (by - published).days


def test_shanghai_and_zhejiang() -> None:
    """Two weeks without news are a stale account; a dark link is named without being a veto."""
    (line,) = load_policy("shanghai").rule("account.stale").lines
    assert (line.kind, line.amount, line.unit, line.sure) == ("breach", 14, "day", "N")
    assert load_policy("zhejiang").rule("link.dark").veto is None
    assert load_policy("zhejiang").rule("link.dark").deadline.amount == 4


@pytest.mark.parametrize("name", ["nhc", "sasac"])
def test_a_notice_that_rules_nothing_changes_nothing(name: str) -> None:
    """All is the national default's, under a name of its own."""
    assert [*read_policy(load_policy(name))] == [*read_policy(load_policy())]


def test_what_the_default_pack_vetoes() -> None:
    """As 国办秘函〔2019〕19号 has it; where it only may be read so, the veto is nobody's rule."""
    default: Policy = load_policy()
    ruled: dict[str, list[str]] = {"O": [], "D": []}
    for code, rule in default.checks.items():
        if rule.veto is not None and not code.startswith("veto."):
            assert isinstance(rule.veto, Sourced)
            ruled[rule.veto.sure].append(code)
    assert sorted(ruled["O"]) == [
        "account.app_broken",
        "account.no_interaction",
        "account.stale",
        "channel.missing",
        "content.fake_date",
        "home.stale",
        "link.illegal",
        "service.missing",
        "site.tampered",
        "wording.serious",
    ]
    assert sorted(ruled["D"]) == ["content.privacy", "link.dark"]
