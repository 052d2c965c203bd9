"""Sentences that more than one place says of an event: the rules, a ticket's story, letters. Pure."""

from __future__ import annotations

from typing import Final

CONTENT_CHANGED: Final = "内容已变化，原判定不再适用"  # a verdict has ended (rule D-20)
STILL_THERE: Final = "问题仍在，退回办理"  # a claim is not believed
SEEN_SINCE: Final = f"反馈后又被检出，{STILL_THERE}"  # nor is one about what was found since
