"""Every route of the desk, by role: a route without a row here fails. On SQLite: rights are the same on both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fastapi.routing import APIRoute

from streams.ledger import upgrade
from streams.services.viewers import RIGHTS, ROLES, Right
from streams.web.guard.headers import CSP
from streams.web.parts import PARTS
from tests.support.officials import official
from tests.support.pages import Pages, pages_on


class RightsRow(NamedTuple):
    """A route: the right that it asks for, None: it is for everybody."""

    right: Right | None
    path: str = ""  # one that it serves, where the route has names in it


RIGHTS_OF: dict[str, RightsRow] = {
    "GET /": RightsRow("look"),
    "GET /login": RightsRow(None),
    "POST /login": RightsRow(None),
    "GET /login/oidc": RightsRow(None),
    "GET /login/oidc/back": RightsRow(None),
    "POST /larger": RightsRow(None),
    "POST /logout": RightsRow("look"),
    "GET /account": RightsRow("look"),
    "POST /account/password": RightsRow("look"),
    "POST /account/factor": RightsRow("look"),
    "POST /account/sessions": RightsRow("look"),
    "GET /account/audit": RightsRow("administer"),
    "GET /desk": RightsRow("look"),
    "GET /desk/decisions": RightsRow("look"),
    "GET /desk/decisions/run": RightsRow("look"),
    "POST /desk/decisions/run": RightsRow("decide"),
    "GET /desk/decisions/producer": RightsRow("look"),
    "POST /desk/decisions/producer": RightsRow("decide"),
    "GET /desk/decisions/became": RightsRow("look"),
    "GET /desk/units": RightsRow("look"),
    "GET /desk/charts": RightsRow("look"),
    "GET /desk/assets": RightsRow("look"),
    "GET /desk/notices": RightsRow("look"),
    "GET /desk/notices/{notice_id}": RightsRow("look", f"/desk/notices/{'a' * 32}"),
    "POST /desk/notices/{notice_id}": RightsRow("decide", f"/desk/notices/{'a' * 32}"),
    "GET /desk/refused": RightsRow("look"),
    "GET /desk/set-aside": RightsRow("look"),
    "GET /changes": RightsRow("look"),
    "GET /tickets": RightsRow("look"),
    "GET /tickets/export.xlsx": RightsRow("look"),
    "GET /tickets/bulk": RightsRow("look"),
    "POST /tickets/bulk": RightsRow("handle"),
    # Of a ticket that is not there: as good as one that the visitor does not see (W-10). What may be done depends on
    # the ticket and the role: test_tickets.py.
    "GET /tickets/{ticket_id}": RightsRow("look", "/tickets/ZG000000-0"),
    "GET /tickets/{ticket_id}/print": RightsRow("look", "/tickets/ZG000000-0/print"),
    "GET /tickets/{ticket_id}/files/{digest}": RightsRow("look", f"/tickets/ZG000000-0/files/{'a' * 64}"),
    "GET /tickets/{ticket_id}/acts/{act}": RightsRow("look", "/tickets/ZG000000-0/acts/extend"),
    "POST /tickets/{ticket_id}/acts/{act}": RightsRow("look", "/tickets/ZG000000-0/acts/extend"),
    "GET /bulletins": RightsRow("look"),
    "GET /bulletins/draft": RightsRow("look"),
    "POST /bulletins/draft": RightsRow("decide"),
    "POST /bulletins/issue": RightsRow("decide"),
    "GET /bulletins/rows": RightsRow("look"),
    "GET /bulletins/draft/file": RightsRow("export"),
    "GET /bulletins/report": RightsRow("export"),
    "GET /bulletins/{bulletin_id}": RightsRow("look", f"/bulletins/{'a' * 16}"),
    "GET /bulletins/{bulletin_id}/file": RightsRow("export", f"/bulletins/{'a' * 16}/file"),
    "GET /desk/silent": RightsRow("look"),
    "GET /views": RightsRow("look"),
    "POST /views": RightsRow("look"),
    "POST /views/{view_id}": RightsRow("look", "/views/none"),
    "GET /registry": RightsRow("look"),
    "GET /registry/units": RightsRow("look"),
    "GET /registry/unit": RightsRow("look"),
    "GET /registry/assets": RightsRow("look"),
    "GET /registry/asset": RightsRow("look"),
    "GET /registry/guarded": RightsRow("look"),
    "GET /registry/producers": RightsRow("look"),
    "GET /registry/edit": RightsRow("register"),
    "POST /registry/edit": RightsRow("register"),
    "GET /registry/export.xlsx": RightsRow("register"),
    "GET /registry/import": RightsRow("register"),
    "POST /registry/import": RightsRow("register"),
    "GET /calendar": RightsRow("look"),
    "GET /calendar/{year}": RightsRow("look", "/calendar/2026"),
    "POST /calendar": RightsRow("register"),
    "GET /policy": RightsRow("look"),
    "GET /policy/policy.yaml": RightsRow("look"),
    "POST /policy": RightsRow("register"),
}


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on an empty ledger."""
    url = f"sqlite:///{tmp_path / 'rectify.db'}"
    await upgrade(url)
    async with pages_on(url, tmp_path) as opened:
        yield opened


def routes(pages: Pages) -> list[str]:
    """Every route of the desk."""
    found = [route for made in PARTS["desk"].routes for route in made(pages.premises).routes]
    assert all(isinstance(route, APIRoute) for route in found)  # what is included elsewhere would not be counted
    return [
        f"{method} {route.path}"
        for route in found
        if isinstance(route, APIRoute)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


async def test_who_may_come_where(pages: Pages) -> None:
    """A role without the right gets 403, the others get in; every answer has its headers."""
    assert sorted(routes(pages)) == sorted(RIGHTS_OF)
    for role in ROLES:
        for unit_id in ("", "kjj"):
            for name, row in RIGHTS_OF.items():
                method, _, path = name.partition(" ")
                someone = await official(pages, role, unit_id)
                answer = await (someone.get(row.path or path) if method == "GET" else someone.post(row.path or path))
                allowed = row.right is None or role in RIGHTS[row.right]
                assert (answer.status_code != 403) == allowed, (role, unit_id, name, answer.status_code)
                assert "/login?next=" not in answer.headers.get("location", ""), (role, name)
                assert answer.headers["content-security-policy"] == CSP
                assert answer.headers["x-frame-options"] == "DENY"
                assert "no-store" in answer.headers["cache-control"]


async def test_who_is_not_logged_in_gets_nowhere(pages: Pages) -> None:
    """Every route but those for everybody leads to the login, whoever asks and however."""
    for name, row in RIGHTS_OF.items():
        method, _, path = name.partition(" ")
        answer = await pages.client.request(method, row.path or path, data={"nonce": "x"} if method == "POST" else None)
        sent = answer.status_code == 401 or "login?next=" in answer.headers.get("location", "")
        assert sent == (row.right is not None), (name, answer.status_code)
    assert "unsafe" not in CSP
