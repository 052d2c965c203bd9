"""Every letter to every reader, as it goes out: who is addressed as 贵单位, and whether its link opens at that time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from streams.presentation.letters.letter import KINDS
from streams.presentation.letters.render import render_mail, render_sms
from tests.support.installation import Sent
from tests.support.pages import Pages, pages_on
from tests.support.world import ZONE

LINK = re.compile(r"https://zwgk\.example(/u/[\w-]+)")
UNITS: Mapping[str, tuple[tuple[str, str, str], ...]] = {  # name, role, address before the @
    "gov": (("孙督查", "duty", "sun"),),
    "kjj": (("李值守", "duty", "li"), ("王局长", "head", "wang")),
    "ltj": (),  # nobody can be told there
    "tjj": (("钱走了", "duty", "gone"),),  # no server knows him
}
READERS = {f"{who}@{unit}.gov.cn": (unit, role) for unit, people in UNITS.items() for _, role, who in people}
OWNERS = ("kjj", "ltj", "tjj")
DUTY, HEAD, ABOVE, STANDS_IN = "duty", "head", "supervising unit", "in the owner's place"
TABLE: Mapping[str, set[str]] = {
    "opened": {DUTY, STANDS_IN},
    "reminder": {DUTY, STANDS_IN},
    "urge": {DUTY, STANDS_IN},
    "supervise": {HEAD, ABOVE},
    "bulletin": {ABOVE},
    "reopened": {DUTY, STANDS_IN},
    "sent_back": {DUTY, STANDS_IN},
    "reassigned": {DUTY, STANDS_IN},
    "closed": {DUTY, STANDS_IN},
    "asked": {ABOVE},
    "ask_unanswered": {ABOVE},
    "answered": {DUTY, STANDS_IN},
    "run_held": {ABOVE},
    "recheck_unanswered": {ABOVE},
}
"""Who gets which letter."""


class Post:
    """Reads every letter when it goes out."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.told: dict[str, set[str]] = {}
        self._read = 0

    async def read(self) -> None:
        """All that has gone out since."""
        await self.pages.installation.catch_up()
        sent = self.pages.installation.sent
        for one in sent[self._read :]:
            await self._look_at(one)
        self._read = len(sent)

    async def _look_at(self, sent: Sent) -> None:
        letter = sent.letter
        unit, role = READERS[sent.address]
        owners = {str(item.ticket["unit_id"]) for item in letter.items}
        mail = render_mail(letter)
        text = "\n".join((mail.subject, mail.text, mail.html, render_sms(letter)))
        where = f"{sent.at}: {[item.kind for item in letter.items]} to {sent.address}"
        if owners != {unit}:
            assert "贵单位" not in text, where
        if owners != {unit} or role == "head":
            assert "/u/" not in text, where
        links = set(LINK.findall(text))
        assert len(links) <= 1, where
        for link in links:
            page = await self.pages.client.get(link)
            assert page.status_code == 200, where
            assert any(str(item.ticket["ticket_id"]) in page.text for item in letter.items), where
        for item in letter.items:
            reader = role if unit in owners else STANDS_IN if item.standing_in else ABOVE
            self.told.setdefault(item.kind, set()).add(reader)

    async def days(self, count: int) -> None:
        """The mornings of so many days."""
        for _ in range(count):
            at = self.pages.installation.clock.at.astimezone(ZONE)
            morning = (at + timedelta(days=1)).replace(hour=9, minute=40)
            self.pages.forward(seconds=(morning - at).total_seconds())
            await self.read()


async def settle(pages: Pages, post: Post) -> None:
    """What waits to be gathered has gone."""
    pages.forward(minutes=30)
    await post.read()


def open_ticket(pages: Pages, unit: str, check: str) -> dict[str, Any]:
    """The unit's ticket of this check."""
    return next(
        one
        for one in pages.desk.tickets().values()
        if (one["unit_id"], one["check"]) == (unit, check) and one["status"] not in ("closed", "dismissed")
    )


async def command(pages: Pages, action: str, ticket: dict[str, Any], **fields: Any) -> None:
    """Somebody acts on a ticket, and what that says has been published."""
    await pages.installation.command(action, ticket, **fields)
    pages.desk.published("")


async def found(pages: Pages, unit: str, check: str, places: int = 1) -> None:
    """A run finds it, at so many places."""
    seen = {"observed_at": pages.installation.now(), "source": "crawler", "check": check, "asset_id": f"{unit}-site"}
    await pages.desk.send(
        *({**seen, "locator": f"https://{unit}.gov.cn/{check}/{number}", "title": "问题"} for number in range(places))
    )
    pages.desk.published("")


async def test_every_letter_to_every_reader(sqlite_database: str, tmp_path: Path) -> None:
    """Nobody but the owner's contacts is 贵单位 or has a link, and every link opens when its letter arrives (N-61)."""
    async with pages_on(sqlite_database, tmp_path, pages_url="https://zwgk.example") as pages:
        post = Post(pages)
        pages.installation.unknown = {"gone@tjj.gov.cn"}
        for unit, people in UNITS.items():
            contacts = [{"name": name, "role": role, "email": f"{who}@{unit}.gov.cn"} for name, role, who in people]
            above = {"supervisor_id": "gov"} if unit in OWNERS else {}
            await pages.desk.register(f"unit:{unit}", unit_id=unit, name=f"市{unit}单位", contacts=contacts, **above)
        for unit in OWNERS:
            await pages.desk.register(
                f"asset:{unit}-site", asset_id=f"{unit}-site", name=f"{unit}网站", kind="website", unit_id=unit
            )
        for unit in OWNERS:
            for check in ("link.dead", "text.typo", "link.wrong", "footer.missing"):
                await found(pages, unit, check)
        await settle(pages, post)
        for unit in OWNERS:
            asks = open_ticket(pages, unit, "link.dead")
            await command(pages, "ask", asks, kind="extension", working_days=3, reason="需要采购", by="张三")
            claims = open_ticket(pages, unit, "text.typo")
            await command(pages, "claim_fix", claims, measures="已经改正错字", by="张三")
            await command(pages, "send_back", claims, reason="仍有错字", by="赵敏")
            moves = open_ticket(pages, unit, "footer.missing")
            await command(
                pages, "reassign", moves, unit_id=OWNERS[(OWNERS.index(unit) + 1) % 3], reason="转派", by="赵敏"
            )
            closes = open_ticket(pages, unit, "link.wrong")
            await command(pages, "close", closes, reason="已核实", by="赵敏")
            await settle(pages, post)
            await command(pages, "reopen", closes, reason="仍然存在", by="赵敏")
        await settle(pages, post)
        await post.days(4)
        for unit in OWNERS:
            await command(
                pages, "extend", open_ticket(pages, unit, "link.dead"), working_days=3, reason="同意", by="赵敏"
            )
            await command(pages, "claim_fix", open_ticket(pages, unit, "text.typo"), measures="已经改正错字", by="张三")
        await found(pages, "kjj", "content.misplaced", 25)
        await settle(pages, post)
        await pages.desk.send(
            {
                "type": "run", "asset_id": "kjj-site", "run_id": "r2", "source": "crawler", "status": "complete",
                "started_at": pages.installation.now(), "finished_at": pages.installation.now(),
                "checks": ["content.misplaced"],
            }
        )  # fmt: skip
        await pages.installation.wait(600)
        await post.days(32)
    assert post.told == TABLE
    assert set(TABLE) == set(KINDS)
