"""What is forgotten of a citizen's message, and what stays."""

import orjson
import pytest

from streams.rules.closing.retention import is_personal, without_people
from streams.rules.intake.intake import with_receipt

FACTS = {
    "received_at": "2026-03-02T09:00:00+08:00",
    "evidence": {
        "text": "我住在中山路 3 号，电话 13800000001",
        "asker": {"name": "王某"},
        "photos": ["a.jpg"],
        "message_kind": "simple",
        "content_hash": "abc",
        "days": 7,
        "answered": False,
    },
    "title": "王某的留言",
    "detail": "留言内容",
    "source": "crawler",
    "run_id": "run-1",
    "extra": {"note": "13800000001"},
}


def test_words_go_and_numbers_stay() -> None:
    """O-1: no word of the citizen's is left; what deadlines, verdicts and scores look at is."""
    left = without_people(orjson.dumps(FACTS).decode())
    assert orjson.loads(left) == {
        "received_at": "2026-03-02T09:00:00+08:00",
        "evidence": {"message_kind": "simple", "content_hash": "abc", "days": 7, "answered": False},
        "source": "crawler",
        "run_id": "run-1",
    }
    assert without_people(left) == left


def test_a_later_finding_still_finds_the_receipt() -> None:
    """The moment of receipt is carried on from pruned facts as from others (M-1)."""
    before = without_people(orjson.dumps(FACTS).decode())
    assert orjson.loads(with_receipt('{"evidence":{}}', before))["received_at"] == FACTS["received_at"]


@pytest.mark.parametrize(
    ("check", "personal"),
    [("message.unanswered", True), ("comment.unanswered", True), ("link.dead", False), ("messages.x", False)],
)
def test_whose_words_they_are(check: str, personal: bool) -> None:  # noqa: FBT001
    """Messages and comments are citizens'."""
    assert is_personal(check) is personal
