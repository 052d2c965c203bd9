"""Identity (rules D-1 to D-4): which findings are the same problem."""

import pytest

from streams.rules.intake.fingerprint import discriminator_of, explain, identify, named
from streams.rules.state.places import STANDARD
from tests.support.ledger import problem

PAGE = "https://www.xianning.gov.cn/zwgk/a.shtml"


class TestLocator:
    """What does not matter in a locator."""

    @pytest.mark.parametrize(
        "same",
        [
            "HTTPS://WWW.XianNing.gov.cn/zwgk/a.shtml",
            "https://www.xianning.gov.cn:443/zwgk/a.shtml",
            "https://www.xianning.gov.cn/zwgk/a.shtml#top",
        ],
    )
    def test_the_same_page(self, same: str) -> None:
        """Case of scheme and host, the default port and the fragment."""
        assert STANDARD.one(same) == PAGE

    @pytest.mark.parametrize(
        "other",
        [
            "http://www.xianning.gov.cn/zwgk/a.shtml",
            "https://www.xianning.gov.cn:8443/zwgk/a.shtml",
            "https://www.xianning.gov.cn:80/zwgk/a.shtml",
            "https://www.xianning.gov.cn/zwgk/A.shtml",
            "https://www.xianning.gov.cn/zwgk/a.shtml?id=1",
            "https://xianning.gov.cn/zwgk/a.shtml",
        ],
    )
    def test_another_page(self, other: str) -> None:
        """Scheme, another port, the path's case, the query, another host: those do matter."""
        assert STANDARD.one(other) != PAGE

    def test_an_empty_path(self) -> None:
        """The home page with and without its slash."""
        assert STANDARD.one("http://a.gov.cn:80") == STANDARD.one("http://a.gov.cn/") == "http://a.gov.cn/"

    @pytest.mark.parametrize(
        "same",
        ["互动交流>调查征集", "互动交流 > 调查征集", "互动交流》调查征集", "互动交流 ＞ 调查征集", "互动交流»调查征集"],
    )
    def test_a_column_path(self, same: str) -> None:
        """The sign between two columns, and the blanks around it."""
        assert STANDARD.one(same) == "互动交流>调查征集"

    def test_other_places(self) -> None:
        """Message ids keep their case; composed and decomposed letters are the same."""
        assert STANDARD.one("  ZC-2026 / 001 ") == "ZC-2026 / 001"
        assert STANDARD.one("cafe\u0301") == STANDARD.one("café")
        assert STANDARD.one("") == ""


class TestIdentity:
    """What makes a problem."""

    def test_each_part_counts(self) -> None:
        """Asset, check, locator and discriminator (D-1)."""
        problems = {
            identify(*parts)
            for parts in (
                ("a", "link.dead", PAGE, ""),
                ("b", "link.dead", PAGE, ""),
                ("a", "link.wrong", PAGE, ""),
                ("a", "link.dead", PAGE + "x", ""),
                ("a", "link.dead", PAGE, "word"),
            )
        }
        assert len({problem.key for problem in problems}) == 5

    def test_parts_do_not_run_into_each_other(self) -> None:
        """The end of one part is never the beginning of the next."""
        assert identify("a", "bc", "") != identify("ab", "c", "")

    def test_a_recipe_that_must_not_change(self) -> None:
        """D-4: another result for the same finding would open every ticket a second time."""
        assert identify("kjj-site", "link.dead", PAGE, "").fingerprint == "2-5ed4b62fc2b4862dfb7c7c0cb4cef068"

    def test_the_producers_own(self) -> None:
        """D-2: it takes the place of check, locator and discriminator, within one asset."""
        first = identify("a", "link.dead", PAGE, "", "sarif:42")
        assert first == identify("a", "link.wrong", "elsewhere", "x", "sarif:42") == named("a", "sarif:42")
        assert first.fingerprint == "sarif:42"
        assert first.key != identify("b", "link.dead", PAGE, "", "sarif:42").key

    def test_one_of_ours_comes_back(self) -> None:
        """D-2: from a recheck request, say."""
        ours = identify("a", "link.dead", PAGE)
        assert identify("a", "link.dead", PAGE, "", ours.fingerprint) == ours
        back = named("a", ours.fingerprint)
        assert back == identify("a", "x", "y", "", ours.fingerprint)
        there = problem("a", 1)._replace(key=ours.key)
        assert back.among({ours.key: there}, 1) == ours.among({}, 1) == ours

    def test_one_of_ours_on_another_asset(self) -> None:
        """D-2: it names no problem of that asset, so it is the producer's own."""
        ours = identify("a", "link.dead", PAGE)
        back = named("b", ours.fingerprint)
        there = problem("a", 1)._replace(key=ours.key)
        elsewhere = back.among({ours.key: there}, 2)
        assert elsewhere == back.among({}, 2)
        assert elsewhere.fingerprint == ours.fingerprint
        assert elsewhere.key not in (ours.key, named("a", ours.fingerprint).among({}, 1).key)
        assert {ours.key, elsewhere.key} == set(back.keys)

    @pytest.mark.parametrize(
        "nearly", ["1-", "1-" + "A" * 32, "1-" + "a" * 31, "3-" + "a" * 32, "1-" + "a" * 32 + "\n"]
    )
    def test_what_only_looks_like_ours(self, nearly: str) -> None:
        """Anything else is the producer's own name."""
        assert named("a", nearly).fingerprint == nearly
        assert named("a", nearly).key.hex() != nearly.removeprefix("1-")

    def test_discriminators(self) -> None:
        """The check's own distinguishing evidence, whatever type it has."""
        assert discriminator_of("word", {"word": "党史教育活动"}) == "党史教育活动"
        assert discriminator_of("missing", {"missing": ["icp", "ipv6"]}) == '["icp","ipv6"]'
        assert discriminator_of("word", {"word": {"b": 1, "a": 2}}) == '{"a":2,"b":1}'
        assert discriminator_of("word", {}) == discriminator_of("word", {"word": None}) == ""
        assert discriminator_of(None, {"word": "x"}) == ""

    def test_it_can_be_explained(self) -> None:
        """`rectify ticket show` says from what a fingerprint was made."""
        said = explain("a", "link.dead", "HTTPS://A.gov.cn", "w")
        assert said == {
            "recipe": "2",
            "asset_id": "a",
            "check": "link.dead",
            "locator": "https://a.gov.cn/",
            "discriminator": "w",
            "fingerprint": identify("a", "link.dead", "https://a.gov.cn/", "w").fingerprint,
        }


def test_the_route_of_a_page_is_part_of_the_place() -> None:
    """`#/a` and `#!b` tell pages apart; `#top` is a place on the same page; a query does not hide an empty path."""
    assert STANDARD.one("https://a.cn/#/one") != STANDARD.one("https://a.cn/#/two")
    assert STANDARD.one("https://a.cn/#top") == STANDARD.one("https://a.cn/")
    assert STANDARD.one("https://a.cn?x=1") == "https://a.cn/?x=1"
