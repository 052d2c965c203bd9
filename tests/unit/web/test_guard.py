"""Who asks, how often, and with what kind of file name."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from streams.web.forms.reading import plain_name
from streams.web.guard.addresses import client_address
from streams.web.guard.rates import Rate

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ["1.2.3.4"], "203.0.113.9"),  # nobody's proxy: its word does not count
        ("10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["9.9.9.9, 1.2.3.4"], "1.2.3.4"),  # what stands further left may be made up
        ("10.0.0.1", ["9.9.9.9", "1.2.3.4, 10.0.0.2"], "1.2.3.4"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::1", ["::ffff:1.2.3.4"], "1.2.3.4"),
        ("", ["1.2.3.4"], ""),
    ],
)
def test_who_asks(peer: str, forwarded: list[str], client: str) -> None:
    """The rightmost address that is not a known proxy's."""
    assert client_address(peer, forwarded, PROXIES) == client


def test_how_often() -> None:
    """So many at once, and one more after its share of a minute; each key for itself."""
    now = 0.0
    rate = Rate(3, clock=lambda: now)
    assert [rate.allows("a") for _ in range(4)] == [True, True, True, False]
    assert rate.allows("b")
    assert rate.is_used_up("a")
    now = 20.0
    assert [rate.allows("a"), rate.allows("a")] == [True, False]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\wang\\整改.docx", "整改.docx"),
        ('a"; filename="b.html', "a; filename=b.html"),
        ("..", "附件"),
        ("\x00\r\nSet-Cookie: x", "x"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_the_name_of_a_file(sent: str, kept: str) -> None:
    """Without a path, a quote or anything that a header would obey."""
    assert plain_name(sent) == kept
