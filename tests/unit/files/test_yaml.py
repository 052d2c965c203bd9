"""YAML as people write it."""

from __future__ import annotations

import pytest

from streams.files.yaml import YamlError, load_yaml


def test_yaml_reads_as_people_write_it() -> None:
    """Only true, false, null and plain numbers are anything but text."""
    text = "a: off\nb: 22:00\nc: 007\nd: 2026-02-13\ne: [true, 1, -1.5, ~, '']\nno: yes"
    assert load_yaml(text).data == {
        "a": "off",
        "b": "22:00",
        "c": "007",
        "d": "2026-02-13",
        "e": [True, 1, -1.5, None, ""],
        "no": "yes",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: the key 'a' stands here twice"),
        ("a: 1\n? [b]\n: 2", "line 2: a key must be a plain word"),
        ("a: &a [*a]", "line 0: nested too deeply"),
        ("a: !!python/object:os.system 1", "line 1: could not determine a constructor"),
        (
            "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
            + "\n".join(f"{k}: &{k} [{', '.join([f'*{j}'] * 10)}]" for j, k in zip("abcde", "bcdef", strict=True)),
            "more than 100000 values",
        ),
    ],
)
def test_yaml_that_is_ambiguous_or_hostile_is_refused(text: str, expected: str) -> None:
    """With the line, where there is one."""
    with pytest.raises(YamlError) as caught:
        load_yaml(text)
    assert expected in str(caught.value)


def test_every_value_knows_its_line() -> None:
    """A key's line, an item's line, and for what is not there the line around it."""
    document = load_yaml("a:\n  b: 1\n  c:\n    - x\n    - y\n")
    assert [document.line(path) for path in (("a",), ("a", "b"), ("a", "c", 1), ("a", "d"), ())] == [1, 2, 5, 1, 1]
