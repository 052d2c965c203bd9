"""The token of a link names its notice, and no other string is one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.presentation import links

KEYS = st.text(min_size=32, max_size=64, alphabet=st.characters(codec="utf-8", exclude_characters=","))
NOTICES = st.binary(min_size=16, max_size=16).map(bytes.hex)
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
KEY = "k" * 32


@given(KEYS, KEYS, NOTICES)
def test_what_one_of_two_keys_has_signed_names_its_notice(new: str, old: str, notice_id: str) -> None:
    """While a key is exchanged the links of both are good."""
    for key in (new, old):
        assert notice_id == links.read((new, old), links.token(key, notice_id))
        assert notice_id[:16] == links.read_short((new, old), links.short_token(key, notice_id))


@given(KEYS, NOTICES)
def test_a_token_has_a_length_and_no_sign_that_a_gateway_rewrites(key: str, notice_id: str) -> None:
    """36 characters in letters, 20 in short messages."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{36}", links.token(key, notice_id))
    assert re.fullmatch(r"[A-Za-z0-9_-]{20}", links.short_token(key, notice_id))


@given(NOTICES, st.integers(0, 35), st.sampled_from(SIGNS))
def test_no_other_sign_at_any_place_will_do(notice_id: str, place: int, sign: str) -> None:
    """Also not in the last, whose lowest bits say nothing: a token has one spelling."""
    good = links.token(KEY, notice_id)
    other = good[:place] + sign + good[place + 1 :]
    assert (notice_id if other == good else None) == links.read((KEY,), other)
    good = links.short_token(KEY, notice_id)
    other = good[: place % 20] + sign + good[place % 20 + 1 :]
    assert (notice_id[:16] if other == good else None) == links.read_short((KEY,), other)


@given(st.text(max_size=80))
def test_no_other_text_is_a_token(text: str) -> None:
    """Whatever stands in the path: no notice, and no exception."""
    assert links.read((KEY,), text) is None
    assert links.read_short((KEY,), text) is None


@given(NOTICES)
def test_a_token_cut_short_grown_or_wrapped_is_none(notice_id: str) -> None:
    """Mail programs break lines and add signs."""
    good = links.token(KEY, notice_id)
    for other in (good[:-1], good + "A", good + "=", f" {good}", f"{good}\n", good.swapcase()):
        assert links.read((KEY,), other) is None or other == good


@given(NOTICES)
def test_a_withdrawn_key_and_no_key_at_all_open_nothing(notice_id: str) -> None:
    """Exchanging the key takes back every link."""
    assert links.read(("n" * 32,), links.token(KEY, notice_id)) is None
    assert links.read((), links.token(KEY, notice_id)) is None
    assert links.read_short(("n" * 32,), links.short_token(KEY, notice_id)) is None


def test_the_form_is_that_of_the_contract() -> None:
    """A token that is out in a mail stays good in the next version."""
    notice_id = "00112233445566778899aabbccddeeff"
    assert links.token(KEY, notice_id) == "3ABEiM0RVZneImaq7zN3u_46JUJrQpJaQMKU"
    assert links.short_token(KEY, notice_id) == "ABEiM0RVZndyG4Rnuvz5"
    assert links.page("https://zwgk.example/", "abc") == "https://zwgk.example/u/abc"


def test_a_notice_has_32_hexadecimal_digits() -> None:
    """Anything else is a fault of ours."""
    for text in ("", "00", "g" * 32, "A" * 32, "0" * 33):
        with pytest.raises(ValueError, match="no id of a notice"):
            links.token(KEY, text)


def test_keys_are_long_and_two_at_most() -> None:
    """`new,old` while one is exchanged."""
    assert links.keys("") == ()
    assert links.keys(KEY) == (KEY,)
    assert links.keys(f"{KEY}, {'o' * 32}") == (KEY, "o" * 32)
    for setting in ("short", f"{KEY},short", f"{KEY},", f"{KEY},{KEY},{KEY}"):
        with pytest.raises(ValueError, match="·"):
            links.keys(setting)
