"""The ticket on the terminal: its story and how timely it was settled."""

from __future__ import annotations

import pytest

from streams.cli.ticket.sheet import print_sheet
from tests.support.dossiers import dossier_of
from tests.support.world import POLICY, ZONE, World

MESSAGE = {"asset_id": "site", "check": "message.zhaocuo", "locator": "zc-1"}


def sheet(world: World, capsys: pytest.CaptureFixture[str]) -> str:
    """The only ticket of a world, as `rectify ticket show` prints it."""
    print_sheet(dossier_of(world, world.ticket()), POLICY, world.now.astimezone(ZONE))
    return capsys.readouterr().out


def answer(world: World, at: str) -> None:
    """The answer is seen."""
    world.until(at)
    answer = {"type": "recheck", "outcome": "absent", "observed_at": world.now.isoformat()}
    world.send({**MESSAGE, **answer})


def test_a_ticket_tells_its_lines_and_how_timely_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    """M-2, M-5: answered after the month; sent back, and answered in time in the second round."""
    world = World("2026-03-02 10:00")
    world.send({**MESSAGE, "observed_at": world.now.isoformat(), "received_at": world.now.isoformat()})
    world.until("2026-04-03 10:00")
    told = sheet(world, capsys)
    assert "规则 message.zhaocuo，自 2026-03-02 10:00 起" in told
    assert "2026-04-03 00:00  「我为政府网站找错」留言超过1个月未办结，越过扣分线，依据：" in told
    answer(world, "2026-04-07 10:00")
    assert "办结  2026-04-07 10:00，复查确认问题已不存在，超过扣分线" in sheet(world, capsys)
    world.command(action="reopen", asset_id="site", ticket_id=world.ticket().ticket_id, reason="答复质量差")
    assert "办结" not in sheet(world, capsys).partition("经过")[0]
    answer(world, "2026-04-08 10:00")
    told = sheet(world, capsys)
    assert "办结  2026-04-08 10:00，复查确认问题已不存在，按期" in told
    assert "张三 决定重开，理由：答复质量差。" in told


def test_a_derived_veto_lists_its_parts(capsys: pytest.CaptureFixture[str]) -> None:
    """V-2: each with where it is, since when, and its own ticket."""
    world = World("2026-03-02 10:00")
    for number in range(5):
        place = {"asset_id": "site", "check": "column.blank", "locator": f"栏目{number}"}
        world.send({**place, "observed_at": world.now.isoformat()})
    world.wait(1)
    (veto,) = (ticket for ticket in world.tickets.values() if ticket.check == "veto.columns_blank")
    print_sheet(dossier_of(world, veto), POLICY, world.now.astimezone(ZONE))
    told = capsys.readouterr().out
    (part,) = (ticket for ticket in world.tickets.values() if ticket.ticket_id in told and ticket.pk == 1)
    assert f"· 空白栏目  栏目0  自 2026-03-02 10:00  {part.ticket_id}" in told
    assert told.count("· 空白栏目") == 5
    assert "来源 本系统累计" in told
