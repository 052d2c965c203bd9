"""Nothing happens without a rule and a reason, and everything can be told (habit 2 of CONTRIBUTING.md, rule N-15)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.event import BODIES
from streams.presentation.ticket.sentences import SENTENCES
from streams.presentation.ticket.story import story
from streams.presentation.why_not_sent import answers
from tests.contract.test_docs import ROOT, RULES
from tests.contract.test_schemas_core import STORIES
from tests.support.dossiers import case_of, dossier_of
from tests.support.world import POLICY, ZONE

WORD = re.compile(r"[a-z][a-z_]*")
NO_SENTENCE_OF_ITS_OWN = {  # their summary is one, or they belong to no ticket
    "recheck_ignored", "run_held", "run_accepted", "run_rejected", "run_incomplete", "run_found_more", "run_settled",
    "calendar_missing", "provider_alarm", "webhook_given_up", "dead_letters_limited", "producer_silent",
}  # fmt: skip


def cuts(code: str) -> Iterator[int]:
    """The lines that do anything with an event's summary but show it: in a text, or by `say`, or instead of nothing."""
    tree = ast.parse(code)
    above = {below: node for node in ast.walk(tree) for below in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(slice=ast.Constant("summary"), ctx=ast.Load()):
                use = above[node]
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant("summary"), *_]):
                use = above[node]
            case _:
                continue
        match use:
            case ast.FormattedValue() | ast.Call(func=ast.Name("say")):
                continue
            case ast.Call(func=ast.Attribute(attr="get"), args=[_, default]) if default is node:
                continue
        yield node.lineno


@pytest.mark.parametrize("tale", STORIES)
def test_every_event_names_a_described_rule_and_a_stable_reason(tale: Any) -> None:
    """The number stands in docs/rules, the reason is a word, the summary a sentence."""
    described = {rule.number for rule in RULES}
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


@pytest.mark.parametrize("folder", ["streams", "notifiers", "schemas"])
def test_no_summary_is_taken_apart(folder: str) -> None:
    """A summary is made in one place and shown as it is; only a migration parts those of before, once."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        assert path.parent.name == "versions" or not [*cuts(path.read_text())], path


@pytest.mark.parametrize(
    "code",
    [
        "str(event['summary']).removeprefix(f'{asset.name}：')",
        "event['summary'].partition('：')[2]",
        "event.get('summary', '')[len(name):]",
        "re.sub('^.*：', '', event['summary'])",
        "text = event['summary']",
    ],
)
def test_what_takes_a_summary_apart_is_found(code: str) -> None:
    """Also the first step towards it: under another name."""
    assert [*cuts(code)] == [1]


def test_what_an_event_brings_is_told() -> None:
    """A type with fields of its own has a sentence of its own."""
    assert set(BODIES) - set(SENTENCES) == NO_SENTENCE_OF_ITS_OWN
