"""A form of the desk, read: it comes from a page of ours that this session was shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from streams.files.uploads.shelf import Shelf
from streams.web.desk.visits import Visit
from streams.web.forms.reading import BadForm, SentForm, read_form
from streams.web.guard.origins import is_ours

_FORBIDDEN: Final = 403
_AT_ONCE: Final = timedelta(0)


async def filled_in(visit: Visit, shelf: Shelf | None = None) -> SentForm:
    """W-2  A form counts that a page of ours has shown within this session, at most 12 hours ago: its `nonce` says so.

    Where the browser says from where the form was sent, that is this site. Raises BadForm.
    """
    if not is_ours(visit.request.headers):
        raise BadForm(_FORBIDDEN)
    sent = await read_form(visit.request, shelf)
    if visit.premises.nonces.fault(visit.binding, sent.one("nonce"), visit.now.real, _AT_ONCE) is not None:
        sent.drop()
        raise BadForm(_FORBIDDEN)
    return sent
