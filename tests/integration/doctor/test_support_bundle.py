"""A support bundle may leave the house (O-19): markers of people and secrets are planted, and are in no file of it."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from streams.ledger import Ledger
from streams.store.accounts import PageAccount
from streams.store.store import open_store
from tests.support.command_line import CommandLine
from tests.support.processors import ProcessorOnLedger

AT = "2026-03-02 10:00"
CITIZEN: Final = ("市民孙某某", "我家门口的路灯坏了三个月", "13911112222", "sun@citizen.example")
CONTACT: Final = ("欧阳值守", "ouyang@kjj.gov.cn", "13800001111", "诸葛署名", "0715-8123456")
DESK: Final = ("zhuge.desk", "司马承办")
SECRETS: Final = {
    "SMTP_URL": "smtp://rectify:Sm-7p-Marker@127.0.0.1:1",
    "LINK_KEY": "Link-Key-Marker-0123456789-0123456789",
    "COMMAND_KEY": "office:Command-Key-Marker-0123456789-012",
    "SMS_CALLBACK_SECRET": "Callback-Marker-99-0123456789-0123456789",
    "SMTP_BOUNCE_SECRET": "Bounce-Marker-99-0123456789-01234567890",
    "KAFKA_SASL_PASSWORD": "Sasl-Marker-99",
    "SMS_ALIYUN_KEY_SECRET": "Aliyun-Marker-99",
    "SMS_KANNEL_PASSWORD": "Kannel-Marker-99",
}
MARKERS: Final = (
    "Sm-7p-Marker",
    "Link-Key-Marker",
    *(value.rpartition(":")[2] for value in list(SECRETS.values())[2:]),
)


async def test_no_secret_and_nobody(ledger: Ledger, database: str, tmp_path: Path) -> None:
    """Of a citizen, of contacts and accounts, of whoever acted, and of each secret; what helps is in it."""
    await _planted(ledger, database)
    log = tmp_path / "worker.log"
    log.write_text("\n".join(_log()), "utf-8")
    given = {"DATABASE_URL": database, "DATA_DIR": str(tmp_path / "data"), "BROKER": "kafka://127.0.0.1:1", **SECRETS}
    office = {"OFFICE_NAME": "咸宁市政务公开办", "OFFICE_CONTACT": CONTACT[3], "OFFICE_PHONE": CONTACT[4]}
    command = CommandLine(tmp_path, WEB_PORT="0", **given, **office)

    ended = await command.run("support-bundle", "support.zip", "--log", str(log), "--json")

    assert ended.code == 0, ended.err
    with zipfile.ZipFile(tmp_path / "support.zip") as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(files) == ended.json["files"]
    markers = [*CITIZEN, *CONTACT, *DESK, *MARKERS]
    assert [(name, marker) for name, text in files.items() for marker in markers if marker in text] == []
    found = json.loads(files["database.json"])
    assert found["rows"]["tickets"] == 1
    assert found["read_to"] == {"rectify.commands[0]": 1, "rectify.findings[0]": 1, "rectify.registry[0]": 2}
    assert json.loads(files["settings.json"])["RECTIFY_OFFICE_NAME"] == "咸宁市政务公开办"
    assert "pydantic" in json.loads(files["versions.json"])["packages"]
    assert "kafka" in {line["what"] for line in json.loads(files["doctor.json"])}
    assert json.loads(files["policy.json"])["pack"].startswith("default@")
    lines = [json.loads(line) for line in files["log.jsonl"].splitlines()]
    assert [line["event"] for line in lines] == [
        "worker_started",
        "dead_letters_limited",
        "(a library's words)",
        "fatal",
    ]
    assert lines[1]["offset"] == 7
    assert lines[3]["exception"] == ["streams/worker/intake/reading.py:40 read", "pydantic_core.ValidationError"]
    assert "不可用" in files["metrics.txt"]  # no worker runs
    again = await command.run("support-bundle", "support.zip")
    assert (again.code, "文件已存在" in again.err) == (1, True)


async def test_without_a_database(tmp_path: Path) -> None:
    """An installation that does not start is the one that needs help: what can be had is in it, the rest is said."""
    command = CommandLine(tmp_path, DATA_DIR=str(tmp_path), BROKER="kafka://127.0.0.1:1", WEB_PORT="0")
    ended = await command.run("support-bundle", "support.zip")
    assert ended.code == 0, ended.err
    with zipfile.ZipFile(tmp_path / "support.zip") as archive:
        assert "不可用" in archive.read("database.json").decode()
        assert "there is no database" in archive.read("doctor.json").decode()
    assert not (tmp_path / "pages.db").exists()  # nothing was made by looking


async def _planted(ledger: Ledger, database: str) -> None:
    worker = ProcessorOnLedger(ledger, AT)
    contact = {"name": CONTACT[0], "email": CONTACT[1], "phone": CONTACT[2]}
    await worker.register("unit:kjj", unit_id="kjj", name="市科技局", contacts=[contact])
    await worker.register("asset:kjj-site", asset_id="kjj-site", name="市科技局", kind="website", unit_id="kjj")
    await worker.send(
        {
            "asset_id": "kjj-site",
            "check": "message.unanswered",
            "locator": "message-1",
            "observed_at": "2026-03-02T09:00:00+08:00",
            "title": CITIZEN[1],
            "detail": f"{CITIZEN[0]} {CITIZEN[2]}",
            "evidence": {"snippet": f"{CITIZEN[1]}，{CITIZEN[3]}"},
        }
    )
    (ticket_id,) = worker.tickets()
    await worker.command(
        action="acknowledge", asset_id="kjj-site", ticket_id=ticket_id, by=DESK[1], reason=f"已联系{CITIZEN[0]}"
    )
    store = await open_store(database)
    await store.accounts.add(PageAccount(DESK[0], "supervisor", "", "hash", datetime(2026, 3, 2, tzinfo=UTC)))
    await store.close()


def _log() -> list[str]:
    """As a worker writes it, behind a date of journalctl's, with everything in it that should not be."""
    raised = "\n".join(
        [
            "Traceback (most recent call last):",
            '  File "/opt/rectify/lib/streams/worker/intake/reading.py", line 40, in read',
            "pydantic_core.ValidationError: 1 validation error, input_value='" + CITIZEN[1] + "'",
        ]
    )
    documents = (
        {"event": "worker_started", "level": "info", "database": "sqlite", "web": "http://127.0.0.1:9100"},
        {"event": "dead_letters_limited", "offset": 7, "detail": f"title: {CITIZEN[1]}", "by": DESK[1]},
        {"event": f"could not send to {CONTACT[1]}", "logger": "aiosmtplib", "level": "warning"},
        {"event": "fatal", "level": "critical", "exception": raised},
    )
    return [f"Mar 02 10:00:00 host rectify[1]: {orjson.dumps(one).decode()}" for one in documents] + [CITIZEN[1]]
