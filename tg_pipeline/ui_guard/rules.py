"""Which requests may pass the guard: those of the UI's own pages, and of programs.

A browser states which page a request comes from, in headers that a page can't set: Origin
(https://www.rfc-editor.org/rfc/rfc6454#section-7.3) and Sec-Fetch-Site
(https://www.w3.org/TR/fetch-metadata/). A program sends neither; a page can't act as one, because
only a page of the UI's own origin can send a body of the type application/json without asking.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.types import Scope

LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
"""The names under which a browser on the same machine opens the UI."""

GRAPHQL: Final = "/graphql"
"""The end of the only address that changes something; Dagster also executes mutations by GET."""

JSON: Final = "application/json"
READING: Final = frozenset({"GET", "HEAD"})

SINGLE_HEADERS: Final = frozenset(
    {"host", "origin", "content-type", "sec-fetch-site", "sec-fetch-mode"}
)
"""Headers that are compared. Two of one kind could be read differently here and by Dagster."""

Origins = Mapping[str, frozenset[str]]
"""The origins of the UI by the Host header that their requests have."""


@dataclass(frozen=True, slots=True)
class RefusedRequestError(Exception):
    """A request does not pass; the reason repeats nothing of it."""

    status: int
    reason: str
    is_foreign_navigation: bool = False
    """Whether a page of another site opened this one in a tab, which its user may do as well."""


def origins_of(port: int, public: Iterable[str]) -> Origins:
    """Return the origins of a UI that listens on a loopback port and has these public origins."""
    suffix = "" if port == 80 else f":{port}"  # noqa: PLR2004 - a URL without a port means 80
    every = [*(f"http://{name}{suffix}" for name in LOOPBACK_NAMES), *public]
    hosts = {urlsplit(origin).netloc for origin in every}
    return {
        host: frozenset(each for each in every if urlsplit(each).netloc == host) for host in hosts
    }


def check_request(scope: Scope, origins: Origins) -> None:
    """Raise RefusedRequestError unless an HTTP request or a WebSocket handshake may pass."""
    headers = _headers(scope)
    if not scope["path"].startswith("/"):
        raise RefusedRequestError(400, "The request names no path.")
    allowed = origins.get(headers.get("host", "").lower())
    if allowed is None:
        raise RefusedRequestError(
            403, "This UI is not served under this name: see TG_UI_HOSTS in docs/deployment.md."
        )
    origin = headers.get("origin")
    if origin is not None and origin not in allowed:
        raise RefusedRequestError(403, "The request comes from a page of another site.")
    if scope["type"] == "websocket":
        if origin is None:
            raise RefusedRequestError(403, "A WebSocket needs the header Origin.")
        _check_site(headers, "")
    else:
        _check_site(headers, scope["method"])
        _check_method(scope["method"], scope["path"], headers)


def _headers(scope: Scope) -> dict[str, str]:
    """Return the headers that are compared; raises RefusedRequestError if one is repeated."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    compared = [(name, value) for name, value in pairs if name in SINGLE_HEADERS]
    headers = dict(compared)
    if len(headers) != len(compared):
        raise RefusedRequestError(400, "A header is repeated.")
    return headers


def _check_site(headers: Mapping[str, str], method: str) -> None:
    site = headers.get("sec-fetch-site", "same-origin")
    is_navigation = method in READING and headers.get("sec-fetch-mode", "navigate") == "navigate"
    # "none" is an address that the user typed or opened from a bookmark.
    if site == "same-origin" or (site == "none" and is_navigation):
        return
    raise RefusedRequestError(
        403, "The request comes from a page of another site.", is_foreign_navigation=is_navigation
    )


def _check_method(method: str, path: str, headers: Mapping[str, str]) -> None:
    if method in READING:
        if path.rstrip("/").endswith(GRAPHQL):
            raise RefusedRequestError(405, "GraphQL is answered by POST only.")
    elif method != "POST":
        raise RefusedRequestError(405, "The method is neither GET, HEAD nor POST.")
    elif headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise RefusedRequestError(415, f"A POST needs a body of the type {JSON}.")
