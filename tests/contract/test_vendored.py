"""What the pages bring along of others: unchanged, and with its licence."""

from __future__ import annotations

import re
from hashlib import sha256

from streams.web.templating import STATIC

LICENSES = STATIC / "licenses"


def test_what_is_of_others_is_as_published() -> None:
    """Every script that is not ours stands in the list with its hash and its licences, which are there."""
    text = (LICENSES / "README.txt").read_text("utf-8")
    told = dict(re.findall(r"^(\S+\.js) .*\n  ([0-9a-f]{64})$", text, re.MULTILINE))
    theirs = {path.name for path in STATIC.glob("*.js")} - {"enhance.js", "charts.js"}
    assert told == {name: sha256((STATIC / name).read_bytes()).hexdigest() for name in theirs}
    assert {path.name for path in LICENSES.iterdir()} == {"README.txt", *re.findall(r"[\w-]+\.txt", text)}
