"""Files that come with a claim: on both databases."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.clamd import EICAR, Clamd
from tests.support.pages import Pages, pages_on
from tests.unit.files.test_uploads import TYPES, document

pytestmark = pytest.mark.on_sqlite("files: the database hardly shows in them")

PHOTO = b"\xff\xd8\xff\xe0" + b"photo" * 1_000
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on an empty ledger."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


async def claim(pages: Pages, token: str, *files: tuple[str, bytes], **fields: Any) -> httpx.Response:
    """Somebody reports back with files."""
    typed = {"name": "张三", "measures": "已删除失效链接", "nonce": pages.old_nonce(token), **fields}
    sent = [("files", (name, content, "image/png")) for name, content in files]
    return await pages.client.post(f"/u/{token}/claim", data=typed, files=sent or [("files", ("", b""))])


def kept(pages: Pages) -> list[Path]:
    """What lies in the folder."""
    return [path for path in pages.premises.shelf.folder.rglob("*") if path.is_file()]


async def test_a_photo_goes_with_a_claim(pages: Pages) -> None:
    """Its facts are in the command and its event; its bytes come back unchanged, as an attachment."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    page = await pages.follow(await claim(pages, token, ("现场.jpg", PHOTO)))
    digest = sha256(PHOTO).hexdigest()
    assert "现场.jpg" in page.text
    (event,) = pages.desk.events("fix_claimed")
    facts = {"name": "现场.jpg", "sha256": digest, "bytes": len(PHOTO), "type": "image/jpeg"}
    assert event["evidence"] == {"files": [facts]}
    file = await pages.client.get(f"/u/{token}/files/{digest}")
    assert file.content == PHOTO
    assert file.headers["content-type"] == "image/jpeg"
    assert file.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in file.headers["content-security-policy"]
    assert file.headers["x-content-type-options"] == "nosniff"


async def test_a_file_of_another_ticket_is_not_there(pages: Pages) -> None:
    """Its hash opens nothing through another link."""
    (first,) = await pages.open_tickets("link.dead")
    token = await pages.token(first)
    await claim(pages, token, ("现场.jpg", PHOTO))
    pages.forward(days=1)
    tickets = await pages.open_tickets("text.typo")
    other = next(one for one in tickets if one["ticket_id"] != first["ticket_id"])
    digest = sha256(PHOTO).hexdigest()
    assert (await pages.client.get(f"/u/{await pages.token(other)}/files/{digest}")).status_code == 404
    assert (await pages.client.get(f"/u/unknown/files/{digest}")).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("photo.png", SVG, "不是可用的附件"),
        ("photo.jpg", b"<html><script>alert(1)</script>", "不是可用的附件"),
        ("整改报告.docx", document(TYPES, "word/document.xml", size=300_000_000), "不是可用的附件"),
        ("a.pdf", b"", "空文件"),
        ("large.jpg", PHOTO[:4] + b"x" * (10 * 1024 * 1024), "超过10MB"),
    ],
    ids=["svg as png", "html as jpg", "zip bomb as docx", "empty", "too large"],
)
async def test_what_is_no_evidence_is_refused(pages: Pages, name: str, content: bytes, words: str) -> None:
    """In words, with everything that was typed; nothing of it is kept."""
    (ticket,) = await pages.open_tickets("link.dead")
    answer = await claim(pages, await pages.token(ticket), (name, content))
    assert answer.status_code == 422
    assert words in answer.text
    assert "已删除失效链接" in answer.text
    assert kept(pages) == []
    assert pages.commands.published == []


async def test_more_than_five(pages: Pages) -> None:
    """The sixth is one too many."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    answer = await claim(pages, token, *((f"{number}.jpg", PHOTO + bytes([number])) for number in range(7)))
    assert answer.status_code == 422
    assert "最多5个" in answer.text


async def test_a_path_in_the_name(pages: Pages) -> None:
    """Only the last part of it is told, and nothing is written there."""
    (ticket,) = await pages.open_tickets("link.dead")
    await claim(pages, await pages.token(ticket), ("../../../tmp/x.jpg", PHOTO))
    (event,) = pages.desk.events("fix_claimed")
    assert event["evidence"]["files"][0]["name"] == "x.jpg"
    assert [path.name for path in kept(pages)] == [sha256(PHOTO).hexdigest()]


async def test_what_has_come_already_stays_with_the_form(pages: Pages) -> None:
    """Something else is wrong, or Kafka is away: the file need not be sent again."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    answer = await claim(pages, token, ("现场.jpg", PHOTO), measures="改")
    assert "已收到：现场.jpg" in answer.text
    digest = sha256(PHOTO).hexdigest()
    assert f'name="kept" value="{digest}"' in answer.text
    await claim(pages, token, kept=digest)
    (event,) = pages.desk.events("fix_claimed")
    assert [file["sha256"] for file in event["evidence"]["files"]] == [digest]


async def test_a_hash_that_did_not_come_with_this_link_is_no_file(pages: Pages) -> None:
    """Whoever makes one up gets nothing for it."""
    (ticket,) = await pages.open_tickets("link.dead")
    await claim(pages, await pages.token(ticket), kept="0" * 64)
    (event,) = pages.desk.events("fix_claimed")
    assert "files" not in (event["evidence"] or {})


async def test_cut_off_in_the_middle(pages: Pages) -> None:
    """A body that ends too early leaves nothing behind."""
    (ticket,) = await pages.open_tickets("link.dead")
    token = await pages.token(ticket)
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    kind = {"content-type": "multipart/form-data; boundary=b"}
    answer = await pages.client.post(f"/u/{token}/claim", content=head + PHOTO, headers=kind)
    assert answer.status_code == 400
    assert kept(pages) == []


async def scanner(verdict: bytes) -> tuple[asyncio.Server, str]:
    """A clamd that always says the same."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"zINSTREAM\0"
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            await reader.readexactly(size)
        writer.write(verdict)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("verdict", "status", "words"),
    [
        (b"stream: OK\0", 303, ""),
        (b"stream: Eicar-Signature FOUND\0", 422, "未通过病毒检查"),
        (b"INSTREAM size limit exceeded. ERROR\0", 422, "暂时无法进行病毒检查"),
        (b"", 422, "暂时无法进行病毒检查"),
    ],
)
async def test_scanned(sqlite_database: str, tmp_path: Path, verdict: bytes, status: int, words: str) -> None:
    """Where the scanner's address is set, nothing is taken that it does not pass."""
    server, place = await scanner(verdict)
    async with server, pages_on(sqlite_database, tmp_path, pages_clamd=place) as pages:
        (ticket,) = await pages.open_tickets("link.dead")
        answer = await claim(pages, await pages.token(ticket), ("现场.jpg", PHOTO))
        assert answer.status_code == status
        assert words in answer.text
        assert bool(kept(pages)) is (status == 303)


async def test_forgotten_with_its_ticket(pages: Pages) -> None:
    """Names, telephone numbers and files; a file that another ticket has too stays."""
    (ticket,) = await pages.open_tickets("link.dead")
    await claim(pages, await pages.token(ticket), ("现场.jpg", PHOTO), phone="0571-87000000")
    store = pages.premises.store
    assert await store.tickets_after("") == [ticket["ticket_id"]]
    assert await store.forget(ticket["ticket_id"]) == [sha256(PHOTO).hexdigest()]
    assert await store.tickets_after("") == []


async def test_a_real_scanner(sqlite_database: str, tmp_path: Path) -> None:
    """The real one passes a photo, and finds what hides behind the beginning of one; of that nothing is kept."""
    if not Clamd.is_there():
        pytest.skip("no clamd: scripts/system.sh clamd")
    clamd = Clamd(tmp_path / "clamd")
    clamd.start()
    try:
        async with pages_on(sqlite_database, tmp_path, pages_clamd=clamd.place) as pages:
            (ticket,) = await pages.open_tickets("link.dead")
            token = await pages.token(ticket)
            infected = await claim(pages, token, ("现场.jpg", PHOTO[:4] + EICAR))
            assert infected.status_code == 422
            assert "未通过病毒检查" in infected.text
            assert kept(pages) == []
            assert (await claim(pages, token, ("现场.jpg", PHOTO))).status_code == 303
            assert [path.read_bytes() for path in kept(pages)] == [PHOTO]
    finally:
        clamd.stop()
