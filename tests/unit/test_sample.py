"""The sample of a held run: what is asked for and what is answered (C-21, R-37)."""

from __future__ import annotations

import pytest

from streams.rules.state.sample import Absent, Sample, Unanswered, sample_of, with_sample
from tests.support.ledger import run

HELD = run(1)._replace(state="held", sample_json=None)


@pytest.mark.parametrize(
    ("text", "sample"),
    [
        (None, {}),
        ('{"held-1":"2-aa","held-2":"2-bb"}', {"held-1": Unanswered("2-aa"), "held-2": Unanswered("2-bb")}),
        (
            '{"held-1":null,"held-2":"","held-3":"2-cc"}',
            {"held-1": Absent(by_itself=False), "held-2": Absent(by_itself=True), "held-3": Unanswered("2-cc")},
        ),
    ],
)
def test_it_is_stored_as_before(text: str | None, sample: Sample) -> None:
    """Both ways, byte for byte, in the order of the requests."""
    assert list(sample_of(HELD._replace(sample_json=text)).items()) == list(sample.items())
    assert with_sample(HELD, sample).sample_json == text
