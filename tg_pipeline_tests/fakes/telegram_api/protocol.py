"""The wire format of Bot API calls: parameters, however they are sent, and responses."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, ClientResponse, MultipartReader, web

Params = Mapping[str, Any]
"""Typed values from JSON; strings from forms and URLs, with lists as JSON in a string."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def answer(self) -> Answer:
        error: dict[str, Any] = {"ok": False, "error_code": self.code}
        error["description"] = self.description
        if not self.parameters:
            return Answer(self.code, _json(error))
        error["parameters"] = self.parameters
        wait = self.parameters.get("retry_after")
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return Answer(self.code, _json(error), headers)


def result(value: Any, description: str = "") -> Answer:
    response = {"ok": True, "result": value}
    return Answer(200, _json(response | {"description": description} if description else response))


def verbatim_results(bodies: Iterable[bytes]) -> Answer:
    return Answer(200, b'{"ok":true,"result":[%b]}' % b",\n".join(bodies))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    data: bytes


async def read_params(message: web.Request | ClientResponse) -> dict[str, Any]:
    if message.content_type == "multipart/form-data":
        return {name: value async for name, value in _parts(message)}
    body = await message.read()
    if message.content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode()))
    return _json_object(body) if message.content_type == "application/json" and body else {}


async def _parts(message: web.Request | ClientResponse) -> AsyncIterator[tuple[str, str | Upload]]:
    async for part in MultipartReader(message.headers, message.content):
        if isinstance(part, BodyPartReader) and part.name:
            data = bytes(await part.read(decode=True))
            yield part.name, Upload(part.filename, data) if part.filename else data.decode()


def _json_object(body: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        value = json.loads(body)
        if isinstance(value, dict):
            return value
    raise ApiError(400, "Bad Request: can't parse the request body")


def integer(params: Params, name: str, default: int) -> int:
    try:
        return int(params[name])
    except (KeyError, TypeError, ValueError):
        return default


def flag(params: Params, name: str) -> bool:
    return str(params.get(name, "")).lower() in {"true", "yes", "1"}


def structure(params: Params, name: str) -> Any:
    value = params.get(name)
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        return json.loads(value)
    return None


def upload(params: Params, name: str) -> bytes | None:
    """Return the bytes of a file, sent as the parameter itself or attached under another name."""
    value = params.get(name)
    if isinstance(value, str) and value.startswith("attach://"):
        value = params.get(value.removeprefix("attach://"))
    return value.data if isinstance(value, Upload) else None
