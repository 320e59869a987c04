"""The parameters of a Bot API call, whichever way they came: in the URL, as a form or as JSON."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, ClientResponse, MultipartReader, web

from tg_pipeline_tests.telegram_server.answers import ApiError

Params = Mapping[str, Any]
"""JSON brings typed values; forms and URLs bring strings, and lists as JSON in a string."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent along."""

    name: str
    data: bytes


async def read_params(message: web.Request | ClientResponse) -> dict[str, Any]:
    """Read what a request, or a webhook's reply, carries in its body."""
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
    """Give a number, or the default where there is none that can be read."""
    try:
        return int(params[name])
    except (KeyError, TypeError, ValueError):
        return default


def flag(params: Params, name: str) -> bool:
    """Tell whether a switch is on."""
    return str(params.get(name, "")).lower() in {"true", "yes", "1"}


def structure(params: Params, name: str) -> Any:
    """Give a list or an object, or None."""
    value = params.get(name)
    if not isinstance(value, str):
        return value
    with suppress(ValueError):
        return json.loads(value)
    return None


def upload(params: Params, name: str) -> bytes | None:
    """Give the bytes of a file, sent as the parameter itself or attached under another name."""
    value = params.get(name)
    if isinstance(value, str) and value.startswith("attach://"):
        value = params.get(value.removeprefix("attach://"))
    return value.data if isinstance(value, Upload) else None
