"""The addresses below `/policy`."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter
from starlette.responses import Response

from streams.files.policy.loading import LoadedPack, load_pack
from streams.web.desk.visits import Looking, Registering
from streams.web.policy.page import pack_file, show_policy
from streams.web.policy.trial import try_pack
from streams.web.premises import Premises


def policy_router(premises: Premises) -> APIRouter:
    """Their routes."""
    router = APIRouter()

    @cache
    def pack() -> LoadedPack:
        """The pack that this process has, as its policy: a file that has changed since is another process's."""
        return load_pack(premises.settings.policy)

    async def shown(visit: Looking) -> Response:
        return await show_policy(visit, pack())

    async def file(visit: Looking) -> Response:
        del visit
        return pack_file(premises.settings.policy)

    async def tried(visit: Registering) -> Response:
        return await try_pack(visit, pack())

    router.add_api_route("/policy", shown, methods=["GET", "HEAD"])
    router.add_api_route("/policy", tried, methods=["POST"])
    router.add_api_route("/policy/policy.yaml", file, methods=["GET", "HEAD"])
    return router
