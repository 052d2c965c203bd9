"""Evidence in any spelling (rule D-15): numbers, yes and no."""

import pytest

from schemas.evidence import number, says, truth, whole
from streams.files.policy.loading import load_policy
from streams.rules.scoring.counting import places

PACK = load_policy()


@pytest.mark.parametrize(
    "written",
    [
        503, 503.0, "503", " 503 ", "503.0", "503.", "503.00", "5.03e2", "5.03E+2", "+503", "0503", "５０３", "\t503\n",
        "503 Service Unavailable", "503: Service Unavailable", "503 (Service Unavailable)", "503，服务不可用",
        "HTTP/1.1 503", "HTTP/1.1 503 Service Unavailable", "HTTP/2 503", "http 503", "HTTP: 503", "503\r\n",
    ],
)  # fmt: skip
def test_a_number_is_one_number_in_any_spelling(written: object) -> None:
    """As pandas, checkers, spreadsheets and status lines write it."""
    assert whole(written) == 503
    assert PACK.rule("link.dead").is_transient({"http_status": written})


@pytest.mark.parametrize(
    "written",
    [
        None, True, False, "", " ", "x", "x503", "503x", "503_1", "503-504", "503–504", "502, 503", "502/503",
        "503~504", "50%", "5.03", 5.03, "5,03",
        float("nan"), float("inf"), "1e999", "NaN", "inf", "0x1F7", [503], {"code": 503},
        "2026-03-02", "10:30", "192.168.1.1", "9" * 5_000, "1e300" * 2, "１２".encode(),
    ],
)  # fmt: skip
def test_what_may_be_several_or_a_part_of_a_word_is_none(written: object) -> None:
    """Nothing is guessed: no whole number, no bad moment."""
    assert whole(written) is None
    assert not PACK.rule("link.dead").is_transient({"http_status": written})


@pytest.mark.parametrize(
    ("written", "said"),
    [("1,024", 1024), ("１２处", 12), ("12 处", 12), (" 7", 7), ("-3", -3), ("2.5 s", 2.5), (2.5, 2.5)],
)
def test_amounts_with_their_units(written: object, said: float) -> None:
    """Counts and seconds, as people and tools write them."""
    assert number(written) == said


def test_places_count_in_any_spelling() -> None:
    """V-2: a count reported as one finding."""
    assert [places({"places": one}) for one in (12, 12.0, "12", "12处", "1,024", "x", 0, -1, True, None, 2.5)] == [
        12, 12, 12, 12, 1024, 1, 1, 1, 1, 1, 1,
    ]  # fmt: skip


@pytest.mark.parametrize("yes", [True, 1, 1.0, "true", "True", " TRUE ", "yes", "1", "是"])
@pytest.mark.parametrize("no", [False, 0, "false", "No", "0", "否"])
def test_yes_and_no(yes: object, no: object) -> None:
    """As tables and scripts write them; anything else is neither, and matches neither."""
    rule = PACK.rule("link.dead")
    assert truth(yes) is True
    assert truth(no) is False
    assert rule.row({"home_page": yes}).rule == "link.dead/home_page=true"
    assert rule.row({"home_page": no}).rule == "link.dead"
    odd: tuple[object, ...] = ("", "maybe", 2, None, [], "首页")
    assert [truth(one) for one in odd] == [None] * 6


def test_a_value_of_the_pack_is_found_in_any_spelling() -> None:
    """`when` of a pack: numbers and yes or no by what they say, words letter by letter."""
    assert says("404 Not Found", 404)
    assert says(404.0, 404)
    assert not says(True, 1)
    assert says("是", wanted=True)
    assert not says(None, wanted=False)
    assert says("news", "news")
    assert not says("News", "news")
