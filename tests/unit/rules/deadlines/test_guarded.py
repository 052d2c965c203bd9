"""What a pack says about guarded periods."""

from pathlib import Path

from schemas.policy import Policy
from streams.files.policy.loading import load_policy

HEAD = "pack: province\nversion: 1\ntitle: 某省\nextends: default\n"
DEFAULT = load_policy()


def pack(folder: Path, text: str) -> Policy:
    """A pack that extends the default by this."""
    path = folder / "province.yaml"
    path.write_text(HEAD + text, "utf-8")
    return load_policy(path)


def test_the_default_exempts() -> None:
    """With who ruled it."""
    exempt = DEFAULT.guarded.exempt
    assert (exempt.value, exempt.sure, bool(exempt.basis)) == (True, "D", True)


def test_a_pack_changes_one_entry(tmp_path: Path) -> None:
    """In words or in one word."""
    policy = pack(tmp_path, "guarded: {exempt: {value: false, sure: O, basis: 本省通知}}")
    assert (policy.guarded.exempt.value, policy.guarded.exempt.sure) == (False, "O")
    assert pack(tmp_path, "guarded: {exempt: false}").guarded.exempt.value is False
