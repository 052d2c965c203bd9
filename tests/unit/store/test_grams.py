"""Pieces of texts: a word's are among those of every text in which it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.store.grams import folded, folded_lines, grams_of, grams_wanted, is_one

TEXTS = st.text(st.sampled_from("科技局错别字，。aAbB/.:1２Ｃ \u3000"), max_size=40)


@given(st.lists(TEXTS, max_size=3), st.data())
def test_whatever_stands_in_a_text_is_found(texts: list[str], data: st.DataObject) -> None:
    """Any part of any of the texts, of two characters and more: all pieces asked for are there."""
    whole = folded_lines(texts)
    line = data.draw(st.sampled_from(whole.split("\n")))
    start = data.draw(st.integers(0, len(line)))
    for word in line[start : data.draw(st.integers(start, len(line)))].split():
        if len(word) > 1:
            wanted = grams_wanted(word)
            assert wanted
            assert set(wanted) <= set(grams_of(whole))


@given(TEXTS, st.text(st.sampled_from("科技局错别字a/.1"), min_size=2, max_size=3))
def test_a_piece_stands_where_its_word_does(text: str, word: str) -> None:
    """Words that are a piece themselves need no second look: the text has the piece if, and only if, the word."""
    if is_one(word):
        whole = folded_lines([text])
        assert (set(grams_wanted(word)) <= set(grams_of(whole))) == (word in whole)


def test_one_spelling() -> None:
    """Full-width and half-width, capitals and small letters, and what nobody sees."""
    assert folded("ＯＡ系统\u3000Ｗｗｗ．KJJ.Gov.CN\x07") == "oa系统 www.kjj.gov.cn"
