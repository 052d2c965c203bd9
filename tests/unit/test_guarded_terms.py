"""What a pack says about guarded periods."""

from pathlib import Path

import pytest

from schemas.policy import Policy
from streams.files.policy.loading import PolicyError, load_policy

HEAD = "pack: province\nversion: 1\ntitle: 某省\nextends: default\n"
DEFAULT = load_policy()
OPENED = "{name: opened, title: 整改通知, at: {anchor: opening}, to: [duty], channels: [email]}"


def pack(folder: Path, text: str) -> Policy:
    """A pack that extends the default by this."""
    path = folder / "province.yaml"
    path.write_text(HEAD + text, "utf-8")
    return load_policy(path)


def test_the_default_shortens_nothing_and_exempts() -> None:
    """Each with who ruled it; the ladder is the ordinary one."""
    guarded = DEFAULT.guarded
    assert [(choice.value, choice.sure, bool(choice.basis)) for choice in (guarded.shorten, guarded.exempt)] == [
        (False, "D", True),
        (True, "D", True),
    ]
    assert DEFAULT.ladder_of(True) is DEFAULT.ladder_of(False) is DEFAULT.ladder


def test_a_pack_changes_one_entry(tmp_path: Path) -> None:
    """In words or in one word; the other entries stay."""
    policy = pack(tmp_path, "guarded: {shorten: {value: true, sure: O, basis: 本省通知}}")
    assert (policy.guarded.shorten.value, policy.guarded.shorten.sure) == (True, "O")
    assert policy.guarded.exempt == DEFAULT.guarded.exempt
    assert pack(tmp_path, "guarded: {exempt: false}").guarded.exempt.value is False


def test_the_checks_with_an_amount_of_their_own(tmp_path: Path) -> None:
    """By rule or by variant; None when unknown codes have one too."""
    assert DEFAULT.guarded_checks is not None
    assert "link.dark" in DEFAULT.guarded_checks
    assert "text.typo" not in DEFAULT.guarded_checks
    variant = "{when: {home_page: true}, deadline: 1 working day, guarded: 2 hours}"
    policy = pack(tmp_path, f"checks:\n  text.typo:\n    variants: [{variant}]")
    assert policy.guarded_checks == DEFAULT.guarded_checks | {"text.typo"}
    assert policy.rule("text.typo").is_guarded({"home_page": True})
    assert not policy.rule("text.typo").is_guarded({})
    assert (
        pack(tmp_path, "default_check: {name: 其他, deadline: 5 working days, guarded: 1 hour}").guarded_checks is None
    )


@pytest.mark.parametrize(
    ("ladder", "expected"),
    [
        ("[]", ":5: guarded.ladder: a ladder has at least one step"),
        (
            f"[{OPENED}, {{name: urge, title: 催办, at: {{anchor: supervise}}}}]",
            ":5: guarded.ladder: step 'urge': the anchor 'supervise' is none of due, half, opened, opening",
        ),
        (
            "[{name: urge, title: 催办, at: {anchor: due}}]",
            ":5: guarded.ladder: the first step is the opening, `at: {anchor: opening}`; 'urge' comes later",
        ),
    ],
    ids=["empty", "anchor", "no opening"],
)
def test_a_ladder_that_cannot_be_climbed_is_named_with_its_line(tmp_path: Path, ladder: str, expected: str) -> None:
    """As the ordinary one."""
    with pytest.raises(PolicyError) as error:
        pack(tmp_path, f"guarded: {{ladder: {ladder}}}")
    assert str(error.value).removeprefix(str(tmp_path / "province.yaml")) == expected
