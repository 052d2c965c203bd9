"""The office's own login service 统一登录, spoken to by OpenID Connect: who has logged in there.

W-41  With `RECTIFY_PAGES_OIDC_ISSUER` people may log in there: by a code with PKCE, asked for by the same browser
      (`state`), answered by a token that the service has signed for us, now and for this login (issuer, audience, time,
      `nonce`). What its `RECTIFY_PAGES_OIDC_CLAIM` says, `sub` if nothing else is set, is the name of the account, as
      it is written; a login makes no account. While the service is away people log in with accounts of our own.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from time import monotonic
from typing import Any, Final, Self
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from streams.settings.model import Settings

BACK: Final = "login/oidc/back"
"""Where the service sends people back to, below our root."""
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_SIGNATURES: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
"""Those that the service alone can make; never none, and never by a secret that we know as well."""
_KEYS: Final = ("RSA", "EC", "OKP")
_LEEWAY: Final = 60  # seconds that its clock may differ from ours
_KEPT_SECONDS: Final = 600.0  # that what it says of itself is taken from memory
_WITHIN_SECONDS: Final = 5.0
_BAD_REQUEST: Final = 400


class LoginServiceAway(Exception):
    """It does not answer, or not as such a service does."""


class LoginRefused(Exception):
    """It has not let somebody in, or what it says cannot be believed."""


class _Described(BaseModel):
    """What the service says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """One login: all of it is made of a secret that only the browser has."""

    secret: str

    @classmethod
    def new(cls) -> Self:
        """Another one."""
        return cls(token_urlsafe(32))

    @property
    def state(self) -> str:
        """Comes back in the address."""
        return self._made("state")

    @property
    def nonce(self) -> str:
        """Comes back in the token."""
        return self._made("nonce")

    @property
    def verifier(self) -> str:
        """Goes to the service with the code (RFC 7636)."""
        return self._made("verifier")

    @property
    def challenge(self) -> str:
        """What the service knows of it before."""
        return _base64(sha256(self.verifier.encode()).digest())

    def _made(self, what: str) -> str:
        return _base64(sha256(f"rectify-oidc-1 {what} {self.secret}".encode("utf-8", "surrogatepass")).digest())


class LoginService:
    """The service of the settings. What it says of itself, and its keys, are asked for when they are needed."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        """`client`: to ask it with."""
        self._issuer, self._client_id = settings.pages_oidc_issuer, settings.pages_oidc_client_id
        self._secret = settings.pages_oidc_client_secret.get_secret_value()
        self._claim, self._root = settings.pages_oidc_claim, settings.desk_url
        self._client = client
        self._known: tuple[float, _Described, KeySet] | None = None

    async def look(self) -> None:
        """Asks what it says of itself, and its keys; nobody logs in. Raises LoginServiceAway."""
        await self._service(anew=True)

    async def address(self, attempt: LoginAttempt) -> str:
        """Where to log in there. Raises LoginServiceAway."""
        described, _ = await self._service()
        query = {
            "response_type": "code", "scope": "openid profile", "client_id": self._client_id,
            "redirect_uri": self._back, "state": attempt.state, "nonce": attempt.nonce,
            "code_challenge": attempt.challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return _with_query(described.authorization_endpoint, query)

    async def who(self, attempt: LoginAttempt, code: str, issuer: str, now: datetime) -> str:
        """What the claim says of whoever has logged in; `issuer`: as the address says it (RFC 9207), may be empty.

        Raises LoginRefused, LoginServiceAway. `now`: real time.
        """
        if issuer and issuer != self._issuer:
            raise LoginRefused("issuer")
        token = await self._exchanged(attempt, code)
        try:
            claims = await self._signed(token)
            self._check(claims, attempt, now)
        except (JoseError, ValueError, TypeError) as error:
            raise LoginRefused(f"{type(error).__name__}: {error}") from error
        said = claims.get(self._claim)
        if not isinstance(said, str) or not said:
            raise LoginRefused(f"no claim {self._claim}")
        return said

    def logout_address(self) -> str:
        """Where one logs out there, too; empty where it has not said."""
        if self._known is None or not self._known[1].end_session_endpoint:
            return ""
        query = {"client_id": self._client_id, "post_logout_redirect_uri": f"{self._root}/login"}
        return _with_query(self._known[1].end_session_endpoint, query)

    @property
    def _back(self) -> str:
        return f"{self._root}/{BACK}"

    async def _service(self, *, anew: bool = False) -> tuple[_Described, KeySet]:
        if self._known is not None and not anew and self._known[0] > monotonic():
            return self._known[1], self._known[2]
        try:
            described = _Described.model_validate(await self._asked(f"{self._issuer.rstrip('/')}{_WELL_KNOWN}"))
        except ValidationError as error:
            raise LoginServiceAway("what it says of itself lacks something") from error
        if described.issuer != self._issuer:
            raise LoginServiceAway("it says that it is another issuer than the one of the settings")
        secure = urlsplit(self._issuer).scheme
        addresses = (described.authorization_endpoint, described.token_endpoint, described.jwks_uri)
        if any(urlsplit(one).scheme != secure for one in addresses):
            raise LoginServiceAway(f"not all of its addresses are {secure}")
        keys = _key_set(await self._asked(described.jwks_uri))
        self._known = (monotonic() + _KEPT_SECONDS, described, keys)
        return described, keys

    async def _asked(self, address: str) -> Any:
        try:
            answer = await self._client.get(address, headers={"Accept": "application/json"}, timeout=_WITHIN_SECONDS)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise LoginServiceAway(f"{type(error).__name__}: {error}") from error

    async def _exchanged(self, attempt: LoginAttempt, code: str) -> str:
        """The ID token for a code."""
        described, _ = await self._service()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._back,
            "client_id": self._client_id, "code_verifier": attempt.verifier,
        }  # fmt: skip
        basic = self._secret and "client_secret_basic" in described.token_endpoint_auth_methods_supported
        if self._secret and not basic:
            form["client_secret"] = self._secret
        auth = httpx.BasicAuth(*_form_coded(self._client_id, self._secret)) if basic else httpx.USE_CLIENT_DEFAULT
        try:
            answer = await self._client.post(described.token_endpoint, data=form, auth=auth, timeout=_WITHIN_SECONDS)
            said = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise LoginServiceAway(f"{type(error).__name__}: {error}") from error
        if not isinstance(said, Mapping):
            raise LoginServiceAway("its answer to a code is no object")
        if answer.status_code == _BAD_REQUEST and said.get("error") == "invalid_grant":
            raise LoginRefused("the code is not good")
        if not answer.is_success or not isinstance(said.get("id_token"), str):
            raise LoginServiceAway(f"HTTP {answer.status_code} {str(said.get('error', ''))[:80]} for a code")
        return str(said["id_token"])

    async def _signed(self, token: str) -> dict[str, Any]:
        """What a token says, once its signature holds; a key that we do not know may be a new one."""
        described, keys = await self._service()
        allowed = [one for one in _SIGNATURES if one in described.id_token_signing_alg_values_supported]
        try:
            return jwt.decode(token, keys, algorithms=allowed).claims
        except (InvalidKeyIdError, BadSignatureError):
            _, keys = await self._service(anew=True)
            return jwt.decode(token, keys, algorithms=allowed).claims

    def _check(self, claims: Mapping[str, Any], attempt: LoginAttempt, now: datetime) -> None:
        """OpenID Connect Core 1.0, 3.1.3.7."""
        wanted = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()), leeway=_LEEWAY, iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id}, sub={"essential": True}, exp={"essential": True},
            iat={"essential": True}, nonce={"essential": True, "value": attempt.nonce},
        )  # fmt: skip
        wanted.validate(dict(claims))
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self._client_id:
            raise LoginRefused("azp")


def _key_set(said: Any) -> KeySet:
    try:
        ours = [one for one in said["keys"] if one.get("kty") in _KEYS and one.get("use", "sig") == "sig"]
        return KeySet.import_key_set({"keys": ours})
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise LoginServiceAway(f"its keys cannot be read: {type(error).__name__}") from error


def _form_coded(*texts: str) -> tuple[str, ...]:
    """As RFC 6749 2.3.1 has it before they are put together."""
    return tuple(urlencode({"": one})[1:] for one in texts)


def _with_query(address: str, query: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
