"""Nothing happens without a rule and a reason, and everything can be told (habit 2 of CONTRIBUTING.md, rule N-15)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from schemas.event import BODIES
from streams.cli.ticket_sentences import SENTENCES
from streams.cli.ticket_story import story
from streams.rules.silence import answers
from tests.contract.test_docs import DESCRIBED, page
from tests.contract.test_schemas_core import STORIES
from tests.support.dossiers import case_of, dossier_of
from tests.support.world import POLICY, ZONE

WORD = re.compile(r"[a-z][a-z_]*")
NO_SENTENCE_OF_ITS_OWN = {  # their summary is one, or they belong to no ticket
    "recheck_ignored", "run_held", "run_accepted", "run_rejected", "run_incomplete", "run_found_more",
    "calendar_missing", "provider_alarm",
}  # fmt: skip


@pytest.mark.parametrize("tale", STORIES)
def test_every_event_names_a_described_rule_and_a_stable_reason(tale: Any) -> None:
    """The number stands in docs/rules.md, the reason is a word, the summary a sentence."""
    described = set(DESCRIBED.findall(page("docs/rules.md")))
    for event in tale().events():
        assert event["rule"] in described, event
        assert WORD.fullmatch(event["reason"]), event
        assert event["summary"], event


@pytest.mark.parametrize("tale", STORIES)
def test_every_ticket_has_a_story_and_an_answer(tale: Any) -> None:
    """Each event of it is told in a sentence with its rule, in order of time; and somebody is told, or it says why."""
    world = tale()
    for ticket in world.tickets.values():
        dossier = dossier_of(world, ticket)
        told = story(dossier, POLICY, ZONE)
        assert [one.rule for one in told if one.rule] == [event["rule"] for event in dossier.events]
        assert [one.at for one in told] == sorted(one.at for one in told)
        assert all(one.text.endswith("。") and "None" not in one.text for one in told), told
        assert answers(case_of(world, ticket))


def test_what_an_event_brings_is_told() -> None:
    """A type with fields of its own has a sentence of its own."""
    assert set(BODIES) - set(SENTENCES) == NO_SENTENCE_OF_ITS_OWN
