"""A provider of OpenID Connect, where one person signs in as soon as they are sent there."""

import base64
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from tg_pipeline_tests.fakes.loopback import Loopback

CLIENT: Final = "dagster"
CLIENT_SECRET: Final = "a-secret-of-the-client-and-the-provider"  # noqa: S105 - it opens nothing


@dataclass
class OidcProvider:
    groups: list[str]
    nonces: dict[str, str] = field(default_factory=dict)
    """The nonce of each code."""

    server: Loopback = field(init=False)

    def __post_init__(self) -> None:
        self.server = Loopback(self.application)

    @property
    def url(self) -> str:
        return self.server.url

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_get("/.well-known/openid-configuration", self._metadata)
        application.router.add_get("/authorize", self._authorize)
        application.router.add_post("/token", self._token)
        application.router.add_get("/keys", self._keys)
        return application

    async def _metadata(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["HS256"],
            }
        )

    async def _authorize(self, request: web.Request) -> web.Response:
        code = secrets.token_hex(8)
        self.nonces[code] = request.query["nonce"]
        answer = urlencode({"code": code, "state": request.query["state"]})
        raise web.HTTPFound(f"{request.query['redirect_uri']}?{answer}")

    async def _keys(self, _: web.Request) -> web.Response:
        """Answer without public keys: tokens are signed with the client's secret."""
        return web.json_response({"keys": []})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "ana",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 600,
            "nonce": self.nonces.pop(str(form["code"])),
            "groups": self.groups,
        }
        return web.json_response(
            {"access_token": "unused", "token_type": "Bearer", "id_token": _signed(claims)}
        )


def _signed(claims: dict[str, Any]) -> str:
    """Return a JSON Web Token: https://www.rfc-editor.org/rfc/rfc7515#section-3.1."""
    head = _part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    content = f"{head}.{_part(json.dumps(claims).encode())}"
    signature = hmac.digest(CLIENT_SECRET.encode(), content.encode(), "sha256")
    return f"{content}.{_part(signature)}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
