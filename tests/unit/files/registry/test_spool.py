"""Records wait on disk, and keys that stand twice are found without keeping them all."""

from __future__ import annotations

import pytest

from streams.files.registry.spool import Repeated, Spool


def filled(keys: list[str]) -> Spool:
    """A spool with a record for each key."""
    spool = Spool()
    for line, key in enumerate(keys, 1):
        spool.add(key, f"line {line}", "编号", b'{"name":"a\\tb"}')
    return spool


def test_records_come_back_in_their_order() -> None:
    """As often as one likes."""
    spool = filled(["asset:b", "unit:一", "asset:a"])
    for _ in range(2):
        assert list(spool) == [(key, b'{"name":"a\\tb"}') for key in ("asset:b", "unit:一", "asset:a")]
    assert (spool.records, list(spool.repeated())) == (3, [])


def test_only_what_was_there_before_is_repeated() -> None:
    """Each time that it comes, with where it stood first; it is handed out once."""
    keys = [f"asset:{number}" for number in range(1_000)]
    spool = filled([*keys, "asset:5", "asset:999", "asset:5"])
    assert list(spool.repeated()) == [
        Repeated("asset:5", "line 1001", "编号", "line 6"),
        Repeated("asset:999", "line 1002", "编号", "line 1000"),
        Repeated("asset:5", "line 1003", "编号", "line 6"),
    ]
    assert ([key for key, _ in spool], spool.records) == (keys, 1_003)


def test_a_full_disk_is_a_fault_of_the_disk() -> None:
    """As every reader of files knows it, with what to do; the file is not blamed."""
    spool = Spool()
    spool._sql.execute("pragma max_page_count = 8")

    def fill() -> None:
        for number in range(1_000):
            spool.add(f"unit:{number}", f"line {number}", "编号", b"{}" * 100)

    with pytest.raises(OSError, match=r"disk is full in the folder of temporary files.*TMPDIR"):
        fill()
