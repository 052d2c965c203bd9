"""Signed commands end to end: a worker with keys, on a real broker (rules O-6 to O-8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from streams.kafka.publisher import OutMessage
from streams.rules.intake.signature import sign
from tests.support.command_line import CommandLine
from tests.support.pipeline import Pipeline

SECRETS = {name: name[0] * 40 for name in ("office", "kjj", "wgj")}


def keys(folder: Path) -> Path:
    """A worker's file of keys: a supervisor's, and those of two units."""
    for name, secret in SECRETS.items():
        (folder / name).write_text(secret)
    path = folder / "keys.yaml"
    path.write_text(
        f"office: {{role: supervisor, secret: 'file:{folder / 'office'}'}}\n"
        f"kjj: {{role: unit, units: [kjj], secret: 'file:{folder / 'kjj'}'}}\n"
        f"wgj: {{role: unit, units: [wgj], secret: 'file:{folder / 'wgj'}'}}\n"
    )
    return path


async def refused_at_once(rectify: CommandLine, ticket_id: str, words: str) -> None:
    """A command that nobody will carry out is answered long before its time is up, and with the reason."""
    refused = await rectify.run("ticket", "close", ticket_id, "--reason", "已办", "--timeout", "300")
    assert refused.code == 1
    assert refused.err.startswith(words)


async def test_who_may_what(pipeline: Pipeline, tmp_path: Path) -> None:
    """Unsigned, forged, beyond the role: dead letters; another unit's ticket: refused; the rest is carried out once."""
    async with pipeline.working(command_keys=str(keys(tmp_path))):
        await pipeline.register("unit", "kjj", name="市科技局")
        await pipeline.register("asset", "site", name="门户", kind="website", unit_id="kjj")
        await pipeline.settled()
        found = {"asset_id": "site", "check": "column.stale", "observed_at": "2026-03-02T09:00:00+08:00"}
        await pipeline.send(found)
        await pipeline.settled()
        ticket = pipeline.ticket()

        async def give(command_id: str, key: str | None, action: str, forged: str = "", **fields: Any) -> None:
            body = orjson.dumps(
                {
                    "action": action, "asset_id": "site", "ticket_id": ticket["ticket_id"], "by": "张三",
                    "at": "2026-03-02T09:30:00+08:00", "command_id": command_id, **fields,
                }
            )  # fmt: skip
            headers = () if key is None else (sign(body, key, (forged or SECRETS[key]).encode()),)
            await pipeline.publish([OutMessage(pipeline.topics.commands, b"site", body, headers)])
            await pipeline.settled()

        await give("c-1", None, "acknowledge")
        await give("c-2", "kjj", "acknowledge", forged="f" * 40)
        await give("c-3", "kjj", "close", reason="已办")
        await give("c-4", "wgj", "acknowledge")
        assert pipeline.ticket()["status"] == "open"
        await give("c-5", "kjj", "acknowledge")
        assert pipeline.ticket()["status"] == "acknowledged"
        await give("c-5", "kjj", "acknowledge")
        await give("c-6", "office", "close", reason="已核实")
        assert pipeline.ticket()["status"] == "closed"

        rectify = CommandLine(tmp_path, **{name.upper(): value for name, value in pipeline.given.items()})
        own = tmp_path / "own"
        own.write_text(f"office:{SECRETS['office']}")
        signing = rectify.with_settings(COMMAND_KEY_FILE=str(own), CLOCK=pipeline.clock.setting)
        done = await signing.run(
            "ticket", "reopen", ticket["ticket_id"], "--reason", "又出现", "--by", "李四", "--json"
        )
        assert done.code == 0, done.err
        assert done.json["answer"]["signed_by"] == "office"
        own.write_text(f"kjj:{SECRETS['kjj']}")
        await refused_at_once(signing, ticket["ticket_id"], "此密钥无权办理 · this key may not do that (not_allowed): ")
        plain = rectify.with_settings(CLOCK=pipeline.clock.setting)
        await refused_at_once(plain, ticket["ticket_id"], "工作节点只接受签名的指令")
        own.write_text(f"office:{SECRETS['office']}")
        shown = await signing.run("config")
        assert SECRETS["office"] not in shown.out + shown.err
        assert pipeline.ticket()["status"] != "closed"

    letters = [dict(letter.headers) for letter in pipeline.seen.dead_letters]
    assert [letter["rectify-error"] for letter in letters] == [
        b"unsigned", b"bad_signature", b"not_allowed", b"not_allowed", b"unsigned",
    ]  # fmt: skip
    assert letters[2]["rectify-error-detail"].startswith(b"action: `close` is not for the unit key 'kjj'")
    answers = {event["command_id"]: event for event in pipeline.seen.events() if event.get("command_id")}
    said = {
        key: (answers[key]["type"], answers[key].get("signed_by"), answers[key]["by"]) for key in ("c-4", "c-5", "c-6")
    }
    assert said == {
        "c-4": ("command_refused", "wgj", "张三"),
        "c-5": ("acknowledged", "kjj", "张三"),
        "c-6": ("closed", "office", "张三"),
    }
    assert answers["c-4"]["reason"] == "not_your_unit"
    assert len(list(pipeline.seen.events("acknowledged"))) == 1
