"""The demonstration's story, as it is told while it is played."""

from __future__ import annotations

import io

from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from streams.demo.notices import notices
from streams.demo.registry import records
from streams.demo.scenario import END, cues
from streams.demo.story import Story
from tests.support.snapshots import TextFile
from tests.support.world import POLICY
from tests.unit.demo.test_storyboard import played


def test_story(snapshot: SnapshotAssertion) -> None:
    """Its chapters and everything but mails and short messages, which need their servers, 80 places wide."""
    account, text = played(), io.StringIO()
    names = {fields["asset_id"]: fields["name"] for key, fields in records(notices()) if key.startswith("asset:")}
    story = Story([Console(file=text, width=80)], POLICY, names, lambda ticket: account.tickets[ticket]["check"])
    for cue in cues():
        if cue.title:
            story.chapter(cue.at, cue.title)
    for event in account.events:
        story.hear(event)
    for at in (*(cue.at for cue in cues()), END):
        story.flush(at)
    assert text.getvalue() == snapshot(extension_class=TextFile)
