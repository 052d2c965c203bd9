"""The file of webhooks: what it takes, and every fault of it at once; a secret never stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.files.faults import FileError
from streams.files.webhooks import Webhook, check_webhooks, load_secrets

GOOD = """
szfb: {unit: szfb, url: "https://oa.example.gov.cn/rectify", secret: "env:SZFB"}
screen: {url: "http://10.1.2.3:8080/in", secret: "env:SZFB", private: true}
"""


def webhooks(folder: Path, text: str) -> list[Webhook]:
    """The webhooks of a file."""
    path = folder / "webhooks.yaml"
    path.write_text(text, encoding="utf-8")
    return check_webhooks(path)


def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose, where, inside or not; the secret is read where something is posted, and is long enough."""
    found = webhooks(tmp_path, GOOD)
    assert found == [
        Webhook("szfb", "szfb", "https://oa.example.gov.cn/rectify", "env:SZFB", private=False),
        Webhook("screen", None, "http://10.1.2.3:8080/in", "env:SZFB", private=True),
    ]
    assert check_webhooks(None) == []
    monkeypatch.setenv("SZFB", "s" * 32)
    assert load_secrets(tmp_path / "webhooks.yaml", found) == {"szfb": b"s" * 32, "screen": b"s" * 32}
    monkeypatch.setenv("SZFB", "short")
    with pytest.raises(FileError, match="32 characters or more must be kept in"):
        load_secrets(tmp_path / "webhooks.yaml", found)


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ('{url: "http://oa.example/in", secret: "env:A"}', "https, or `private: true`"),
        ('{url: "ftp://oa.example/in", secret: "env:A"}', "expected https://host/path"),
        ('{url: "https://u:p@oa.example/in", secret: "env:A"}', "without a password"),
        ('{url: "https://[::1/in", secret: "env:A"}', "expected https://host/path"),
        ('{url: "https://oa.example:x/in", secret: "env:A"}', "expected https://host/path"),
        ('{url: "https://oa.example/in", secret: "sesame"}', "a secret is not written down here"),
        ('{url: "https://oa.example/in"}', "a text is needed"),
        ('{url: "https://oa.example/in", secret: "env:A", unit: ""}', "a text is needed"),
        ('{url: "https://oa.example/in", secret: "env:A", private: 1}', "expected true or false"),
        ('{url: "https://oa.example/in", secret: "env:A", units: [a]}', "expected one of unit, url, secret, private"),
    ],
)
def test_what_it_refuses(tmp_path: Path, record: str, said: str) -> None:
    """Each fault names its line and field; a secret is not repeated."""
    with pytest.raises(FileError) as raised:
        webhooks(tmp_path, f"szfb: {record}\n")
    assert said in str(raised.value)
    assert "sesame" not in str(raised.value)
