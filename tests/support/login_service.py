"""A login service as offices have them: a small OpenID Connect provider on loopback, which can be told to misbehave."""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from streams.web.serving import closing_all, listen, served

CLIENT_ID, CLIENT_SECRET = "rectify", "a secret: with + and 字"


@cache
def signing_key(kid: str, owner: str = "") -> RSAKey:
    """A key of the service, or of somebody else who calls it the same."""
    del owner
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class LoginProvider:
    """The provider. `person`: claims about whoever logs in; what else is set is wrong on purpose."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "王敏"})
    claims: dict[str, Any] = field(default_factory=dict)  # instead of right ones; None: left out
    algorithm: str = "RS256"
    key: RSAKey | ECKey | OctKey = field(default_factory=lambda: signing_key("k1"))
    published: list[Any] = field(default_factory=list)  # keys; empty: the one that signs
    described: dict[str, Any] = field(default_factory=dict)
    now: float = 0.0  # real seconds by the clock of the pages
    asked: list[str] = field(default_factory=list)
    is_away: bool = False
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        """Its four addresses."""
        app = FastAPI(openapi_url=None)
        app.add_api_route("/.well-known/openid-configuration", self._describe, methods=["GET"])
        app.add_api_route("/authorize", self._authorize, methods=["GET"])
        app.add_api_route("/token", self._token, methods=["POST"])
        app.add_api_route("/keys", self._keys, methods=["GET"])
        return app

    async def _describe(self) -> Response:
        self.asked.append("describe")
        if self.is_away:
            return Response(status_code=502)
        known = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/logout", "id_token_signing_alg_values_supported": ["RS256", "none"],
        }  # fmt: skip
        return JSONResponse({**known, **self.described})

    async def _keys(self) -> Response:
        self.asked.append("keys")
        keys = self.published or [self.key]
        return JSONResponse(KeySet(keys).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        """Whoever comes is let in at once."""
        query = dict(request.query_params)
        assert (query["response_type"], query["client_id"], query["code_challenge_method"]) == (
            "code", CLIENT_ID, "S256",
        )  # fmt: skip
        assert "openid" in query["scope"].split()
        code = token_hex(8)
        self._codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{back}", 302)

    async def _token(self, request: Request) -> Response:
        """Once for a code, to the client that proves itself and has the verifier."""
        self.asked.append("token")
        if self.is_away:
            return Response(status_code=502)
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        basic = urlencode({"": CLIENT_ID})[1:] + ":" + urlencode({"": CLIENT_SECRET})[1:]
        given = b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        if given != basic:
            return JSONResponse({"error": "invalid_client"}, 401)
        query = self._codes.pop(form["code"], None)
        made = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if query is None or made != query["code_challenge"] or form["redirect_uri"] != query["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self._signed(query["nonce"])})

    def _signed(self, nonce: str) -> str:
        now = int(self.now)
        right = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid or ""}
        if self.algorithm == "none":
            return ".".join((_packed(header), _packed(claims), ""))
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])


def _packed(document: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


@asynccontextmanager
async def login_provider() -> AsyncIterator[LoginProvider]:
    """The provider, on a free port."""
    provider = LoginProvider()
    with closing_all(listen("127.0.0.1", 0)) as places:
        async with served(provider.app(), places) as port:
            provider.issuer = f"http://127.0.0.1:{port}"
            yield provider
