"""API Gateway / function-URL event → `HttpRequest`; `HttpResponse` → event."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

DEFAULT_STAGE: Final = "$default"
"""The one stage of an HTTP API that is no part of the path."""


class InvalidHttpEventError(ValueError):
    """The event is no HTTP request; the message says why, in one sentence."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a request says before its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By name, in lower case."""


def read_request(event: object) -> HttpRequest:
    """Give the method, path and headers of an event; raises NotARequestError."""
    if not isinstance(event, dict):
        raise InvalidHttpEventError("The event is no JSON object.")
    http = _mapping(_mapping(event.get("requestContext")).get("http"))
    method = event.get("httpMethod") or http.get("method")
    path = event.get("path") if "httpMethod" in event else _unstaged(event)
    if not isinstance(method, str) or not isinstance(path, str):
        raise InvalidHttpEventError("The event has no method and path.")
    return HttpRequest(method.upper(), path.rstrip("/") or "/", _headers(event))


def read_body(event: object) -> bytes:
    """Give the body of an event as it was sent; raises NotARequestError.

    A surrogate that can't be UTF-8 stays one, so that the landing contract meets and keeps it.
    """
    members = _mapping(event)
    body = members.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise InvalidHttpEventError("The event's body is no text.")
    if not members.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidHttpEventError("The event's body is not base64, as it says.") from None


def _unstaged(event: Mapping[str, Any]) -> object:
    path = event.get("rawPath")
    stage = _mapping(event.get("requestContext")).get("stage")
    if isinstance(path, str) and isinstance(stage, str) and stage != DEFAULT_STAGE:
        prefix = f"/{stage}"
        return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path
    return path


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    single, multiple = _mapping(event.get("headers")), _mapping(event.get("multiValueHeaders"))
    last = {name: values[-1] for name, values in multiple.items() if _is_filled_list(values)}
    return {
        str(name).lower(): value
        for name, value in {**last, **single}.items()
        if isinstance(value, str)
    }


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_filled_list(value: object) -> bool:
    return isinstance(value, list) and bool(value)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A status, and nothing in the body unless a bot behind the door said it.

    Telegram takes any 2xx for success and executes a body that has a `method`.
    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    """For the journal, where the status alone does not say it; never sent."""

    def as_event(self) -> dict[str, Any]:
        """Give it in the shape that API Gateway and function URLs take from a Lambda."""
        try:
            text, is_base64 = self.body.decode("utf-8"), False
        except UnicodeDecodeError:
            text, is_base64 = base64.b64encode(self.body).decode("ascii"), True
        return {
            "statusCode": self.status,
            "headers": dict(self.headers),
            "body": text,
            "isBase64Encoded": is_base64,
        }
