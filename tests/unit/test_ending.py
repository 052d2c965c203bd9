"""What a problem keeps of its end: every kind is read as it was written, and written as it was stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rules.closing.retention import end_without_words
from streams.rules.state.ending import (
    CountProof,
    Ending,
    Gone,
    Noted,
    PersonProof,
    RecheckProof,
    RunProof,
    Verdict,
    is_silence_of,
    lasting,
    published,
    read,
    write,
)

AT: Final = "2026-03-02T10:00:00+08:00"
RUN: Final = RunProof("crawler", "r7", "2026-03-02T10:20:00+08:00", None, AT)
RECHECK: Final = RecheckProof("prober", "q1", {"http_status": 200}, AT, vouched=True)
RUN_TEXT: Final = (
    '{"kind":"run","source":"crawler","run_id":"r7","finished_at":"2026-03-02T10:20:00+08:00","accepted_by":null,'
    f'"observed_at":"{AT}"}}'
)
RECHECK_TEXT: Final = (
    f'{{"kind":"recheck","source":"prober","request_id":"q1","evidence":{{"http_status":200}},"observed_at":"{AT}",'
    '"vouched":true}'
)


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        (None, Noted()),
        (RUN_TEXT, Gone(RUN)),
        (RECHECK_TEXT, Gone(RECHECK)),
        (f'{RUN_TEXT[:-1]},"back":["{AT}"],"later":[{RECHECK_TEXT}]}}', Gone(RUN, back=(AT,), later=(RECHECK,))),
        (
            f'{{"kind":"person","by":"张三","reason":"已核实","evidence":null,"also":[{RUN_TEXT}]}}',
            Gone(PersonProof("张三", "已核实", None), also=(RUN,)),
        ),
        (
            f'{{"kind":"count","evidence":{{"count":3}},"observed_at":"{AT}"}}',
            Gone(CountProof({"count": 3}, AT)),
        ),
        (
            f'{{"kind":"noted","absent":[{RUN_TEXT}],"back":["{AT}"],"later":[{RECHECK_TEXT}]}}',
            Noted((RUN,), (AT,), (RECHECK,)),
        ),
        (
            '{"kind":"verdict","at":"2026-03-02T02:00:00+00:00","content_hash":"9f"}',
            Verdict(datetime(2026, 3, 2, 2, tzinfo=UTC), None, "9f"),
        ),
        (
            '{"kind":"verdict","at":"2026-03-02T02:00:00+00:00","until":"2026-04-01T15:59:59+00:00"}',
            Verdict(datetime(2026, 3, 2, 2, tzinfo=UTC), datetime(2026, 4, 1, 15, 59, 59, tzinfo=UTC), None),
        ),
    ],
)
def test_every_kind_is_stored_as_before(text: str | None, ending: Ending) -> None:
    """Both ways, byte for byte."""
    assert read(text) == ending
    assert write(ending) == text


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        (f'{{"kind":"noted","later":{RECHECK_TEXT}}}', Noted(later=(RECHECK,))),
        (f'{{"kind":"noted","absent":[{RUN_TEXT}],"lacking":"second_needed"}}', Noted((RUN,))),
        (f'{RUN_TEXT[:-1]},"verified":"two_sources","also":[{RECHECK_TEXT}]}}', Gone(RUN, (RECHECK,))),
        (
            '{"kind":"run","source":"crawler","run_id":"r7","finished_at":"2026-03-02T10:20:00+08:00"}',
            Gone(RUN._replace(observed_at="2026-03-02T10:20:00+08:00")),
        ),
        ('{"kind":"person","by":"张三","evidence":{}}', Gone(PersonProof("张三", None, {}))),
    ],
)
def test_what_earlier_versions_stored_is_read(text: str, ending: Ending) -> None:
    """One recheck heard and no list, verification's leftovers, a proof without its moment, a person's reason pruned."""
    assert read(text) == ending
    assert read(write(ending)) == ending


@pytest.mark.parametrize(
    "text",
    ['{"kind":"photo","source":"crawler"}', f'{{"kind":"noted","later":[{{"kind":"person","observed_at":"{AT}"}}]}}'],
)
def test_what_nobody_has_stored_is_no_recheck(text: str) -> None:
    """A kind of a later version, or a person among what was observed: a fault that names it, not another meaning."""
    with pytest.raises(ValueError, match=r"no kind of proof: '(photo|person)'"):
        read(text)


def test_a_verdict_that_nothing_ends_keeps_nothing() -> None:
    """Neither a date nor content that may change."""
    assert write(Verdict(datetime(2026, 3, 2, tzinfo=UTC), None, None)) is None


def test_what_outlives_an_end() -> None:
    """When it came back, and what else was heard; of a verdict nothing."""
    assert lasting(write(Gone(RUN, (RECHECK,), (AT,), (RECHECK,)))) == Noted((), (AT,), (RECHECK,))
    assert lasting(write(Verdict(datetime(2026, 3, 2, tzinfo=UTC), None, "9f"))) == Noted()


@pytest.mark.parametrize(
    ("ending", "source", "run_id", "is_its"),
    [
        (Gone(RUN), "crawler", "r7", True),
        (Gone(RUN), "crawler", "r8", False),
        (Gone(RUN), "prober", "r7", False),
        (Gone(RECHECK), "prober", "q1", False),
        (Noted((RUN,)), "crawler", "r7", False),
    ],
)
def test_whose_silence_it_is(ending: Ending, source: str, run_id: str, is_its: bool) -> None:  # noqa: FBT001
    """A late finding of the very run whose silence was the proof takes it back (D-9)."""
    assert is_silence_of(write(ending), source, run_id) is is_its


def test_who_vouches_is_not_published() -> None:
    """The event has the proof's other fields, in their order."""
    assert list(published(RECHECK)) == ["kind", "source", "request_id", "evidence", "observed_at"]
    assert orjson.dumps(published(RUN)).decode() == RUN_TEXT


def test_words_are_forgotten_and_figures_stay() -> None:
    """O-1: answers and a person's reason go, in the proof and in what is kept beside it; who, when and how stay."""
    wordy = RECHECK._replace(evidence={"answer": "致电 13800000001", "days": 7})
    bare = RECHECK._replace(evidence={"days": 7})
    assert end_without_words(write(Gone(wordy, (wordy,), (AT,), (wordy, RUN)))) == write(
        Gone(bare, (bare,), (AT,), (bare, RUN))
    )
    assert end_without_words(write(Noted((wordy,), (AT,), (wordy,)))) == write(Noted((bare,), (AT,), (bare,)))
    result = Gone(PersonProof("张三", "已致电王某", {"by_phone": True, "number": "13800000001"}))
    assert end_without_words(write(result)) == write(Gone(PersonProof("张三", None, {"by_phone": True})))
    assert end_without_words(None) is None


TEXTS: Final = st.none() | st.text(min_size=1, max_size=5)
MOMENTS: Final = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
FACTS: Final = st.none() | st.dictionaries(st.text(max_size=3), st.integers(-9, 9) | st.text(max_size=3), max_size=2)
OBSERVED: Final = st.one_of(
    st.builds(RunProof, TEXTS, TEXTS, st.none() | MOMENTS, TEXTS, MOMENTS),
    st.builds(RecheckProof, TEXTS, TEXTS, FACTS, MOMENTS, st.booleans()),
)
LISTS: Final = st.lists(OBSERVED, max_size=2).map(tuple)
BACK: Final = st.lists(MOMENTS, max_size=2).map(tuple)


@given(
    st.one_of(
        st.builds(Noted, LISTS, BACK, LISTS),
        st.builds(
            Gone,
            OBSERVED | st.builds(PersonProof, TEXTS, TEXTS, FACTS) | st.builds(CountProof, FACTS, MOMENTS),
            LISTS,
            BACK,
            LISTS,
        ),
        st.builds(Verdict, st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)), TEXTS),
    )
)
def test_what_is_written_is_what_is_read(ending: Ending) -> None:
    """Whatever is in it."""
    assert read(write(ending)) == ending
