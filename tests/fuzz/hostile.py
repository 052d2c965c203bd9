"""Values that have hurt somebody: texts, numbers, nested documents; and how many cases a run has.

`FUZZ_CASES` says how many inputs each part of the fuzz makes up; without it a few, so that `make test` stays short.
"""

from __future__ import annotations

import os
import random
from typing import Any, Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

CASES: Final = int(os.environ.get("FUZZ_CASES", "0"))
PROOF: Final = str(31321 * 31321)  # what a template would make of the next
TEMPLATE: Final = "{{ 31321 * 31321 }}"

TEXTS: Final = (
    "",
    " ",
    "a\0b",
    "\ud800",
    "\udfff tail",
    "\u202egpj.exe",
    "\u2066abc\u2069",
    "\ufeffbom",
    "a\r\nBcc: evil@example.com\r\n\r\nbody",
    "subject\nX-Evil: 1",
    "a\rb",
    "a\u2028b\u2029c\x85d",
    TEMPLATE,
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "${7*7} #{7*7} <%= 7*7 %> %s %(name)s {0.__class__} {asset}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></table><a href='javascript:alert(1)'>请点击</a>",
    "<!-- --> <![CDATA[ ]]> &lt;b&gt; &#0;",
    "'; drop table tickets; --",
    '" or 1=1 --',
    "%' union select 1, 2 --",
    "$1 ? :name %s",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "../../etc/passwd",
    "https://a.gov.cn:99999999/",
    "http://[::1/",
    "http://a.gov.cn/%00%zz?=&&#",
    "//\\\\:@@",
    "javascript:alert(1)",
    "\U0001f4a9" * 40,
    "e" + "\u0301" * 200,
    "字" * 60,
    "NaN",
    "-Infinity",
    "1e400",
    "null",
    "true",
    "0x1F",
    "９９９",
    "2026-02-30T25:61:61+99:99",
    "0000-00-00",
    "9999-12-31T23:59:59.999999999Z",
    "1969-12-31T23:59:59+08:00",
    "2026-03-02T09:00:00",
    "--boundary--",
    "=_rectify_mixed",
    "=?utf-8?b?ZXZpbEBleGFtcGxlLmNvbQ==?=",
    "a@b.cn, c@d.cn",
    "<a@b.cn>",
    '"a\\" b"@c.cn',
    "BEGIN:VEVENT\r\nEND:VEVENT",
    "[link](http://evil.example) **bold** <at id=all></at> @all",
)
NUMBERS: Final = (
    0, -1, 1, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**30,
    -(10**30), 10**308, 1e308, 5e-324, -0.0, 0.1, float("inf"), float("-inf"), float("nan"), 3_650, 3_651, 200, 404,
)  # fmt: skip


def _long(seed: int) -> str:
    """Text that does not compress: what an index row of a database cannot hold shows only then."""
    chance = random.Random(seed)  # noqa: S311 - repeatable
    size = chance.choice((255, 256, 257, 2_047, 2_048, 2_049, 8_191, 8_192, 8_193, 12_000))
    return "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(size))


def _deep(depth: int) -> Any:
    value: Any = "leaf"
    for level in range(depth):
        value = [value] if level % 2 else {"n": value}
    return value


texts = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(TEXTS),
    st.text(max_size=30),
    st.builds("".join, st.lists(st.sampled_from(TEXTS), min_size=2, max_size=4)),
    st.integers(0, 10_000).map(_long),
)
numbers = st.one_of(st.sampled_from(NUMBERS), st.integers(), st.floats())
scalars = st.one_of(texts, texts, numbers, st.booleans(), st.none())
documents = st.one_of(
    scalars,
    st.lists(scalars, max_size=4),
    st.dictionaries(texts, scalars, max_size=4),
    st.dictionaries(st.sampled_from(("url", "snippet", "parts", "places", "missing", "target", "word")), scalars),
    st.integers(1, 60).map(_deep),
    st.just([{}] * 300),
)


def cases(short: int, share: float = 1.0, *, batch: int = 1) -> settings:
    """How many examples a test runs: `short` ones, or its share of FUZZ_CASES; `batch` inputs each.

    Seeded: the same code meets the same cases.
    """
    many = max(1, int(CASES * share) // batch) if CASES else short
    return settings(
        max_examples=many,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
