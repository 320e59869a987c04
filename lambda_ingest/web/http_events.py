"""Lambda's HTTP events: API Gateway or function-URL event → `HttpRequest`, `HttpResponse` → event.

Both payload formats of API Gateway are supported (REST API, HTTP API 1.0 and 2.0).
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

DEFAULT_STAGE: Final = "$default"
"""The only stage of an HTTP API that is not part of the path."""


class InvalidHttpEventError(ValueError):
    """The event is not an HTTP request; the message states the reason in one sentence."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request without its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    """By name, in lower case."""


def read_request(event: object) -> HttpRequest:
    """Return the method, path and headers of an event; raises InvalidHttpEventError."""
    if not isinstance(event, dict):
        raise InvalidHttpEventError("The event is not a JSON object.")
    http = _mapping(_mapping(event.get("requestContext")).get("http"))
    method = event.get("httpMethod") or http.get("method")
    path = event.get("path") if "httpMethod" in event else _path_without_stage(event)
    if not isinstance(method, str) or not isinstance(path, str):
        raise InvalidHttpEventError("The event has no method and path.")
    return HttpRequest(method.upper(), path.rstrip("/") or "/", _headers(event))


def read_address(event: object) -> str:
    """Return the address that an event's call came from, as AWS saw it; "" if there is none."""
    context = _mapping(_mapping(event).get("requestContext"))
    address = _mapping(context.get("http") or context.get("identity")).get("sourceIp")
    return address if isinstance(address, str) else ""


def read_body(event: object) -> bytes:
    """Return the body of an event as it was sent; raises InvalidHttpEventError.

    A lone surrogate, which UTF-8 can't encode, is passed through: the landing contract rejects
    the body and keeps it.
    """
    fields = _mapping(event)
    body = fields.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise InvalidHttpEventError("The event's body is not a string.")
    if not fields.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidHttpEventError("The event's body is not valid base64.") from None


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A status, with an empty body unless the bot that updates are forwarded to sent one.

    Telegram takes any 2xx for success and executes a body that has a `method`.
    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    """For the log, if the status alone does not explain the response; never sent."""

    def as_event(self) -> dict[str, Any]:
        """Return the response in the shape that API Gateway and function URLs expect."""
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


def _path_without_stage(event: Mapping[str, Any]) -> object:
    path = event.get("rawPath")
    stage = _mapping(event.get("requestContext")).get("stage")
    if isinstance(path, str) and isinstance(stage, str) and stage != DEFAULT_STAGE:
        prefix = f"/{stage}"
        return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path
    return path


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    single, multiple = _mapping(event.get("headers")), _mapping(event.get("multiValueHeaders"))
    last = {
        name: values[-1] for name, values in multiple.items() if isinstance(values, list) and values
    }
    return {
        str(name).lower(): value
        for name, value in {**last, **single}.items()
        if isinstance(value, str)
    }


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
